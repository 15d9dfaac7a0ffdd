/**
 * Blobs of a made-up suite, as Playwright 1.65 and the leak reporter write them. Every fiftieth test leaks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildPart } from '../../src/core/runPart.ts';
import { encodeRecord } from '../../src/core/recordCodec.ts';
import { encodeShard, markKey, shardData, shardEntry } from '../../src/core/shard.ts';
import { readJournal } from '../../src/core/workerJournal.ts';
import { appendToZip } from '../../reporters/zipAppend.ts';

const TESTS_A_FILE = 25;
const LEAKY_EVERY = 50;
const WORKERS = 4;
const ROOT = '/suite/tests';
/** The first two are the least that any test makes with a fixture; all of them, a short test with a page. */
const STEPS = [
  'Before Hooks',
  'Fixture "context"',
  'Fixture "page"',
  'Navigate to "/shop"',
  'Click getByRole("button")',
  'Expect "toHaveText"',
];
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);

/**
 * @param {string} folder
 * @param {{ shards: number, tests: number, steps: number }} size tests of each shard, steps of each test, up to six
 */
export function generateBlobs(folder, { shards, tests, steps }) {
  mkdirSync(folder, { recursive: true });
  for (let shard = 1; shard <= shards; shard += 1) {
    const run = `00000000-0000-4000-8000-${String(shard).padStart(12, '0')}`;
    const results = Array.from({ length: tests }, (_, index) => resultOf((shard - 1) * tests + index));
    const file = path.join(folder, `report-${String(shard).padStart(String(shards).length, '0')}.zip`);
    writeFileSync(file, EMPTY_ZIP);
    const lines = eventsOf(run, { shard, shards, steps }, results).map((event) => JSON.stringify(event));
    appendToZip(file, 'report.jsonl', Buffer.from(`${lines.join('\n')}\n`));
    appendToZip(file, shardEntry(run), Buffer.from(encodeShard(dataOf(results, `${shard}/${shards}`))));
  }
}

function resultOf(index) {
  const name = `area-${Math.floor(index / TESTS_A_FILE)}/orders.spec.ts`;
  const file = `${ROOT}/${name}`;
  const title = `exports the orders of customer ${index}`;
  const line = 10 + (index % TESTS_A_FILE) * 12;
  const findings = index % LEAKY_EVERY === 0 ? [findingOf(index, file, line)] : [];
  const record = {
    version: 1,
    verdict: findings.length > 0 ? 'leak' : 'pass',
    overheadMs: 0.9,
    counts: { fds: 24 + (index % 3), processes: 6, handles: 9, heapBytes: 44_000_000 + index },
    findings,
    notes: [],
  };
  return {
    ...{ id: `${hex(Math.floor(index / TESTS_A_FILE))}-${hex(index)}`, title, titlePath: [name, 'Orders', title], file, line },
    ...{ project: 'chromium', workerIndex: index % WORKERS, retry: 0, status: 'passed', record, problems: [] },
  };
}

function findingOf(index, file, line) {
  return {
    ...{ id: `${index % WORKERS}-${index}`, kind: 'fd', severity: 'leak', status: 'new', fingerprint: `${hex(index % 500).slice(-16)}` },
    ...{ summary: `/tmp/export-${index}.csv is still open`, count: 1, bytes: null, scope: 'test' },
    hint: 'close it in a finally block, or use fs.promises.readFile and writeFile, which close for you',
    origin: { file, line: line + 4, column: 17 },
    stack: Array.from({ length: 8 }, (_, depth) => `at exportOrders${depth} (${file}:${line + 4 + depth}:9)`),
    evidence: {
      type: 'file',
      label: `/tmp/export-${index}.csv`,
      path: `/tmp/export-${index}.csv`,
      fd: 20 + (index % 50),
      openedIn: 'test',
    },
  };
}

function dataOf(results, place) {
  const detectors = ['fds', 'processes', 'handles', 'heap', 'objects', 'browser'].map((name) => ({ name, available: true }));
  const journals = Array.from({ length: WORKERS }, (_, workerIndex) => {
    const counts = { fds: 24, processes: 0, handles: 9, heapBytes: 44e6 };
    const start = { type: 'start', workerIndex, pid: 4000 + workerIndex, detectors };
    return [
      workerIndex,
      readJournal(workerIndex, `${JSON.stringify(start)}\n${JSON.stringify({ type: 'end', findings: [], counts, notes: [] })}\n`),
    ];
  });
  const outside = { byResult: new Map(), byWorker: new Map(), observed: new Set() };
  const part = buildPart({ root: ROOT, outsideDetectors: [], results, journals: new Map(journals), outside });
  const facts = {
    ...{ failOn: 'leak', baseline: null, budgets: new Map(), notes: [] },
    environment: { node: 'v20.20.2', playwright: '1.65.1', platform: 'linux' },
    run: { status: 'passed', durationMs: 60_000, partial: null },
    outcomes: { passed: results.length, failed: 0, skipped: 0, flaky: 0, errors: 0 },
  };
  return shardData(part, facts, { shard: place });
}

function eventsOf(run, { shard, shards, steps }, results) {
  const metadata = { actualWorkers: WORKERS, [markKey(run)]: { shard: { current: shard, total: shards }, group: '' } };
  const config = {
    ...{
      configFile: 'playwright.config.ts',
      globalTimeout: 0,
      maxFailures: 0,
      metadata,
      rootDir: ROOT,
      shard: { current: shard, total: shards },
    },
    ...{ version: '1.65.1', workers: WORKERS, globalSetup: null, globalTeardown: null, tags: [], webServer: null, failOnFlakyTests: false },
  };
  const pattern = [{ r: { source: '.*', flags: '' } }];
  const project = {
    ...{
      metadata,
      name: 'chromium',
      outputDir: '../test-results',
      repeatEach: 1,
      retries: 0,
      testDir: '',
      testIgnore: [],
      testMatch: pattern,
    },
    ...{ timeout: 30_000, suites: suitesOf(results), grep: pattern, grepInvert: [], dependencies: [], snapshotDir: '', use: {} },
  };
  return [
    { method: 'onBlobReportMetadata', params: { version: 2, userAgent: 'Playwright', shard: config.shard, pathSeparator: '/' } },
    { method: 'onConfigure', params: { config } },
    { method: 'onProject', params: { project } },
    { method: 'onBegin' },
    ...results.flatMap((result, index) => eventsOfTest(result, index, STEPS.slice(0, steps))),
    { method: 'onEnd', params: { result: { status: 'passed', startTime: 1_790_000_000_000, duration: 60_000 } } },
  ];
}

function suitesOf(results) {
  return [...groupBy(results)].map(([title, entries]) => ({
    title,
    location: { file: title, line: 0, column: 0 },
    entries: [
      {
        title: 'Orders',
        location: { file: title, line: 3, column: 6 },
        entries: entries.map((result) => ({
          ...{ testId: result.id, title: result.title, location: { file: title, line: result.line, column: 1 }, retries: 0, tags: [] },
          ...{ repeatEachIndex: 0, annotations: [] },
        })),
      },
    ],
  }));
}

function groupBy(results) {
  const groups = new Map();
  for (const result of results) groups.set(result.titlePath[0], [...(groups.get(result.titlePath[0]) ?? []), result]);
  return groups;
}

function eventsOfTest({ id: testId, titlePath: [name], line, workerIndex, record }, index, titles) {
  const id = hex(index).padStart(32, 'a');
  const startTime = 1_790_000_000_000 + index * 40;
  const steps = titles.flatMap((title, step) => {
    const own = `${id}-${step}`;
    const location = { file: name, line: line + step, column: 14 };
    const begin = {
      id: own,
      title,
      category: step < 3 ? 'fixture' : 'pw:api',
      startTime,
      location,
      ...(step === 2 ? { parentStepId: `${id}-0` } : {}),
    };
    return [
      { method: 'onStepBegin', params: { testId, resultId: id, step: begin } },
      { method: 'onStepEnd', params: { testId, resultId: id, step: { id: own, duration: 3 } } },
    ];
  });
  const annotations = [{ type: '_leak', description: encodeRecord(record) }];
  return [
    { method: 'onTestBegin', params: { testId, result: { id, retry: 0, workerIndex, parallelIndex: workerIndex, startTime } } },
    ...steps,
    {
      method: 'onTestEnd',
      params: {
        test: { testId, expectedStatus: 'passed', timeout: 30_000, annotations: [] },
        result: { id, duration: 38, status: 'passed', errors: [], annotations },
      },
    },
  ];
}

function hex(index) {
  return (BigInt(index + 1) * 0x9e3779b97f4a7c15n).toString(16).padStart(20, '0').slice(-20);
}
