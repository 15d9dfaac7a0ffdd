import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSuite, launchOptions, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const HEAD = `import { test, expect } from 'leak/fixtures';
import fs from 'node:fs';
import { spawn } from 'node:child_process';
`;
const LEAKY = `test('leaks first', () => { fs.openSync(__filename); });\n`;
const CONFIG = `export default { workers: 1, use: { launchOptions: ${launchOptions()} } };`;

let suite = '';
beforeAll(() => {
  suite = createSuite('bad-luck');
});
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

/** Runs one spec file in the suite's folder. */
async function run(
  spec: string,
  more: { args?: readonly string[]; env?: Record<string, string | undefined>; config?: string } = {},
): Promise<PlaywrightRun> {
  return runPlaywright({
    cwd: suite,
    args: more.args ?? ['--reporter=leak'],
    env: more.env ?? {},
    files: { 'a.spec.ts': HEAD + spec, 'playwright.config.ts': more.config ?? CONFIG, 'package.json': '{"private":true}' },
  });
}

/** The leaky test keeps its finding whatever came after it. */
function expectFirstLeakKept({ report, stdout }: PlaywrightRun): void {
  const first = report?.tests.find(({ title }) => title === 'leaks first');
  expect(first, stdout).toMatchObject({ verdict: 'leak', findings: [{ kind: 'fd', origin: { file: 'a.spec.ts', line: 4 } }] });
}

describe('bad luck', () => {
  it('a worker killed by SIGKILL: what was found is kept, its end is told, its browser is not left alive unseen', async () => {
    const result = await run(
      `${LEAKY}test('is killed', async ({ page }) => { await page.goto('about:blank'); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });\ntest('after', () => {});`,
    );
    expectFirstLeakKept(result);
    expect(result.exitCode).toBe(1);
    expect(result.report?.tests.map(({ title, verdict }) => [title, verdict])).toEqual([
      ['leaks first', 'leak'],
      ['is killed', 'inconclusive'],
      ['after', 'pass'],
    ]);
    expect(result.report?.workers.map(({ ended }) => ended)).toEqual(['died', 'in order']);
    expect(result.stdout).toContain('worker 0: It ended without finishing its checks');
    expect(result.stdout).toMatch(/TESTS FAILED {2}1 failed\nGATE FAILED {2}1 new leak/);
  });

  it('a worker killed in a stability scenario: what it had measured is judged, whether it leaked or not', async () => {
    const result = await run(`
const journal = () => fs.readFileSync(process.env.PLAYWRIGHT_LEAK_RUN_DIR + '/worker-' + process.env.TEST_WORKER_INDEX + '.jsonl', 'utf8');
const scenario = (body) => async ({ leak }) => {
  await leak.stability('orders', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    body();
    if (journal().includes('"scenario"')) process.kill(process.pid, 'SIGKILL');
  }, { iterations: 5000, warmUp: 0, earlyStop: false });
};
test('leaks', scenario(() => { fs.openSync(__filename); }));
test('holds', scenario(() => { fs.closeSync(fs.openSync(__filename)); }));
`);
    const [leaks, holds] = result.report?.scenarios ?? [];
    expect(result.report?.tests.map(({ title, verdict }) => [title, verdict])).toEqual([
      ['leaks', 'leak'],
      ['holds', 'inconclusive'],
    ]);
    expect(leaks).toMatchObject({ name: 'orders', verdict: 'leak', failed: true });
    expect(leaks?.series.length).toBeGreaterThan(1);
    expect(holds).toMatchObject({ name: 'orders', verdict: 'inconclusive', failed: false });
    expect(holds?.reasons[0]).toContain('the worker ended before the test could report');
    expect(result.report?.gate.reasons).toContainEqual(expect.stringContaining('scenario orders'));
    expect(result.exitCode).toBe(1);
  });

  it('a worker that exits after a scenario: its verdict is kept', async () => {
    const result = await run(`test('exits', async ({ leak }) => {
  await leak.measure('orders', () => { fs.openSync(__filename); }, { iterations: 20, warmUp: 0 });
  process.exit(0);
});`);
    const [scenario] = result.report?.scenarios ?? [];
    expect(scenario).toMatchObject({ verdict: 'leak', findings: [{ kind: 'fd', origin: { file: 'a.spec.ts', line: 5 } }] });
    expect(result.report?.tests[0]).toMatchObject({ verdict: 'leak' });
  });

  it('process.exit() in a test: the same', async () => {
    const result = await run(`${LEAKY}test('exits', () => { process.exit(0); });`);
    expectFirstLeakKept(result);
    expect(result.report?.tests.at(-1)).toMatchObject({ verdict: 'inconclusive' });
  });

  it('a beforeAll that fails or times out: what it leaves is charged once, to the hook and with its line; what afterAll closes is not', async () => {
    const group = (name: string, end: string, close = ''): string => `test.describe('${name}', () => {
  let fd = 0;
  test.beforeAll(async () => { test.setTimeout(1_000); fd = fs.openSync(__filename); ${end} });
  test.afterAll(() => { ${close} });
  test('${name}', () => {});
});
`;
    const fails = `throw new Error('the service is down');`;
    const result = await run(
      group('fails', fails) + group('hangs', 'await new Promise(() => {});') + group('closes', fails, 'fs.closeSync(fd);'),
      { args: ['--reporter=leak', '--retries=1'] },
    );
    expect(
      result.report?.tests.flatMap(({ findings }) => findings),
      result.stdout,
    ).toEqual([]);
    const atLine = (line: number): unknown => [{ kind: 'fd', scope: 'hook', origin: { file: 'a.spec.ts', line } }];
    expect(result.report?.workers.map(({ findings }) => findings)).toMatchObject([atLine(6), atLine(6), atLine(12), atLine(12), [], []]);
    // What every worker leaves behind counts once.
    expect(result.report?.totals).toMatchObject({ new: 2, inconclusive: 6 });
    expect(result.report?.run.outsideView).toBe(false);
  });

  it('a file that cannot be loaded in the worker: its test was lost with the worker, and is not told to use the fixtures that it uses', async () => {
    const { report, stdout } = await run(`if (process.env.TEST_WORKER_INDEX) throw new Error('there is no such service');
test('is lost', () => {});`);
    expect(report?.tests, stdout).toMatchObject([{ verdict: 'inconclusive', notes: ['Its worker ended before it could be checked.'] }]);
    expect(report?.run.outsideView).toBe(false);
    expect(stdout).not.toMatch(/outside view|leak\/fixtures|not measured here/);
    expect(stdout).toContain('?     a.spec.ts:5 › is lost: Its worker ended before it could be checked.');
  });

  it('a worker stuck in while(true) at the global timeout: it is found and named with the command that ends it', async () => {
    const stuck = path.join(suite, 'stuck');
    const runFor = (globalTimeout: number): Promise<PlaywrightRun> =>
      run(
        `${LEAKY}test('is stuck', async ({ page }) => { await page.goto('about:blank'); fs.writeFileSync('stuck', ''); while (true); });`,
        {
          config: CONFIG.replace('{ workers', `{ globalTimeout: ${String(globalTimeout)}, workers`),
        },
      );
    let result = await runFor(6_000);
    // A machine with enough else to do has not come to the test by then.
    for (let limit = 24_000; !fs.existsSync(stuck); limit *= 4) result = await runFor(limit);
    const left = result.report?.workers.flatMap(({ findings }) => findings) ?? [];
    const pid = Number(left[0]?.evidence['pid']);
    if (pid > 0) process.kill(pid, 'SIGKILL');
    expectFirstLeakKept(result);
    expect(left).toMatchObject([{ kind: 'process', scope: 'worker', hint: expect.stringContaining(`kill -9 ${String(pid)}`) as string }]);
    expect(left[0]?.summary).toMatch(/a Playwright worker \(pid \d+\) outlived the run with \d+ more below it/);
    expect(result.stdout).toContain('RUN TIMED OUT');
  });

  it('a detached child that outlives its killed worker is found after the run, its secrets redacted', async () => {
    const result = await run(
      `test('is killed', async () => { spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', '--', '--password=hunter2'], { detached: true, stdio: 'ignore' }); await new Promise((resolve) => setTimeout(resolve, 300)); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });`,
    );
    const [left] = result.report?.workers.flatMap(({ findings }) => findings) ?? [];
    if (typeof left?.evidence['pid'] === 'number') process.kill(left.evidence['pid'], 'SIGKILL');
    expect(left).toMatchObject({ kind: 'process', severity: 'leak', scope: 'worker', status: 'new' });
    expect(JSON.stringify(result.report) + result.stdout).not.toContain('hunter2');
  });

  it('what a killed worker left is allowed by a rule of the config', async () => {
    const rule = `{ kind: 'process', match: 'sleep 603', reason: 'it ends by itself' }`;
    const result = await run(
      `test('is killed', async () => { spawn('sleep', ['603'], { detached: true, stdio: 'ignore' }); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });`,
      { config: CONFIG.replace('use: {', `use: { leakOptions: { allow: [${rule}] },`) },
    );
    expect(result.report?.workers.flatMap(({ findings }) => findings)).toMatchObject([
      { scope: 'worker', status: 'allowed', evidence: { allowedBecause: 'it ends by itself' } },
    ]);
    expect(result.report?.gate).toMatchObject({ failed: false });
  });

  it('a daemon that global set-up starts is told of and does not gate; one that a test starts does', async () => {
    const daemon = (seconds: number): string =>
      `execSync('sleep ${String(seconds)} < /dev/null > /dev/null 2>&1 & sleep 0.1', { stdio: 'ignore' })`;
    const imports = `import { execSync } from 'node:child_process';\n`;
    fs.writeFileSync(path.join(suite, 'setup.ts'), `${imports}export default () => { ${daemon(601)}; };\n`);
    const config = CONFIG.replace('{ workers', `{ globalSetup: './setup.ts', workers`);
    const clean = await run(`test('clean', () => {});`, { config });
    expect(clean.exitCode, clean.stdout).toBe(0);
    expect(clean.report?.workers.find(({ workerIndex }) => workerIndex === -1)?.findings).toMatchObject([
      { kind: 'process', scope: 'run', status: 'allowed', summary: expect.stringContaining('sleep 601') as string },
    ]);
    const leaky = await run(`${imports}test('starts a daemon', () => { ${daemon(602)}; });`, { config });
    expect(leaky.exitCode).toBe(1);
    expect(leaky.report?.tests[0]?.findings).toMatchObject([{ kind: 'process', summary: expect.stringContaining('sleep 602') as string }]);
  });

  it('a corrupt record: the test cannot be judged, the others can', async () => {
    const corrupt = `import { test as plain } from '@playwright/test';
plain('corrupt', () => { plain.info().annotations.push({ type: '_leak', description: '{"version":1,"verd' }); });
`;
    const result = await run(`${corrupt}test('leaks', () => { fs.openSync(__filename); });`);
    expect(result.report?.tests.find(({ title }) => title === 'corrupt')).toMatchObject({
      verdict: 'inconclusive',
      notes: [expect.stringMatching(/damaged/) as string],
    });
    expect(result.report?.tests.find(({ title }) => title === 'leaks')?.verdict).toBe('leak');
  });

  it('a title with ANSI, HTML, newlines and 10 kB does not disturb the terminal or the report', async () => {
    const title = '\\u001b[31m<script>alert(1)</script>\\nTwo ' + 'x'.repeat(10_000);
    const result = await run(`test('${title}', () => { fs.openSync(__filename); });`, { args: ['--reporter=leak,null'] });
    expect(result.report?.tests[0]?.verdict).toBe('leak');
    const own = result.stdout.slice(result.stdout.indexOf('leak · '));
    expect(own).not.toContain('\u001b');
    expect(own).toContain('\\x1b[31m<script>alert(1)</script>\\nTwo xxx');
    expect(own.length).toBeLessThan(3000);
  });

  it('an output folder that is a file: the verdict is printed, the exit code is the verdict’s, the report lies elsewhere', async () => {
    const blocked = path.join(suite, 'blocked');
    fs.writeFileSync(blocked, '');
    const clean = await run(`test('clean', () => {});`, { env: { PLAYWRIGHT_LEAK_OUTPUT_DIR: blocked } });
    expect(clean.exitCode).toBe(0);
    expect(clean.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /leak · The report could not be written to .*blocked.* it lies in .*report\.json instead/,
    );
    const leaky = await run(LEAKY, { env: { PLAYWRIGHT_LEAK_OUTPUT_DIR: blocked } });
    expect(leaky.exitCode).toBe(1);
    const elsewhere = /(\S*leak-report-\S+report\.json)/.exec(leaky.stdout)?.[1] ?? '';
    expect(JSON.parse(fs.readFileSync(elsewhere, 'utf8'))).toMatchObject({ verdict: 'leak' });
    for (const { stdout } of [clean, leaky])
      fs.rmSync(path.dirname(/(\S*leak-report-\S+report\.json)/.exec(stdout)?.[1] ?? ''), { recursive: true });
  });

  it('a wrong option: one line that names it, what was expected and what came', async () => {
    const result = await run(`test('clean', () => {});`, { env: { PLAYWRIGHT_LEAK_FAIL_ON: 'always' } });
    expect(result.exitCode).toBe(1);
    expect(result.stderr + result.stdout).toContain(
      `PLAYWRIGHT_LEAK_FAIL_ON: expected 'leak', 'new', 'inconclusive', 'never', got "always"`,
    );
    expect(result.stderr + result.stdout).not.toContain('options.js');
  });
});
