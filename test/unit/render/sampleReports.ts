import type { Finding } from '../../../src/core/finding.ts';
import { DEFAULT_CRITERIA } from '../../../src/core/criteria.ts';
import type { LeakReport, ReportTest } from '../../../src/core/report.ts';
import type { Scenario } from '../../../src/core/scenario.ts';

const KINDS = ['fd', 'process', 'handle', 'heap', 'browser', 'context', 'page', 'request', 'object'] as const;
const SUMMARIES: Readonly<Record<Finding['kind'], string>> = {
  fd: '/tmp/orders.csv is still open',
  process: 'process node worker.js (pid 4711) is still running',
  handle: 'server 127.0.0.1:34197 is still open',
  heap: 'heap grew by 24.0 MB',
  browser: 'browser chromium is still open',
  context: 'context 2 of chromium is still open',
  page: 'page http://127.0.0.1:8080/cart is still open',
  request: 'request context is not disposed',
  object: 'object editor cannot be collected',
};

export function finding(index: number, fields: Partial<Finding> = {}): Finding {
  const kind = KINDS[index % KINDS.length] ?? 'fd';
  const file = `area-${index % 40}/orders.spec.ts`;
  return {
    kind,
    severity: 'leak',
    status: 'new',
    fingerprint: (index * 2654435761).toString(16).padStart(16, '0').slice(0, 16),
    summary: SUMMARIES[kind],
    hint: 'close it in a finally block, or use fs.promises.readFile and writeFile, which close for you',
    count: 1,
    bytes: kind === 'heap' ? 24e6 : null,
    scope: 'test',
    origin: kind === 'heap' ? null : { file, line: 30 + (index % 50), column: 17 },
    stack: Array.from({ length: 8 }, (_, depth) => `at exportOrders${depth} (${file}:${30 + (index % 50) + depth * 4}:17)`),
    evidence: { type: 'file', label: '/tmp/orders.csv', path: '/tmp/orders.csv', fd: 20 + (index % 50), openedIn: 'test' },
    ...fields,
  };
}

export function test(index: number, fields: Partial<ReportTest> = {}): ReportTest {
  const file = `area-${index % 40}/orders.spec.ts`;
  return {
    id: `${index}-abcdef0123456789`,
    title: `exports the orders of customer ${index}`,
    titlePath: [file, 'Orders', `exports the orders of customer ${index}`],
    file,
    line: 12 + (index % 90),
    project: index % 5 === 4 ? 'firefox' : 'chromium',
    workerIndex: 0,
    retry: 0,
    status: 'passed',
    verdict: (fields.findings ?? []).some(({ severity }) => severity === 'leak') ? 'leak' : 'pass',
    overheadMs: 0.9,
    counts: { fds: 24, processes: 6, handles: 9, heapBytes: 44e6 },
    findings: [],
    notes: [],
    ...fields,
  };
}

export function scenario(fields: Partial<Scenario> = {}): Scenario {
  const noise = (index: number): number => Math.sin(index * 12.9898) * 40_000;
  const series = Array.from({ length: 50 }, (_, index) => ({
    iteration: index * 20,
    fds: 24 + Math.floor(index / 5),
    processes: 6,
    heapBytes: 44e6 + noise(index),
    p95Ms: 3 + Math.sin(index) * 0.4,
  }));
  const metric = { kind: 'count', minimumDetectable: 0, limit: 0 } as const;
  return {
    name: 'drawer',
    testId: '0-abcdef0123456789',
    iterations: 1000,
    warmUp: 20,
    verdict: 'leak',
    shape: 'linear',
    failed: true,
    reasons: ['fds grew by 1 every 100 iterations and still grow'],
    outcomes: [
      { name: 'fdsAboveStart', limit: 50, actual: 9, held: true, gates: true },
      { name: 'errorRate', limit: 0.01, actual: 0.002, held: true, gates: true },
      { name: 'zombies', limit: 0, actual: null, held: null, gates: true },
    ],
    metrics: [
      {
        ...metric,
        name: 'fds',
        verdict: 'leak',
        shape: 'linear',
        slopePerIteration: 0.01,
        low: 0.01,
        high: 0.01,
        first: 24,
        last: 33,
        reason: 'grows',
      },
      {
        ...metric,
        name: 'processes',
        verdict: 'pass',
        shape: 'flat',
        slopePerIteration: 0,
        low: 0,
        high: 0,
        first: 6,
        last: 6,
        reason: '',
      },
      {
        ...{ name: 'heapBytes', kind: 'bytes', verdict: 'pass', shape: 'noise', limit: 512, minimumDetectable: 130, reason: '' },
        ...{ slopePerIteration: 12, low: -80, high: 104, first: 44e6, last: 44.02e6 },
      },
    ],
    series,
    errors: { count: 2, rate: 0.002, unhandled: 0, messages: ['Error: the drawer did not open'] },
    latency: { p50Ms: 2.1, p95Ms: 3.4, degradation: 0.03 },
    criteria: DEFAULT_CRITERIA,
    findings: [finding(0, { count: 9 })],
    notes: [],
    ...fields,
  };
}

/** A report of these tests, with totals that fit them; workers as the tests name them. */
export function report(tests: readonly ReportTest[], fields: Partial<LeakReport> = {}): LeakReport {
  const findings = tests.flatMap((entry) => entry.findings);
  const leaks = (status: string): number => findings.filter((entry) => entry.severity === 'leak' && entry.status === status).length;
  const failed = leaks('new') > 0;
  return {
    schemaVersion: 1,
    verdict: failed ? 'leak' : 'pass',
    gate: { failed, reasons: failed ? [`${leaks('new')} new leaks`] : [], failOn: 'leak' },
    environment: {
      ...{ node: 'v20.20.2', playwright: '1.65.1', platform: 'linux' },
      detectors: [
        { name: 'fds', available: true },
        { name: 'processes', available: true },
        { name: 'handles', available: true },
        { name: 'page heap', available: false, reason: 'firefox: no CDP' },
      ],
    },
    run: { status: 'passed', durationMs: 72_000, outsideView: false, partial: null },
    baseline: null,
    budgets: [],
    totals: {
      ...{ results: tests.length, passed: tests.length, failed: 0, skipped: 0, flaky: 0, errors: 0, overheadMs: 0.9 },
      ...{ new: leaks('new'), known: leaks('known'), allowed: leaks('allowed') },
      late: findings.filter(({ severity }) => severity === 'late').length,
      inconclusive: tests.filter(({ verdict }) => verdict === 'inconclusive').length,
    },
    tests,
    workers: [...new Set(tests.map(({ workerIndex }) => workerIndex))].map((workerIndex) => ({
      ...{ workerIndex, pid: 4000 + workerIndex, ended: 'in order', findings: [], courses: {}, notes: [] },
    })),
    scenarios: [],
    notes: [],
    ...fields,
  };
}

/** Many tests over eight workers, some with a finding of their own; counts climb where something is left behind. */
export function largeReport(tests: number, findings: number): LeakReport {
  const every = Math.max(1, Math.floor(tests / Math.max(1, findings)));
  const held = new Map<number, number>();
  return report(
    Array.from({ length: tests }, (_, index) => {
      const workerIndex = index % 8;
      const leaks = index % every === 0 && index / every < findings;
      const fds = (held.get(workerIndex) ?? 24) + (leaks ? 1 : 0);
      held.set(workerIndex, fds);
      const counts = {
        fds,
        processes: 6 + (index % 3 === 0 ? 1 : 0),
        handles: 9 + (index % 7),
        heapBytes: 44e6 + index * 900 + (index % 11) * 2e5,
      };
      const own = finding(index, { summary: `/tmp/export-${index}.csv is still open` });
      return test(index, { workerIndex, counts, findings: leaks ? [own] : [] });
    }),
  );
}
