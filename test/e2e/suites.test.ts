import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LeakReport } from '../../src/core/report.ts';
import { createSuite, runPlaywright, type PlaywrightRun } from './runPlaywright.ts';

const suites: string[] = [];

afterAll(() => {
  for (const suite of suites) fs.rmSync(suite, { recursive: true, force: true });
});

/** Runs a suite made of these files. Without a `package.json` of its own it is one of CommonJS. */
async function run(files: Record<string, string>, args: readonly string[] = [], env = {}): Promise<PlaywrightRun> {
  const cwd = createSuite('suite');
  suites.push(cwd);
  const standard = { 'package.json': '{}', 'playwright.config.ts': config('') };
  return runPlaywright({ cwd, files: { ...standard, ...files }, args: ['--reporter=leak', ...args], env });
}

function config(more: string): string {
  return `import { defineConfig } from '@playwright/test';\nexport default defineConfig({ testDir: '.', ${more} });\n`;
}

/** One leaky and one clean test; the leak is on line 3. */
function pair(imports: string): string {
  return `${imports}
test('leaky', () => {
  fs.openSync('/dev/null', 'r');
});
test('clean', () => {
  fs.closeSync(fs.openSync('/dev/null', 'r'));
});
`;
}

const ESM = `import fs from 'node:fs'; import { test } from 'leak/fixtures';`;

/** Every finding as `title: kind file:line`. */
function findings(report: LeakReport | undefined): string[] {
  return (report?.tests ?? []).flatMap(({ title, findings: found }) =>
    found.map(({ kind, origin }) => `${title}: ${kind} ${origin?.file ?? '?'}:${String(origin?.line)}`),
  );
}

describe('a suite that imports leak/fixtures', () => {
  for (const [name, files] of [
    ['TypeScript, ES modules', { 'package.json': '{"type":"module"}', 'a.spec.ts': pair(ESM) }],
    ['TypeScript, CommonJS', { 'a.spec.ts': pair(ESM) }],
    ['JavaScript, ES modules', { 'a.spec.mjs': pair(ESM) }],
    [
      'TypeScript, CommonJS, a copy of the whole module',
      { 'a.spec.ts': pair(`import { test } from 'leak/fixtures'; import * as fs from 'node:fs';`) },
    ],
    [
      'JavaScript, CommonJS, functions taken out of the module',
      { 'a.spec.js': pair(`const { test } = require('leak/fixtures'); const { ...fs } = require('node:fs');`) },
    ],
    ['JavaScript, CommonJS', { 'a.spec.js': pair(`const fs = require('node:fs'); const { test } = require('leak/fixtures');`) }],
  ] as const) {
    it(`is checked: ${name}`, async () => {
      const { report, exitCode, stdout } = await run(files);
      const spec = Object.keys(files).find((file) => file.startsWith('a.spec'));
      expect(findings(report), stdout).toEqual([`leaky: fd ${String(spec)}:3`]);
      expect(report?.tests.map(({ title, verdict }) => `${title} ${verdict}`)).toEqual(['leaky leak', 'clean pass']);
      expect(report?.workers.flatMap((worker) => worker.findings)).toEqual([]);
      expect(exitCode).toBe(1);
    });
  }

  it('passes the gate when nothing leaks', async () => {
    const { report, exitCode, stdout } = await run({
      'a.spec.ts': `${ESM}\ntest('clean', () => { fs.closeSync(fs.openSync('/dev/null', 'r')); });`,
    });
    expect(exitCode, stdout).toBe(0);
    expect(report).toMatchObject({ verdict: 'pass', gate: { failed: false } });
  });
});

describe('mergeTests', () => {
  const mine = `const mine = base.extend<{ file: number }>({ file: async ({}, use) => { await use(fs.openSync('/dev/null', 'r')); } });`;
  const imports = `import fs from 'node:fs'; import { mergeTests, test as base } from '@playwright/test'; import { test as leakTest } from 'leak/fixtures';`;

  for (const merged of ['mergeTests(leakTest, mine)', 'mergeTests(mine, leakTest)']) {
    it(`${merged} checks the tests and their own fixtures`, async () => {
      const { report, stdout } = await run({
        'a.spec.ts': `${imports}
${mine}
const test = ${merged};
test('leaky fixture', ({ file }) => { if (file < 3) throw new Error(); });
test('leaky test', () => { fs.openSync('/dev/null', 'r'); });
test('clean', () => {});
`,
      });
      expect(findings(report), stdout).toEqual(['leaky fixture: fd a.spec.ts:2', 'leaky test: fd a.spec.ts:5']);
    });
  }
});

describe('many results', () => {
  const many = `import fs from 'node:fs'; import { test } from 'leak/fixtures';
for (let index = 0; index < 12; index += 1) {
  test(\`test \${index} \${index % 2 === 0 ? 'leaky' : 'clean'}\`, async () => {
    const fd = fs.openSync('/dev/null', 'r');
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (index % 2 === 1) fs.closeSync(fd);
  });
}
`;

  it('charges the right tests with fullyParallel and four workers', async () => {
    const { report } = await run({ 'a.spec.ts': many, 'playwright.config.ts': config('fullyParallel: true, workers: 4') });
    expect(findings(report).sort()).toEqual([0, 10, 2, 4, 6, 8].map((index) => `test ${String(index)} leaky: fd a.spec.ts:4`));
    expect(new Set(report?.tests.map(({ workerIndex }) => workerIndex)).size).toBeGreaterThan(1);
  });

  it('judges every repetition', async () => {
    const { report } = await run({ 'a.spec.ts': pair(ESM) }, ['--repeat-each=3']);
    expect(report?.tests.map(({ title, verdict }) => `${title} ${verdict}`).sort()).toEqual([
      ...Array.from({ length: 3 }, () => 'clean pass'),
      ...Array.from({ length: 3 }, () => 'leaky leak'),
    ]);
  });

  it('judges every attempt of a retried test', async () => {
    const { report } = await run(
      {
        'a.spec.ts': `${ESM}
test('flaky', ({}, testInfo) => {
  if (testInfo.retry === 0) { fs.openSync('/dev/null', 'r'); throw new Error('the first attempt fails'); }
});`,
      },
      ['--retries=1'],
    );
    expect(report?.tests.map(({ retry, verdict, status }) => `${String(retry)} ${status} ${verdict}`)).toEqual([
      '0 failed leak',
      '1 passed pass',
    ]);
  });

  it('judges every project by its own options', async () => {
    const { report } = await run({
      'a.spec.ts': pair(ESM),
      'playwright.config.ts': config(
        `projects: [{ name: 'strict' }, { name: 'lax', use: { leakOptions: { thresholds: { fds: 1 } } } }, { name: 'off', use: { leakOptions: { mode: 'off' } } }]`,
      ),
    });
    const leaky = report?.tests.filter(({ title }) => title === 'leaky') ?? [];
    const told = leaky.map(({ project, findings: found }) => `${project}: ${found.map(({ status }) => status).join()}`);
    expect(told.sort()).toEqual(['lax: allowed', 'off: ', 'strict: new']);
  });
});

describe('projects that depend on others', () => {
  it('are checked like any other: what afterAll closes is no leak, what it opens is', async () => {
    const { report, stdout } = await run({
      'playwright.config.ts': config(
        `projects: [{ name: 'setup', testMatch: /setup/ }, { name: 'main', dependencies: ['setup'], testMatch: /spec/ }]`,
      ),
      'auth.setup.ts': `import { test as setup } from 'leak/fixtures';\nsetup('signs in', () => { process.env.TOKEN = 'abc'; });`,
      'a.spec.ts': `import fs from 'node:fs'; import http from 'node:http'; import { test, expect } from 'leak/fixtures';
let server;
test.afterAll(() => {
  server.close();
  fs.openSync('/dev/null', 'r');
});
test('starts a server when it is needed', () => {
  expect(process.env.TOKEN).toBe('abc');
  server ??= http.createServer().listen(0);
});`,
    });
    expect(findings(report), stdout).toEqual([]);
    expect(report?.tests.map(({ status, verdict }) => `${status} ${verdict}`)).toEqual(['passed pass', 'passed pass']);
    expect(report?.workers.map(({ ended, notes }) => [ended, notes])).toEqual([
      ['in order', []],
      ['in order', []],
    ]);
    expect(report?.workers.flatMap((worker) => worker.findings).map(({ kind, scope, origin }) => [kind, scope, origin?.line])).toEqual([
      ['fd', 'hook', 5],
    ]);
  });
});

describe('leakOptions', () => {
  it("fails the leaking test in mode 'fail', naming the line", async () => {
    const { report, stdout } = await run({ 'a.spec.ts': pair(`${ESM} test.use({ leakOptions: { mode: 'fail' } });`) });
    expect(report?.tests.map(({ title, status }) => `${title} ${status}`)).toEqual(['leaky failed', 'clean passed']);
    expect(stdout).toContain('a.spec.ts:3');
  });

  it("tells in mode 'fail' what a test's fixture left from what a worker's fixture has yet to close", async () => {
    const { report } = await run({
      'a.spec.ts': `import fs from 'node:fs'; import { test as base } from 'leak/fixtures';
const test = base.extend<{ forgetful: number; tidy: number }, { shared: number }>({
  forgetful: async ({}, use) => { await null; await use(fs.openSync('/dev/null', 'r')); },
  tidy: async ({}, use) => { await null; const fd = fs.openSync('/dev/null', 'r'); await use(fd); fs.closeSync(fd); },
  shared: [async ({}, use) => { await null; const fd = fs.openSync('/dev/null', 'r'); await use(fd); fs.closeSync(fd); }, { scope: 'worker' }],
});
test.use({ leakOptions: { mode: 'fail' } });
test('first to ask for the worker fixture', ({ shared, tidy }) => { if (shared === tidy) throw new Error(); });
test('asks for it again', ({ shared, tidy }) => { if (shared === tidy) throw new Error(); });
test('leaky fixture', ({ shared, forgetful }) => { if (shared === forgetful) throw new Error(); });`,
    });
    expect(report?.tests.map(({ title, status }) => `${title}: ${status}`)).toEqual([
      'first to ask for the worker fixture: passed',
      'asks for it again: passed',
      'leaky fixture: failed',
    ]);
    expect(report?.workers.flatMap((worker) => worker.findings)).toEqual([]);
  });

  it("in mode 'fail' does not wait for what a worker fixture's object opens in a test, unless that is allowed", async () => {
    const pool = (allow: string): string => `import fs from 'node:fs'; import { test as base } from 'leak/fixtures';
class Pool { #fd = -1; query() { if (this.#fd < 0) this.#fd = fs.openSync('/dev/null', 'r'); } close() { if (this.#fd >= 0) fs.closeSync(this.#fd); } }
const test = base.extend<object, { pool: Pool }>({
  pool: [async ({}, use) => { const pool = new Pool(); await use(pool); pool.close(); }, { scope: 'worker' }],
});
test.use({ leakOptions: { mode: 'fail', allow: [${allow}] } });
test('asks the pool', ({ pool }) => { pool.query(); });`;
    const statuses = async (files: Record<string, string>) =>
      (await run(files)).report?.tests.map(({ status, verdict }) => [status, verdict]);
    expect(await statuses({ 'a.spec.ts': pool('') })).toEqual([['failed', 'pass']]);
    const rule = `{ kind: 'fd', match: 'Pool.query', reason: 'the worker fixture closes it' }`;
    expect(await statuses({ 'a.spec.ts': pool(rule) })).toEqual([['passed', 'pass']]);
  });

  it("says nothing in mode 'off'", async () => {
    const { report, exitCode } = await run({
      'a.spec.ts': pair(ESM),
      'playwright.config.ts': config(`use: { leakOptions: { mode: 'off' } }`),
    });
    expect(findings(report)).toEqual([]);
    expect(report?.workers.flatMap((worker) => worker.findings)).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('holds for the file or the describe block that sets it', async () => {
    const { report } = await run({
      'a.spec.ts': `${ESM}
test.describe('lax', () => {
  test.use({ leakOptions: { thresholds: { fds: 1 } } });
  test('allowed', () => { fs.openSync('/dev/null', 'r'); });
});
test('leaky', () => { fs.openSync('/dev/null', 'r'); });`,
    });
    expect(report?.tests.map(({ title, verdict }) => `${title} ${verdict}`).sort()).toEqual(['allowed pass', 'leaky leak']);
  });

  for (const [options, name, expected, came] of [
    [`{ mode: 'loud' }`, 'leakOptions.mode', 'record', 'loud'],
    [`{ settleTimeout: '1s' }`, 'leakOptions.settleTimeout', 'milliseconds', '1s'],
    [`{ thresholds: { fds: -1 } }`, 'leakOptions.thresholds.fds', 'resources', '-1'],
    [`{ allow: [{ match: 'x' }] }`, 'leakOptions.allow[0].reason', 'sentence', 'undefined'],
    [`{ allowed: [] }`, 'leakOptions', 'allow', 'allowed'],
  ] as const) {
    it(`says what is wrong with ${options}`, async () => {
      const { exitCode, stdout, stderr } = await run({
        'a.spec.ts': `${ESM}\ntest('any', () => {});`,
        'playwright.config.ts': config(`use: { leakOptions: ${options} as never }`),
      });
      expect(exitCode).toBe(1);
      for (const part of [name, expected, came]) expect(stdout + stderr).toContain(part);
    });
  }
});

describe('reporters side by side', () => {
  const files = { 'a.spec.ts': pair(ESM) };

  it('works with --reporter=leak,html', async () => {
    const { report, exitCode } = await run(files, ['--reporter=leak,html'], { PLAYWRIGHT_HTML_OPEN: 'never' });
    expect([exitCode, findings(report)]).toEqual([1, ['leaky: fd a.spec.ts:3']]);
  });

  it('works with --reporter=list,leak', async () => {
    const { report, stdout } = await run(files, ['--reporter=list,leak']);
    expect(findings(report)).toEqual(['leaky: fd a.spec.ts:3']);
    expect(stdout.match(/clean/g), stdout).toHaveLength(1);
    expect(stdout).toContain('GATE FAILED');
  });

  it('works with --reporter=blob,leak', async () => {
    const { report } = await run(files, ['--reporter=blob,leak']);
    expect(findings(report)).toEqual(['leaky: fd a.spec.ts:3']);
  });

  it('keeps quiet in other reporters: no annotation of ours is shown', async () => {
    const { stdout } = await run(files, ['--reporter=list']);
    expect(stdout).toContain('2 passed');
    expect(stdout).not.toContain('_leak');
  });

  it('takes its options from the configuration', async () => {
    const cwd = createSuite('configured');
    suites.push(cwd);
    const reporter = `reporter: [['leak', { outputDir: 'found', failOn: 'never' }]]`;
    const { exitCode } = await runPlaywright({
      cwd,
      args: [],
      files: { 'package.json': '{}', 'playwright.config.ts': config(reporter), ...files },
      env: { PLAYWRIGHT_LEAK_OUTPUT_DIR: undefined },
    });
    expect(exitCode).toBe(0);
    expect(findings(JSON.parse(fs.readFileSync(path.join(cwd, 'found/report.json'), 'utf8')) as LeakReport)).toHaveLength(1);
  });

  it('writes nothing on --list', async () => {
    const cwd = createSuite('listed');
    suites.push(cwd);
    const { report, exitCode, stdout } = await runPlaywright({
      cwd,
      args: ['--reporter=leak', '--list'],
      files: { 'package.json': '{}', 'playwright.config.ts': config(''), ...files },
    });
    expect([report, exitCode]).toEqual([undefined, 0]);
    expect(stdout).not.toContain('GATE');
    expect(fs.readdirSync(cwd).sort()).toEqual(['a.spec.ts', 'node_modules', 'package.json', 'playwright.config.ts']);
  });
});
