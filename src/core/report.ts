import type { BudgetOutcome } from './budgets.ts';
import { leakKey, type Finding, type Verdict } from './finding.ts';
import type { Counts, DetectorState } from './record.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioCause } from './scenarioCauses.ts';

/** What `report.json` contains: schema version 1, described in full by `leak/schema.json`. File names are relative to the Playwright root. */
export interface LeakReport {
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  readonly gate: { readonly failed: boolean; readonly reasons: readonly string[]; readonly failOn: string };
  readonly environment: ReportEnvironment;
  readonly run: ReportRun;
  /** What the run was held against; `null`: nothing. */
  readonly baseline: ReportBaseline | null;
  /** What the whole run was allowed to use, and what it used; empty without budgets. */
  readonly budgets: readonly BudgetOutcome[];
  readonly totals: ReportTotals;
  readonly tests: readonly ReportTest[];
  readonly workers: readonly ReportWorker[];
  readonly scenarios: readonly ReportScenario[];
  /** Sentences about the run as a whole: what could not be measured, read or written. */
  readonly notes: readonly string[];
}

/** Where merged shards differ, all that they say, separated by commas. */
export interface ReportEnvironment {
  readonly node: string;
  readonly playwright: string;
  readonly platform: string;
  readonly detectors: readonly DetectorState[];
}

export interface ReportRun {
  /** Playwright's own result, before the gate. */
  readonly status: 'passed' | 'failed' | 'timedout' | 'interrupted';
  readonly durationMs: number;
  /** Whether some or all workers could only be observed from outside, because their tests do not use the fixtures. */
  readonly outsideView: boolean;
  /** Why not every test of the suite ran to its end, as far as that is known; `null`: all did. */
  readonly partial: string | null;
}

export interface ReportBaseline {
  /** Relative to the Playwright root. */
  readonly file: string;
  /** Leaks that it knows. */
  readonly leaks: number;
  /** Those that the run no longer shows, or fewer of them. */
  readonly gone: readonly GoneLeak[];
}

/** A known leak that was looked for and is gone, or of which fewer are left. */
export interface GoneLeak {
  readonly fingerprint: string;
  readonly kind: string;
  readonly summary: string;
  /** How many the baseline knows. */
  readonly count: number;
  /** How many are left; 0: it is gone. */
  readonly found: number;
}

export interface ReportTotals {
  /** Results, a retried test counting once per attempt. */
  readonly results: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly flaky: number;
  /** Errors outside of any test. */
  readonly errors: number;
  readonly new: number;
  readonly known: number;
  readonly allowed: number;
  readonly late: number;
  readonly inconclusive: number;
  /** Median over the checked tests; `null` when none was checked. */
  readonly overheadMs: number | null;
}

/** Which result of which test it is, as Playwright tells it. */
export interface TestIdentity {
  readonly id: string;
  readonly title: string;
  readonly titlePath: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly project: string;
  readonly workerIndex: number;
  readonly retry: number;
  readonly status: string;
}

export interface ReportTest extends TestIdentity {
  readonly verdict: Verdict;
  readonly overheadMs: number | null;
  /** What its worker held when it ended; `null`: not measured. */
  readonly counts: Counts | null;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** Course of one counter over the tests of a worker. `samples` is thinned out to at most 40 values. */
export interface Course {
  readonly first: number;
  readonly last: number;
  readonly samples: readonly number[];
}

/** What hooks, worker fixtures and the run left behind. Index -1 stands for the run itself: global set-up and web servers. */
export interface ReportWorker {
  readonly workerIndex: number;
  readonly pid: number | null;
  /** `unknown`: the worker kept no journal. */
  readonly ended: 'in order' | 'died' | 'unknown';
  readonly findings: readonly Finding[];
  readonly courses: { readonly fds?: Course; readonly processes?: Course; readonly handles?: Course; readonly heapBytes?: Course };
  readonly notes: readonly string[];
}

/** A stability scenario with the id of its test and files relative to the root. */
export interface ReportScenario extends Scenario {
  /** Why it failed, with what the baseline knows of it; absent where no reporter has judged it. */
  readonly causes?: readonly ScenarioCause[];
}

/** What tests, workers and scenarios of a run came to. */
export type RunResults = Pick<LeakReport, 'tests' | 'workers' | 'scenarios'>;

/** Those of several runs, or of the shards of one. */
export function joinResults(runs: readonly RunResults[]): RunResults {
  return {
    tests: runs.flatMap(({ tests }) => tests),
    workers: runs.flatMap(({ workers }) => workers),
    scenarios: runs.flatMap(({ scenarios }) => scenarios),
  };
}

/** Every finding of the run, of tests and of workers. */
export function* allFindings(report: Pick<RunResults, 'tests' | 'workers'>): Generator<Finding> {
  for (const test of report.tests) yield* test.findings;
  for (const worker of report.workers) yield* worker.findings;
}

/**
 * The findings that totals count: all of tests, and of what hooks and workers leave only as many as the one worker that left most. How many
 * workers left the same depends on how many there were, and in how many shards.
 */
export function* countedFindings({ tests, workers }: Pick<RunResults, 'tests' | 'workers'>): Generator<Finding> {
  for (const test of tests) yield* test.findings;
  const counted = new Map<string, number>();
  for (const worker of workers) {
    const own = new Map<string, number>();
    for (const finding of worker.findings) {
      const key = leakKey(finding);
      const nth = (own.get(key) ?? 0) + 1;
      own.set(key, nth);
      if (nth <= (counted.get(key) ?? 0)) continue;
      counted.set(key, nth);
      yield finding;
    }
  }
}

/** A leak that no rule allows makes a verdict `leak`, known or new; an allowed or a late one does not. */
export function isLeak(finding: Finding): boolean {
  return finding.severity === 'leak' && finding.status !== 'allowed';
}
