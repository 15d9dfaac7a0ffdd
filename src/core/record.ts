import type { Finding, Verdict } from './finding.ts';
import type { RuleUse } from './ruleUse.ts';
import type { Selection } from './runCoverage.ts';
import type { Scenario } from './scenario.ts';

/**
 * Type of the hidden annotation a test's record travels in; Playwright's reporters leave out names that begin with `_`, but for `junit` and
 * `json`: the reporter takes it out when it has read it.
 */
export const RECORD_ANNOTATION = '_leak';

/** Environment variable that marks every process of one run; a worker's descendants inherit it with `TEST_WORKER_INDEX`. */
export const RUN_ID_VARIABLE = 'PLAYWRIGHT_LEAK_RUN_ID';

/** Environment variable with the folder in which workers write their journals (`worker-<index>.jsonl`); set by the reporter. */
export const RUN_DIRECTORY_VARIABLE = 'PLAYWRIGHT_LEAK_RUN_DIR';

/** How the name of that folder begins, for the workers that the process `runnerPid` forks. */
export function runFolderPrefix(runnerPid: number): string {
  return `leak-run-${String(runnerPid)}-`;
}

/** What a worker held at one moment: counts, and bytes of V8 heap with external memory. `null`: not measured here. */
export interface Counts {
  readonly fds: number | null;
  readonly processes: number | null;
  readonly handles: number | null;
  readonly heapBytes: number | null;
}

/** A finding on its way to the reporter. `id` is unique in the run, so that the worker can amend it after its test. */
export interface RecordedFinding extends Finding {
  readonly id: string;
}

/** What one test's check found, as JSON in the description of its `_leak` annotation. */
export interface TestRecord {
  readonly version: 1;
  readonly verdict: Verdict;
  /** Milliseconds this package cost the test, settling included only as far as it delayed a clean test. */
  readonly overheadMs: number;
  /** What the worker held when the test ended. */
  readonly counts: Counts;
  readonly findings: readonly RecordedFinding[];
  /** Stability scenarios of this test, in the order in which they ran; absent where there was none. */
  readonly scenarios?: readonly Scenario[];
  /** Which allow rules applied, and which of them matched something; absent without any. */
  readonly rules?: RuleUse;
  /** Which tests its process was asked for; absent where that is not known. */
  readonly selection?: Selection;
  /** How many leaks, and scenarios that do not hold, were left out because the record was too long; absent: none. */
  readonly lost?: number;
  /** Sentences: what could not be decided or was lost. */
  readonly notes: readonly string[];
}

export interface DetectorState {
  readonly name: string;
  readonly available: boolean;
  readonly reason?: string;
}

/** One line of a worker's journal. The journal is flushed line by line: what was found survives a killed worker. */
export type JournalEntry =
  | {
      readonly type: 'start';
      readonly workerIndex: number;
      readonly pid: number;
      readonly detectors: readonly DetectorState[];
    }
  /** A finding's resource was closed later. `by: 'hook'`: its owner closed it (no leak at all); `itself`: it is late. */
  | {
      readonly type: 'closed';
      readonly id: string;
      readonly by: 'hook' | 'itself';
      readonly afterMs: number;
    }
  /** What a scenario had measured by then, or its verdict: all there is of it when the worker is killed before the test has its record. */
  | {
      readonly type: 'scenario';
      readonly testId: string;
      readonly retry: number;
      readonly scenario: Scenario;
    }
  /** The worker ended in order, with what its hooks, worker fixtures and the worker itself left behind. */
  | {
      readonly type: 'end';
      readonly findings: readonly RecordedFinding[];
      readonly counts: Counts;
      readonly rules?: RuleUse;
      readonly notes: readonly string[];
    };
