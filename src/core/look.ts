import type { MetricJudgement } from './metric.ts';

/** Where in a run it is judged. A verdict that comes too early is wrong more often; what may be decided depends on this. */
export interface Look {
  /**
   * At least a quarter more iterations were done than planned. Only then, or at the final look, is growth called a leak: whatever has
   * stopped growing by the planned end, such as a cache of a thousand entries in a run of a thousand iterations, never is.
   */
  readonly beyondPlan: boolean;
  /** There will be no more iterations. */
  readonly final: boolean;
}

/** Shares of the planned iterations at which a run is looked at: two early ones, the planned end, and four in the extension. */
export const LOOKS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** Whether more iterations would change nothing: something leaks for certain, or nothing is open any more. */
export function isDecided(judgements: readonly MetricJudgement[]): boolean {
  return judgements.some(({ verdict, wantsMore }) => verdict === 'leak' && !wantsMore) || judgements.every(({ wantsMore }) => !wantsMore);
}
