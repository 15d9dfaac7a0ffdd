import type { Evidence, ResourceKind } from './resource.ts';
import type { Location } from './stack.ts';

export type FindingKind = ResourceKind | 'heap';

/** `leak`: still open after settling. `late`: closed by itself, after its test had ended. */
export type Severity = 'leak' | 'late';

/** `new` gates · `known`: in the baseline · `allowed`: a rule or a threshold covers it, or it may be meant to stay; its evidence says why. */
export type Status = 'new' | 'known' | 'allowed';

/** Whose life the resource outlived. */
export type Scope = 'test' | 'hook' | 'worker' | 'run';

/** Three, never two. `inconclusive`: it could not be decided here, and the reason is told. */
export type Verdict = 'pass' | 'leak' | 'inconclusive';

/** Equal for findings that are the same leak: one fingerprint, one severity and one status, wherever they were found. */
export function leakKey({ fingerprint, severity, status }: Pick<Finding, 'fingerprint' | 'severity' | 'status'>): string {
  return `${fingerprint} ${severity} ${status}`;
}

/** One leak, as it travels from worker to reporter and as it stands in `report.json` (there with paths relative to the root). */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly status: Status;
  /** Stable from run to run and when lines move: kind, type, file, function or test, source text; never a pid, a port or a line number. */
  readonly fingerprint: string;
  /** One line: what is open. No file positions; those are `origin`. */
  readonly summary: string;
  /** One sentence: what to do about it. */
  readonly hint: string;
  /** How many alike from the same place this finding stands for. */
  readonly count: number;
  readonly bytes: number | null;
  readonly scope: Scope;
  readonly origin: Location | null;
  /** V8 frames, nearest first, each starting with `at `. */
  readonly stack: readonly string[];
  readonly evidence: Evidence;
}
