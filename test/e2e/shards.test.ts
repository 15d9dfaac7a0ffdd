import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendToZip } from '../../reporters/zipAppend.ts';
import type { LeakReport } from '../../src/core/report.ts';
import { shardEntry } from '../../src/core/shard.ts';
import { createSuite, inheritedEnvironment, runPlaywright } from './runPlaywright.ts';

/** Every file has a worker of its own, so that workers are the same however the suite is sharded. */
const FIXTURES = `
import { test as base } from 'leak/fixtures';
export const test = base.extend<object, { part: string }>({ part: ['', { scope: 'worker', option: true }] });
`;

/** Leaks the file of Node itself, which is called the same wherever the suite lies. */
const FILES = {
  'package.json': '{}',
  'playwright.config.ts': `export default { workers: 1, reporter: [['blob'], ['leak', { failOn: 'inconclusive' }]] };`,
  'fixtures.ts': FIXTURES,
  'a.spec.ts': `import { test } from './fixtures';
import fs from 'node:fs';
test.use({ part: 'a' });
test('leaks', () => { fs.openSync(process.execPath); });
test('is clean', () => {});`,
  'b.spec.ts': `import { test } from './fixtures';
import fs from 'node:fs';
test.use({ part: 'b' });
let held = -1;
test.afterAll(() => { fs.closeSync(held); });
test('opens what its hook closes', () => { held = fs.openSync(process.execPath); });
test.skip('is skipped', () => {});`,
  'c.spec.ts': `import { test } from './fixtures';
import fs from 'node:fs';
test.use({ part: 'c' });
test.beforeAll(() => { fs.openSync(process.execPath); });
test('has a hook that leaks', () => {});
test('is allowed to', ({ leak }) => {
  leak.allow({ match: process.execPath, reason: 'held by the test' });
  fs.openSync(process.execPath);
});`,
  'd.spec.ts': `import { test } from '@playwright/test';
import fs from 'node:fs';
test('leaks unchecked', () => { fs.openSync(process.execPath); });`,
  // No test follows in that worker: from outside, it could not be told from one that runs at once.
  'd2.spec.ts': `import { test } from './fixtures';
test.use({ part: 'd2' });
test('is clean', () => {});`,
  'e.spec.ts': `import { test } from './fixtures';
import fs from 'node:fs';
test.use({ part: 'e' });
test('repeats what leaks', async ({ leak }) => {
  await leak.measure('drawer', () => { fs.openSync(process.execPath); }, { iterations: 20, warmUp: 2, earlyStop: false, extend: false });
});
test('is clean', () => {});`,
};

const cli = path.resolve(import.meta.dirname, '../../node_modules/@playwright/test/cli.js');
const suites: string[] = [];
let suite = '';
let whole: LeakReport;

beforeAll(async () => {
  suite = createSuite('shards');
  suites.push(suite);
  const blobs = path.join(suite, 'blobs-1');
  const run = await runPlaywright({ cwd: suite, args: [], files: FILES, env: { PLAYWRIGHT_BLOB_OUTPUT_DIR: blobs } });
  expect(run.exitCode, run.stdout).toBe(1);
  if (run.report === undefined) throw new Error(run.stdout);
  whole = run.report;
});
afterAll(() => {
  for (const folder of suites) fs.rmSync(folder, { recursive: true, force: true });
});

/** Runs one shard in a folder of its own, as on a machine of its own, and moves its blob into a folder of all. */
async function runShard(place: string, folder: string): Promise<void> {
  const cwd = createSuite('shard');
  suites.push(cwd);
  const own = path.join(cwd, 'blob');
  const { stdout } = await runPlaywright({
    cwd,
    args: [`--shard=${place}`],
    files: FILES,
    env: { PLAYWRIGHT_BLOB_OUTPUT_DIR: own },
  });
  fs.mkdirSync(path.join(suite, folder), { recursive: true });
  const [name, ...others] = fs.readdirSync(own);
  expect(others, stdout).toEqual([]);
  fs.renameSync(path.join(own, name ?? ''), path.join(suite, folder, name ?? ''));
}

interface Merged {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: LeakReport | null;
}

function merge(folder: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Merged {
  const output = path.join(suite, `merged-${folder}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'merge-reports', '--reporter=leak', ...args, folder], {
    cwd: suite,
    env: { ...inheritedEnvironment(), PLAYWRIGHT_LEAK_OUTPUT_DIR: output, ...env },
    encoding: 'utf8',
  });
  const file = path.join(output, 'report.json');
  return { status, stdout, stderr, report: fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as LeakReport) : null };
}

/** Where the shards ran, paths are other than here: Playwright wants to know which to write. */
const HERE = ['-c', 'playwright.config.ts'];

/** The events of one of the five shards, as the merge has unpacked them. */
function eventsOf(shard: number): string {
  const folder = path.join(suite, 'blobs-5');
  const texts = fs.readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return (
    texts.map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).find((text) => text.includes(`"shard":{"current":${shard},`)) ??
    ''
  );
}

/** A report without what differs between two runs of the same suite: times, sizes, pids, and numbers of descriptors. */
function lasting(report: LeakReport | null): unknown {
  const varying = [
    'overheadMs',
    'durationMs',
    'counts',
    'courses',
    'pid',
    'evidence',
    'series',
    'metrics',
    'latency',
    'reasons',
    'errors',
    'outcomes',
  ];
  const { reasons } = report?.gate ?? {};
  return {
    reasons,
    report: JSON.parse(JSON.stringify(report, (name, value: unknown) => (varying.includes(name) ? undefined : value))) as unknown,
  };
}

function expectWhole({ status, stdout, stderr, report }: Merged): void {
  expect(stderr).toBe('');
  expect(status, stdout).toBe(1);
  expect(lasting(report)).toEqual(lasting(whole));
  expect(stdout).toMatch(/GATE FAILED {2}.+ · \S+index\.html\n$/);
}

describe('one run of the suite', () => {
  it('has what the merges are measured by: leaks of tests, of a hook, seen from outside, of a scenario, and an allowed one', () => {
    expect(whole.tests.map(({ title, verdict, findings }) => [title, verdict, findings.length])).toEqual([
      ['leaks', 'leak', 1],
      ['is clean', 'pass', 0],
      ['opens what its hook closes', 'pass', 0],
      ['is skipped', 'pass', 0],
      ['has a hook that leaks', 'pass', 0],
      ['is allowed to', 'pass', 1],
      ['leaks unchecked', 'leak', 1],
      ['is clean', 'pass', 0],
      ['repeats what leaks', 'leak', expect.any(Number)],
      ['is clean', 'pass', 0],
    ]);
    expect(whole.workers.flatMap(({ workerIndex, findings }) => findings.map(({ scope }) => [workerIndex, scope]))).toEqual([[2, 'hook']]);
    expect(whole.scenarios).toHaveLength(1);
    expect(whole.run.outsideView).toBe(true);
  });
});

describe('merge-reports with the leak reporter', () => {
  it('gives from one blob what the run gave, and fails like it', () => {
    expectWhole(merge('blobs-1'));
  });

  it('has a baseline of its own without forgetting what the shards fail on', () => {
    const baseline = path.join(suite, 'former.json');
    fs.writeFileSync(baseline, JSON.stringify(whole));
    const { status, stdout, report } = merge('blobs-1', [], { PLAYWRIGHT_LEAK_BASELINE: baseline });
    expect(status, stdout).toBe(1);
    expect(report?.gate.failOn).toBe('inconclusive');
    expect(report?.gate.reasons[0]).toMatch(/known leaks$/);
  });

  it('gives the same from two shards on machines where the suite lies elsewhere', async () => {
    await Promise.all([runShard('1/2', 'blobs-2'), runShard('2/2', 'blobs-2')]);
    expectWhole(merge('blobs-2', HERE));
  });

  it('gives the same from five shards', async () => {
    await Promise.all([1, 3, 5].map((shard) => runShard(`${shard}/5`, 'blobs-5')));
    await Promise.all([2, 4].map((shard) => runShard(`${shard}/5`, 'blobs-5')));
    expectWhole(merge('blobs-5', HERE));
  });

  it('names what is missing, there twice, without leak data or of a newer release, and fails a gate on what is inconclusive', () => {
    const [from, folder] = [path.join(suite, 'blobs-5'), path.join(suite, 'blobs-odd')];
    fs.mkdirSync(folder);
    for (const [name, copy] of [
      ['report-1.zip', '1.zip'],
      ['report-2.zip', '2.zip'],
      ['report-2.zip', '2 (1).zip'],
      ['report-3.zip', '3.zip'],
    ] as const) {
      fs.copyFileSync(path.join(from, name), path.join(folder, copy));
    }
    const [, run = ''] = /"leak-run-([0-9a-f-]+)"/.exec(eventsOf(3)) ?? [];
    appendToZip(path.join(folder, '3.zip'), shardEntry(run), Buffer.from('{"format":2}'));
    const bare = path.join(folder, '4.zip');
    fs.writeFileSync(bare, Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]));
    appendToZip(bare, 'report.jsonl', Buffer.from(eventsOf(4).replaceAll('leak-run-', 'other-')));
    const { status, stdout, report } = merge('blobs-odd', HERE);
    expect(status, stdout).toBe(1);
    expect(report?.verdict).toBe('leak');
    expect(report?.totals).toMatchObject({ results: 10, passed: 9, skipped: 1, inconclusive: 1 });
    expect(report?.gate.reasons.slice(-5)).toEqual([
      '1 inconclusive test',
      '3 results from blobs without leak data',
      'shard 3 of 5 without its leak data',
      'shard 4 of 5 missing',
      'shard 5 of 5 missing',
    ]);
    expect(report?.notes).toEqual([
      '3 results come from blobs without leak data: what hooks closed or left behind there is not known. Run every shard with --reporter=blob,leak.',
      "Shard 3 of 5 is judged by its tests' records alone, without what hooks and workers closed or left behind: its leak data was written by a newer release of leak (format 2; this one reads format 1): use the same release in the shards and here.",
      'Shard 4 of 5, shard 5 of 5 are missing: there is no blob of them here, or one made without the leak reporter.',
      'The blob of shard 2 of 5 is here more than once, under different names: it counts once.',
    ]);
  });

  it('says which blob is cut off when Playwright cannot read it', () => {
    const folder = path.join(suite, 'blobs-cut');
    fs.cpSync(path.join(suite, 'blobs-1'), folder, { recursive: true });
    const blob = fs.readdirSync(folder).find((name) => name.endsWith('.zip')) ?? '';
    fs.truncateSync(path.join(folder, blob), 2000);
    const { status, stderr, report } = merge('blobs-cut');
    expect(status).toBe(1);
    expect(report).toBeNull();
    expect(stderr).toContain(`leak · There is no report, because Playwright cannot read all blobs: blobs-cut/${blob} is cut off.`);
  });
});
