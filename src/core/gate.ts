import type { Finding } from './finding.ts';
import type { ReportScenario } from './report.ts';
import { describeFailure } from './scenario.ts';
import { plural } from './wording.ts';

/**
 * What fails the run.
 *
 * - `leak`: every leak that no rule allows, whether it is in the baseline or not, and every stability scenario that failed.
 * - `new`: only leaks and failed scenarios that are not in the baseline.
 * - `inconclusive`: as `leak`, and tests and scenarios that could not be judged, and shards that are missing.
 * - `never`: nothing; the report is only information.
 *
 * Late findings never gate.
 */
export type FailOn = 'leak' | 'new' | 'inconclusive' | 'never';

export const FAIL_ON: readonly FailOn[] = ['leak', 'new', 'inconclusive', 'never'];

/** What fails a run where nobody said. `null`: there is no baseline. */
export function defaultFailOn(baseline: object | null): FailOn {
  return baseline === null ? 'leak' : 'new';
}

/** Leaks by status, late findings and tests that could not be judged. What the gate decides on. */
export interface Tally {
  readonly new: number;
  readonly known: number;
  readonly allowed: number;
  readonly late: number;
  readonly inconclusive: number;
}

export interface Gate {
  readonly failed: boolean;
  /** Empty when the gate holds; else what broke it: `2 new leaks`. */
  readonly reasons: readonly string[];
}

/** Counts findings by what the gate asks of them. */
export function tally(findings: Iterable<Finding>, inconclusive: number): Tally {
  const counts = { new: 0, known: 0, allowed: 0, late: 0, inconclusive };
  for (const finding of findings) counts[finding.severity === 'late' ? 'late' : finding.status] += 1;
  return counts;
}

/** Scenarios and expired rules named in the reasons; of more scenarios only the number is. */
const MAX_NAMED = 5;

/**
 * Decides the gate. A scenario that failed is known only when every cause of it is.
 *
 * @param more What else fails the run: rules that expired, budgets that did not hold.
 * @param gaps Parts of the run of which not all is known, in a few words each.
 */
export function judgeGate(
  counts: Tally,
  failOn: FailOn,
  scenarios: readonly ReportScenario[] = [],
  more: readonly string[] = [],
  gaps: readonly string[] = [],
): Gate {
  const reasons: string[] = [];
  if (failOn !== 'never') {
    if (counts.new > 0) reasons.push(plural(counts.new, 'new leak'));
    reasons.push(...more);
    if (failOn !== 'new' && counts.known > 0) reasons.push(plural(counts.known, 'known leak'));
    const failed = scenarios.filter((scenario) => scenario.failed && !isKnownFailure(scenario));
    reasons.push(...failed.slice(0, MAX_NAMED).map(describeFailure));
    if (failed.length > MAX_NAMED) reasons.push(`${plural(failed.length - MAX_NAMED, 'more scenario')} failed`);
    const known = scenarios.filter(isKnownFailure).length;
    if (failOn !== 'new' && known > 0) reasons.push(`${plural(known, 'known scenario')} failed`);
    if (failOn === 'inconclusive' && counts.inconclusive > 0) reasons.push(inconclusiveTests(counts.inconclusive));
    if (failOn === 'inconclusive') reasons.push(...gaps);
  }
  return { failed: reasons.length > 0, reasons };
}

/** The reason of a gate that does not hold because of tests that could not be judged. */
export function inconclusiveTests(count: number): string {
  return plural(count, 'inconclusive test');
}

/** Whether a scenario failed only for causes that the baseline knows. */
export function isKnownFailure({ failed, causes = [] }: ReportScenario): boolean {
  return failed && causes.length > 0 && causes.every(({ status }) => status === 'known');
}
