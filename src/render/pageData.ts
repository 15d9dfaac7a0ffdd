import type { FindingKind, Scope, Severity, Status, Verdict } from '../core/finding.ts';
import type { LeakReport } from '../core/report.ts';
import type { Scenario } from '../core/scenario.ts';

/** Index into {@link PageData.strings}. */
export type StringIndex = number;

/**
 * What the HTML report carries, as JSON: the report without what nobody can look at. Findings are grouped, tests are columns, and texts
 * that repeat are kept once. All texts are harmless and short already: control and direction characters are visible escapes.
 */
export interface PageData {
  readonly summary: PageSummary;
  readonly strings: readonly string[];
  /** What gates first: new, known, late, allowed; in each by first appearance. */
  readonly findings: readonly PageFinding[];
  readonly tests: PageTests;
  readonly workers: readonly PageWorker[];
  readonly scenarios: readonly PageScenario[];
}

export interface PageSummary extends Pick<LeakReport, 'verdict' | 'gate' | 'environment' | 'run' | 'totals' | 'notes'> {
  /** What became of the baseline, in words; `null`: nothing, or there is none. */
  readonly gone: string | null;
}

export interface PageFinding {
  /** Unique in the page: the fingerprint, with a number where the same leak has findings of another status. */
  readonly id: string;
  readonly fingerprint: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly status: Status;
  readonly scope: Scope;
  readonly summary: string;
  readonly hint: StringIndex;
  readonly count: number;
  readonly bytes: number | null;
  readonly origin: { readonly file: StringIndex; readonly line: number; readonly column: number } | null;
  /** The origin's code frame; `null` when the source could not be read. */
  readonly frame: string | null;
  readonly stack: readonly StringIndex[];
  /** Of the first of them: name and value. */
  readonly evidence: readonly (readonly [name: StringIndex, value: string])[];
  /** Where it was found, in order. */
  readonly owners: readonly PageOwner[];
}

/** `test`: index of the test; `worker`: index into the workers. `summary` and `count` only where they differ from the group and from 1. */
export interface PageOwner {
  readonly test?: number;
  readonly worker?: number;
  readonly summary?: string;
  readonly count?: number;
}

/** The results in order, one array a column. */
export interface PageTests {
  /** Titles from the outermost group on, joined. */
  readonly title: readonly string[];
  readonly file: readonly StringIndex[];
  readonly line: readonly number[];
  readonly project: readonly StringIndex[];
  /** Index into {@link PageData.workers}. */
  readonly worker: readonly number[];
  readonly retry: readonly number[];
  readonly status: readonly StringIndex[];
  readonly verdict: readonly Verdict[];
  readonly overheadMs: readonly (number | null)[];
  /** Notes, joined; empty for most. */
  readonly note: readonly StringIndex[];
  readonly fds: readonly (number | null)[];
  readonly processes: readonly (number | null)[];
  readonly handles: readonly (number | null)[];
  /** In kilobytes: the page has no use for more. */
  readonly heapKb: readonly (number | null)[];
}

export interface PageWorker {
  readonly workerIndex: number;
  readonly pid: number | null;
  readonly ended: 'in order' | 'died' | 'unknown';
  readonly notes: readonly string[];
}

export interface PageScenario extends Omit<Scenario, 'findings'> {
  /** Index of its test; `null` when the report has no such test. */
  readonly test: number | null;
  readonly findings: readonly PageFinding[];
}
