import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeakReport } from '../../src/core/report.ts';
import { createSuite, inheritedEnvironment, runPlaywright } from './runPlaywright.ts';

const CONFIG = `
import { defineConfig } from '@playwright/test';
const allow = [
  { kind: 'fd', match: 'outgrown.txt', reason: 'until the rewrite', owner: 'shop', expires: '2020-01-31' },
  { kind: 'fd', match: 'kept.txt', reason: 'the lock of the suite' },
  { kind: 'handle', match: ':9999', reason: 'a proxy that is gone' },
];
const overrides = [{ files: 'tests/legacy', thresholds: { fds: 1 } }, { files: 'tests/nowhere/**', mode: 'off' }];
export default defineConfig({
  testDir: 'tests',
  workers: 1,
  reporter: [['leak', { budgets: { leaks: 3, fds: 9999 } }]],
  use: { leakOptions: { allow } },
  projects: [{ name: 'desk', use: { leakOptions: { allow, overrides } } }],
});
`;

const HELPER = `
import fs from 'node:fs';
export function open(name: string): number {
  fs.writeFileSync(name, 'x');
  return fs.openSync(name, 'r');
}
`;

const SPEC = `
import { test } from 'leak/fixtures';
import { open } from './open';
test('one', () => { open('a.txt'); });
test('two', () => { open('outgrown.txt'); open('kept.txt'); });
test('clean', () => {});
`;

const LEGACY = `
import { test } from 'leak/fixtures';
import { open } from '../open';
test('old', () => { open('legacy.txt'); });
`;

let suite = '';
beforeAll(() => {
  suite = createSuite('adoption');
});
afterAll(() => {
  fs.rmSync(suite, { recursive: true, force: true });
});

async function run(files: Readonly<Record<string, string>>) {
  const { exitCode, stdout } = await runPlaywright({ cwd: suite, args: [], env: { PLAYWRIGHT_LEAK_OUTPUT_DIR: undefined }, files });
  const report = JSON.parse(fs.readFileSync(path.join(suite, 'leak-report/report.json'), 'utf8')) as LeakReport;
  const found = report.tests.flatMap(({ title, findings }) => findings.map(({ status, count }) => `${title}: ${count} ${status}`));
  return { exitCode, stdout, report, found };
}

function leak(...args: readonly string[]) {
  const cli = path.join(suite, 'node_modules/leak/dist/src/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: suite,
    env: inheritedEnvironment(),
    encoding: 'utf8',
  });
  return { status, out: stdout + stderr };
}

describe('a suite that leaks', () => {
  it('is adopted: what leaks is known, and only what is new gates, wherever its lines are by then', async () => {
    const files = { 'package.json': '{}', 'playwright.config.ts': CONFIG, 'tests/open.ts': HELPER };
    const first = await run({ ...files, 'tests/a.spec.ts': SPEC, 'tests/legacy/b.spec.ts': LEGACY });
    expect(first.found, first.stdout).toEqual(['one: 1 new', 'two: 1 new', 'two: 1 allowed', 'old: 1 allowed']);
    expect(first).toMatchObject({ exitCode: 1, report: { run: { partial: null }, baseline: null } });
    expect(first.report.gate.reasons).toEqual(['2 new leaks', 'the allow rule “until the rewrite” of shop expired on 2020-01-31']);
    expect(first.report.notes).toEqual([
      'The allow rule for :9999 (handle, a proxy that is gone) matched nothing in this run: take it out, unless another machine needs it.',
      'The override for tests/nowhere/** matched nothing in this run: take it out, unless another machine needs it.',
    ]);

    expect(leak('baseline')).toMatchObject({
      status: 0,
      out: expect.stringContaining('leak-baseline.json written: 1 known leak') as string,
    });
    const baseline = fs.readFileSync(path.join(suite, 'leak-baseline.json'), 'utf8');

    const moved = `\n\n// Everything stands elsewhere now.\n${SPEC.replace("test('clean'", "test('three', () => { open('c.txt'); open('d.txt'); });\ntest('clean'")}`;
    const second = await run({ 'tests/open.ts': `\n\n\n${HELPER}`, 'tests/a.spec.ts': moved, 'tests/legacy/b.spec.ts': `\n${LEGACY}` });
    expect(second.found, second.stdout).toEqual(['one: 1 known', 'two: 1 known', 'two: 1 allowed', 'three: 2 new', 'old: 1 allowed']);
    expect(second).toMatchObject({ exitCode: 1, report: { baseline: { file: '../leak-baseline.json', leaks: 1, gone: [] } } });
    expect(second.report.gate.reasons).toEqual(['1 new leak', '4 leaks in all (budget 3)']);

    expect(leak('baseline')).toMatchObject({ status: 1, out: expect.stringContaining('Nothing was written') as string });
    expect(fs.readFileSync(path.join(suite, 'leak-baseline.json'), 'utf8')).toBe(baseline);
    expect(leak('baseline', '--add')).toMatchObject({ status: 0, out: expect.stringContaining('(2 → 4)') as string });
  });
});
