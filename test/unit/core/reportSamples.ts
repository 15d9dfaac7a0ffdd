import type { KnownLeak, NamedBaseline } from '../../../src/core/baseline.ts';
import type { ReportInput } from '../../../src/core/buildReport.ts';
import type { RecordedFinding, TestRecord } from '../../../src/core/record.ts';
import type { CollectedResult } from '../../../src/core/runPart.ts';
import { readJournal, type WorkerJournal } from '../../../src/core/workerJournal.ts';

/** A finding as a worker sends it. */
export function aFinding(id: string, fields: Partial<RecordedFinding> = {}): RecordedFinding {
  return {
    id,
    kind: 'fd',
    severity: 'leak',
    status: 'new',
    fingerprint: `f-${id}`,
    summary: '/tmp/orders.csv is still open',
    hint: 'close it in a finally block',
    count: 1,
    bytes: null,
    scope: 'test',
    origin: { file: '/suite/checkout.spec.ts', line: 45, column: 17 },
    stack: ['at exportOrders (/suite/checkout.spec.ts:45:17)'],
    evidence: { fd: 12 },
    ...fields,
  };
}

export function aRecord(findings: readonly RecordedFinding[] = [], fields: Partial<TestRecord> = {}): TestRecord {
  const verdict = findings.some((finding) => finding.severity === 'leak' && finding.status !== 'allowed') ? 'leak' : 'pass';
  return {
    version: 1,
    verdict,
    overheadMs: 1,
    counts: { fds: 24, processes: 6, handles: 9, heapBytes: 44e6 },
    findings,
    notes: [],
    ...fields,
  };
}

export function aResult(fields: Partial<CollectedResult> = {}): CollectedResult {
  return {
    id: 'id-1',
    title: 'exports the orders',
    titlePath: ['checkout.spec.ts', 'exports the orders'],
    file: '/suite/checkout.spec.ts',
    line: 41,
    project: 'chromium',
    workerIndex: 0,
    retry: 0,
    status: 'passed',
    record: aRecord(),
    problems: [],
    ...fields,
  };
}

export const START = JSON.stringify({ type: 'start', workerIndex: 0, pid: 7, detectors: [{ name: 'fds', available: true }] });
export const END = JSON.stringify({ type: 'end', findings: [], counts: { fds: 24, processes: 6, handles: 9, heapBytes: 1 }, notes: [] });

export function journals(...lines: readonly string[]): Map<number, WorkerJournal> {
  return new Map([[0, readJournal(0, lines.join('\n'))]]);
}

export function anInput(results: readonly CollectedResult[], fields: Partial<ReportInput> = {}): ReportInput {
  return {
    root: '/suite',
    failOn: 'leak',
    baseline: null,
    budgets: new Map(),
    environment: { node: 'v20.20.0', playwright: '1.65.1', platform: 'linux' },
    outsideDetectors: [{ name: 'handles', available: false, reason: 'outside' }],
    run: { status: 'passed', durationMs: 1234, partial: null },
    outcomes: { passed: results.length, failed: 0, skipped: 0, flaky: 0, errors: 0 },
    results,
    journals: journals(START, END),
    outside: { byResult: new Map(), byWorker: new Map(), observed: new Set() },
    notes: [],
    ...fields,
  };
}

/** A leak as a baseline knows it. */
export function aKnownLeak(fingerprint: string, fields: Partial<KnownLeak> = {}): KnownLeak {
  return {
    fingerprint,
    count: 1,
    kind: 'fd',
    summary: '/tmp/orders.csv is still open',
    origin: 'checkout.spec.ts',
    tests: ['[chromium] › checkout.spec.ts › exports the orders'],
    moreTests: 0,
    outside: false,
    ...fields,
  };
}

export function aBaseline(...leaks: readonly KnownLeak[]): NamedBaseline {
  return { name: 'leak-baseline.json', budgets: new Map(), leaks: new Map(leaks.map((leak) => [leak.fingerprint, leak])) };
}
