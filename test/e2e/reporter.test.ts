import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const SPEC = `
import { test, expect } from 'leak/fixtures';
import fs from 'node:fs';
test('leaks', () => { fs.openSync(__filename); });
test('is clean', () => {});
`;

let suite = '';
beforeAll(() => {
  suite = createSuite('reporter');
});
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Record<string, string | undefined> = {}, spec = SPEC): Promise<PlaywrightRun> {
  return runPlaywright({
    cwd: suite,
    args,
    env,
    files: { 'e2e/a.spec.ts': spec, 'e2e/playwright.config.ts': 'export default { workers: 1 };', 'package.json': '{}' },
  });
}

describe('the reporter', () => {
  it('writes beside the nearest package.json, says where, and leaves nothing in the temporary folder', async () => {
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-reporter-test-'));
    const { exitCode, stdout } = await run(['-c', 'e2e', '--reporter=leak'], { PLAYWRIGHT_LEAK_OUTPUT_DIR: undefined, TMPDIR: temporary });
    expect(exitCode, stdout).toBe(1);
    expect(stdout).toMatch(/GATE FAILED {2}1 new leak, 0 allowed · leak-report\/index\.html\n$/);
    expect(fs.readdirSync(path.join(suite, 'leak-report'))).toEqual(['index.html', 'report.json']);
    expect(fs.readdirSync(temporary).filter((name) => name.startsWith('leak-'))).toEqual([]);
    fs.rmSync(temporary, { recursive: true });
  });

  it('lets Playwright show progress and failing tests when it is alone, and says that tests and gate failed', async () => {
    const { exitCode, stdout } = await run(['-c', 'e2e', '--reporter=leak'], {}, `${SPEC}test('fails', () => { expect(1).toBe(2); });`);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('expect(received).toBe(expected)');
    expect(stdout).toMatch(/TESTS FAILED {2}1 failed\nGATE FAILED {2}1 new leak/);
  });

  it('passes a clean suite with exit code 0', async () => {
    const { exitCode, stdout, report } = await run(['-c', 'e2e', '--reporter=leak', '-g', 'clean']);
    expect(exitCode, stdout).toBe(0);
    expect(report).toMatchObject({
      verdict: 'pass',
      tests: [{ title: 'is clean', file: 'a.spec.ts', titlePath: ['a.spec.ts', 'is clean'] }],
    });
    expect(stdout).toContain('GATE PASSED  0 new leaks');
  });

  it('lets a former report serve as baseline, which lets the same leak pass', async () => {
    await run(['-c', 'e2e', '--reporter=leak'], { PLAYWRIGHT_LEAK_OUTPUT_DIR: path.join(suite, 'former') });
    const { exitCode, stdout, report } = await runPlaywright({
      cwd: suite,
      args: ['-c', 'e2e', '--reporter=leak'],
      env: { PLAYWRIGHT_LEAK_BASELINE: 'former/report.json' },
    });
    expect(exitCode, stdout).toBe(0);
    expect(report).toMatchObject({ totals: { known: 1, new: 0 }, gate: { failed: false } });
    expect(stdout).toContain('GATE PASSED  0 new leaks, 1 known');
  });

  it('uses colours when told to, and none when not', async () => {
    const own = ({ stdout }: PlaywrightRun): string => stdout.slice(stdout.lastIndexOf('fd · '));
    expect(own(await run(['-c', 'e2e', '--reporter=leak'], { FORCE_COLOR: '1', NO_COLOR: undefined }))).toContain('\u001b[');
    expect(own(await run(['-c', 'e2e', '--reporter=leak'], { FORCE_COLOR: undefined, NO_COLOR: '1' }))).not.toContain('\u001b[');
  });

  it('writes and prints nothing with --list', async () => {
    const { exitCode, stdout, report } = await run(['-c', 'e2e', '--list', '--reporter=leak']);
    expect(exitCode).toBe(0);
    expect(report).toBeUndefined();
    expect(stdout).toContain('Total: 2 tests in 1 file');
    expect(stdout).not.toContain('GATE');
  });
});
