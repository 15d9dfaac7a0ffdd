import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportTest } from '../../src/core/report.ts';
import { createSuite, launchOptions, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

/** A suite as anybody has it: nothing in it knows this package. */
const SPEC = `
import { test as base, expect, chromium } from '@playwright/test';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { spawn } from 'node:child_process';

const test = base.extend<object, { database: net.Server }>({
  database: [async ({}, use) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    await use(server);
    await new Promise((resolve) => server.close(resolve));
  }, { scope: 'worker' }],
});

let hookServer: http.Server;
test.beforeAll(async () => {
  hookServer = http.createServer((_, response) => response.end('<p>hello'));
  await new Promise<void>((resolve) => hookServer.listen(0, resolve));
});
test.afterAll(async () => { hookServer.closeAllConnections(); await new Promise((resolve) => hookServer.close(resolve)); });

test('clean: nothing', async () => {});
test('clean: a page of the shared browser', async ({ page }) => {
  await page.goto('http://localhost:' + (hookServer.address() as net.AddressInfo).port);
});
test('clean: a worker fixture', async ({ database }) => { expect(database.listening).toBe(true); });
test('clean: a pooled connection', async () => {
  await (await fetch('http://localhost:' + (hookServer.address() as net.AddressInfo).port)).text();
});
test('clean: a child that ends', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
});
test('clean: a browser that is closed', async () => { const browser = await chromium.launch(OPTIONS); await browser.close(); });
test('leaky: a browser', async () => {
  await chromium.launch(OPTIONS); // here
  await new Promise((resolve) => setTimeout(resolve, 30));
});
test('leaky: a child', async () => {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', '--token=hunter2'], { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 30));
});
`;

/** In files of their own: between files a worker waits for the runner, so the look at its descriptors cannot come too late. */
const SERVER_SPEC = `
import { test } from '@playwright/test';
import net from 'node:net';
test('leaky: a server', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
`;
const FILE_SPEC = `
import { test } from '@playwright/test';
import fs from 'node:fs';
test('leaky: a file, in the last test', async () => { fs.openSync(__filename); });
`;

describe('a suite that does not use the fixtures', () => {
  let suite = '';
  let run: PlaywrightRun;
  const spec = SPEC.replaceAll('OPTIONS', launchOptions());

  beforeAll(async () => {
    suite = createSuite('zero-edit');
    const config = `export default { workers: 1, use: { launchOptions: ${launchOptions()} } };`;
    run = await runPlaywright({
      cwd: suite,
      files: { 'a.spec.ts': spec, 'b.spec.ts': SERVER_SPEC, 'c.spec.ts': FILE_SPEC, 'playwright.config.ts': config, 'package.json': '{}' },
    });
  });
  afterAll(() => {
    fs.rmSync(suite, { recursive: true, force: true });
  });

  function test(title: string): ReportTest | undefined {
    return run.report?.tests.find((candidate) => candidate.title === title);
  }

  it('passes its tests and fails the gate', () => {
    expect(run.exitCode, run.stdout + run.stderr).toBe(1);
    expect(run.stdout).toMatch(/10 passed/);
    expect(run.stdout.trimEnd().split('\n').at(-1)).toMatch(/^GATE FAILED {2}4 new leaks, 0 allowed/);
  });

  it('has no leak in a clean test', () => {
    const clean = run.report?.tests.filter(({ title }) => title.startsWith('clean')) ?? [];
    expect(clean).toHaveLength(6);
    expect(clean.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(run.report?.workers.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it.each([
    ['leaky: a browser', { kind: 'browser', evidence: { view: 'outside' } }],
    ['leaky: a child', { kind: 'process', summary: expect.stringContaining('setInterval') as string }],
    ['leaky: a server', { kind: 'fd', evidence: { address: { protocol: 'tcp', state: 'listening' } } }],
    ['leaky: a file, in the last test', { kind: 'fd', summary: expect.stringContaining('c.spec.ts is still open') as string }],
  ])('charges %s', (title, finding) => {
    expect(test(title)).toMatchObject({ verdict: 'leak', findings: [finding] });
  });

  it('names the line that launched the browser, which Playwright’s steps tell', () => {
    const line = spec.split('\n').findIndex((text) => text.includes('// here')) + 1;
    expect(test('leaky: a browser')?.findings[0]?.origin).toMatchObject({ file: 'a.spec.ts', line });
  });

  it('lets no secret of a command line into the report', () => {
    expect(JSON.stringify(run.report)).not.toContain('hunter2');
    expect(run.stdout).not.toContain('hunter2');
  });

  it('says that this is an outside view and how to get exact lines', () => {
    expect(run.report?.run.outsideView).toBe(true);
    expect(run.stdout).toContain('This is an outside view');
    expect(run.stdout).toContain("import { test, expect } from 'leak/fixtures';");
    expect(run.report?.environment.detectors).toContainEqual(expect.objectContaining({ name: 'handles', available: false }));
  });
});

/** A server that, when told to end, is there still at every look at its worker: it ends when that has ended. The hook does not wait for it. */
const HOOKED_SPEC = `
import { test } from '@playwright/test';
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
const SERVER = \`
  let isEnding = false;
  const worker = process.ppid;
  process.on('SIGTERM', () => (isEnding = true));
  setInterval(() => isEnding && process.ppid !== worker && process.exit(), 10);
  console.log('up');
\`;
async function startServer(env = process.env): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['-e', SERVER], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(server.stdout!, 'data');
  return server;
}
const servers: ChildProcess[] = [];
test.beforeAll(async () => { servers.push(await startServer()); });
test.afterAll(() => { for (const server of servers) server.kill(); });
test('clean: the hook starts a server', async () => {});
test('clean: so does a test, without the mark of the run', async () => { servers.push(await startServer({})); });
LEAK
test('clean: the last test', async () => {});
`;

describe('a server that an afterAll hook kills and does not wait for', () => {
  const suite = createSuite('zero-edit-hook');
  const runSpec = (leak: string): Promise<PlaywrightRun> =>
    runPlaywright({ cwd: suite, files: { 'a.spec.ts': HOOKED_SPEC.replace('LEAK', leak), 'package.json': '{}' } });
  afterAll(() => {
    fs.rmSync(suite, { recursive: true, force: true });
  });

  it('is late and no leak', async () => {
    const { exitCode, report, stdout } = await runSpec('');
    expect(exitCode, stdout).toBe(0);
    const late = { kind: 'process', severity: 'late', evidence: { lateMs: expect.any(Number) as number } };
    expect(report?.tests).toMatchObject([
      { verdict: 'pass', findings: [late] },
      { verdict: 'pass', findings: [late] },
      { verdict: 'pass', findings: [] },
    ]);
    expect(report?.workers.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('does not hide one that nobody kills', async () => {
    const { exitCode, report } = await runSpec(`test('leaky', async () => { await startServer(); });`);
    expect(exitCode).toBe(1);
    const leaks = report?.tests.map(({ title, findings }) => [title, findings.filter(({ severity }) => severity === 'leak').length]);
    expect(leaks?.filter(([, count]) => count !== 0)).toEqual([['leaky', 1]]);
  });
});

describe('leakOptions of the config, in a suite that does not use the fixtures', () => {
  const suite = createSuite('zero-edit-options');
  const leaky = `
    import { test } from '@playwright/test';
    import fs from 'node:fs';
    test('leaky', async () => { fs.openSync(__filename); });
  `;
  const runWith = (leakOptions: string): Promise<PlaywrightRun> =>
    runPlaywright({
      cwd: suite,
      files: {
        'held.spec.ts': leaky,
        'playwright.config.ts': `export default { use: { leakOptions: ${leakOptions} } };`,
        'package.json': '{}',
      },
    });
  afterAll(() => {
    fs.rmSync(suite, { recursive: true, force: true });
  });

  it.each([
    ['allow', `{ allow: [{ kind: 'fd', match: /held\\.spec/, reason: 'by design' }] }`],
    ['have room for', '{ thresholds: { fds: 5 } }'],
    ['do not want to be told of', `{ overrides: [{ files: 'held.spec.ts', mode: 'off' }] }`],
  ])('%s what it leaves', async (_, leakOptions) => {
    const { exitCode, report, stdout } = await runWith(leakOptions);
    expect(exitCode, stdout).toBe(0);
    expect(report).toMatchObject({ totals: { new: 0 }, tests: [{ verdict: 'pass' }] });
  });

  it('let everything else gate', async () => {
    const { exitCode, report } = await runWith(`{ allow: [{ kind: 'fd', match: 'other.spec', reason: 'by design' }] }`);
    expect(exitCode).toBe(1);
    expect(report?.gate.reasons).toEqual(['1 new leak']);
  });
});
