import { describe, expect, it } from 'vitest';
import { leak, temporaryProject } from '../temporaryProject.ts';

interface Output {
  readonly environment: Readonly<Record<string, unknown>>;
  readonly timeMs: number;
  readonly results: readonly { readonly group: string; readonly name: string }[];
  readonly leftOut: readonly unknown[];
}

describe('leak bench', () => {
  it('measures what the filter leaves, says on stderr where it is, and prints a table and a chart', async () => {
    const { exitCode, out, error } = await leak(temporaryProject({}), ['bench', '--filter', 'breaker closed', '--time', '5']);
    expect(exitCode).toBe(0);
    expect(error).toBe('breaker · closed, success …\nbreaker · closed, 10,000 keys …\n');
    expect(out).toMatch(/^breaker\n {2}closed, success .* (?:ns|µs|ms) .*\n {2}closed, 10,000 keys .*(?:slower|faster|as fast)$/m);
    expect(out).toContain('── closed, success   ══ closed, 10,000 keys');
  });

  it('prints the figures as JSON, and nothing else', async () => {
    const { exitCode, out } = await leak(temporaryProject({}), ['bench', '--filter', 'semaphore uncontended', '--time', '5', '--json']);
    const { environment, timeMs, results, leftOut } = JSON.parse(out) as Output;
    expect({ exitCode, timeMs, leftOut }).toEqual({ exitCode: 0, timeMs: 5, leftOut: [] });
    expect(environment).toMatchObject({ node: process.version, playwright: null });
    const number = expect.any(Number) as number;
    const figures = { opsPerSecond: number, medianMs: number, p99Ms: number, marginPercent: number, rounds: number };
    expect(results).toEqual([{ group: 'semaphore', name: 'uncontended', operations: 1000, ratio: null, ...figures }]);
  });

  it.each([
    ['without Playwright', {}, [], '@playwright/test cannot be loaded from'],
    ['without Chromium', withPlaywright('/nowhere/chrome'), [], 'no Chromium at /nowhere/chrome (npx playwright install chromium, or name'],
    ['with a Chromium that is not there', withPlaywright('/bin/true'), ['--chromium', '/nowhere/c'], 'no Chromium at /nowhere/c'],
    ['with one that does not start', withPlaywright('/bin/true'), [], 'Chromium does not start here: bad luck'],
  ])('leaves the browser out %s, says why, and exits with 1 where nothing else was asked for', async (_what, files, args, reason) => {
    const { exitCode, out, error } = await leak(temporaryProject(files), ['bench', '--filter', 'launch per task', ...args]);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: expect.stringContaining(reason) as string });
    expect(out).toMatch(/^left out: browser · a launch per task: /);
    expect(error).toBe('browser · a launch per task …\nleak: nothing could be measured.\n');
  });

  it('says what failed in the middle of it, keeps the other figures, and exits with 1', async () => {
    const folder = temporaryProject(withPlaywright('/bin/true', 'if (launches++ > 0) throw new Error("crashed"); return browser;'));
    const { exitCode, out, error } = await leak(folder, ['bench', '--filter', 'launch', '--time', '1', '--json']);
    const reason = 'crashed';
    expect(JSON.parse(out)).toMatchObject({ results: [], leftOut: [], failed: [{ group: 'browser', name: 'a launch per task', reason }] });
    expect({ exitCode, error }).toEqual({
      exitCode: 1,
      error: 'browser · a launch per task …\nleak: browser · a launch per task failed: crashed\nleak: nothing could be measured.\n',
    });
  });

  it('takes the Chromium that LEAK_CHROMIUM names', async () => {
    const folder = temporaryProject(withPlaywright('/bin/true'));
    const { out } = await leak(folder, ['bench', '--filter', 'withpage', '--json'], { env: { LEAK_CHROMIUM: '/elsewhere/chrome' } });
    expect((JSON.parse(out) as Output).leftOut).toMatchObject([{ reason: expect.stringContaining('/elsewhere/chrome') as string }]);
  });

  it.each([
    [['--time', 'long'], 'leak: --time must be a whole number of milliseconds from 1 to 600000, came "long".\n'],
    [['--time', '0'], 'leak: --time must be a whole number of milliseconds from 1 to 600000, came "0".\n'],
    [['--time', '1.5'], 'leak: --time must be a whole number of milliseconds from 1 to 600000, came "1.5".\n'],
    [['--time', '9999999'], 'leak: --time must be a whole number of milliseconds from 1 to 600000, came "9999999".\n'],
    [['--chromium', ''], 'leak: --chromium must be the path of a Chromium, came "".\n'],
    [['--filter', 'Cache'], 'leak: --filter "cache" fits no benchmark: there are pool, semaphore, breaker, retry, http, browser.\n'],
    [['--filter'], "leak: Option '--filter <value>' argument missing.\n"],
    [['--fast'], "leak: Unknown option '--fast': expected --filter, --time, --json, --chromium, --help.\n"],
    [['pool'], "leak: Unexpected argument 'pool'.\n"],
  ])('does not understand %j, and exits with 2', async (args, error) => {
    expect(await leak('/', ['bench', ...args])).toEqual({ exitCode: 2, out: '', error });
  });
});

/** A stand-in for the project's Playwright, whose Chromium is this file and never starts unless told otherwise. */
function withPlaywright(executable: string, launch = `throw new Error('bad luck\\nand more');`): Readonly<Record<string, string | object>> {
  const browser = '{ newPage: async () => ({ evaluate: async () => 2 }), close: async () => {} }';
  const chromium = `{ executablePath: () => ${JSON.stringify(executable)}, launch: async () => { ${launch} } }`;
  return {
    'package.json': {},
    'node_modules/@playwright/test/package.json': { name: '@playwright/test', version: '1.65.1', main: 'index.js' },
    'node_modules/@playwright/test/index.js': `let launches = 0; const browser = ${browser}; exports.chromium = ${chromium};`,
  };
}
