/**
 * Feeds the built reporter with made-up test results and prints what that took, as JSON on stderr:
 * `node test/bench/reporterLoad.mjs <results> <findings> <output folder>`. A process of its own, so that its memory is the reporter's.
 */
import LeakReporter from '../../dist/reporters/leak.js';

const [results, findings] = process.argv.slice(2, 4).map(Number);
process.env.PLAYWRIGHT_LEAK_OUTPUT_DIR = process.argv[4];

const every = Math.floor(results / findings);
const project = { name: 'chromium' };

function recordOf(index) {
  const leaks = index % every === 0;
  const file = `/suite/tests/area-${index % 200}/some.spec.ts`;
  const finding = {
    id: `0-${index}`,
    kind: 'fd',
    severity: 'leak',
    status: 'new',
    fingerprint: `f${index % 500}`,
    count: 1,
    bytes: null,
    scope: 'test',
    summary: `/tmp/export-${index}.csv is still open`,
    hint: 'close it in a finally block, or use fs.promises.readFile',
    origin: { file, line: 45, column: 17 },
    stack: Array.from({ length: 12 }, (_, depth) => `at function${depth} (${file}:${depth + 1}:9)`),
    evidence: { type: 'file', label: `/tmp/export-${index}.csv`, path: `/tmp/export-${index}.csv`, fd: 20 + (index % 50) },
  };
  const counts = { fds: 24 + (index % 3), processes: 6, handles: 9, heapBytes: 44_000_000 + index };
  return JSON.stringify({
    version: 1,
    verdict: leaks ? 'leak' : 'pass',
    overheadMs: 0.9,
    counts,
    findings: leaks ? [finding] : [],
    notes: [],
  });
}

function testOf(index) {
  const file = `/suite/tests/area-${index % 200}/some.spec.ts`;
  const test = {
    id: `${index}-abcdef0123456789`,
    title: `does something of importance, number ${index}`,
    annotations: [],
    expectedStatus: 'passed',
    location: { file, line: (index % 900) + 1, column: 1 },
    repeatEachIndex: 0,
    titlePath: () => ['', 'chromium', file.slice('/suite/tests/'.length), 'a group', test.title],
    outcome: () => 'expected',
  };
  test.parent = { type: 'file', project: () => project, allTests: () => [test] };
  return test;
}

const reporter = new LeakReporter();
// The runner holds its tests whatever the reporter does: one stands for all.
const anyTest = { ...testOf(1), results: [{}] };
const suite = { allTests: () => new Array(results).fill(anyTest) };
reporter.onBegin({ rootDir: '/suite/tests', version: '0.0.0', fullyParallel: false }, suite);

const began = performance.now();
for (let index = 0; index < results; index += 1) {
  const result = {
    annotations: [{ type: '_leak', description: recordOf(index) }],
    workerIndex: index % 8,
    retry: 0,
    status: 'passed',
    duration: 10,
    startTime: new Date(),
    steps: [],
    errors: [],
    attachments: [],
    stdout: [],
    stderr: [],
  };
  const test = testOf(index);
  reporter.onTestBegin(test, result);
  reporter.onTestEnd(test, result);
}
const ended = performance.now();
await reporter.onEnd({ status: 'passed', duration: 1000, startTime: new Date() });
const written = performance.now();
console.error(JSON.stringify({ collectMs: ended - began, endMs: written - ended, peakMb: process.resourceUsage().maxRSS / 1024 }));
