import type { MetricJudgement } from './metric.ts';

/** Where in a run it is judged. A verdict that comes too early is wrong more often; what may be decided depends on this. */
export interface Look {
  /**
   * At least a quarter more iterations were done than planned. Only then, or at the final look, is growth called a leak: whatever has
   * stopped growing by the planned end, such as a cache of a thousand entries in a run of a thousand iterations, never is.
   */
  readonly beyondPlan: boolean;
  /** There will be no more iterations, and none are missing. */
  readonly final: boolean;
}

/** Share of the planned iterations from which a run has gone far enough beyond them. */
const BEYOND_PLAN = 1.25;

/** Share of a planned time from which a run that was cut short can show a leak. */
const TELLING_SHARE = 0.5;

/**
 * The look at a run that goes on.
 *
 * @param share Of what was planned that was done.
 */
export function lookAt(share: number): Look {
  return { beyondPlan: share >= BEYOND_PLAN, final: false };
}

/**
 * The look at a run that is over. One that was cut short is not judged like one that was to be so short. A number of iterations says by
 * when whatever fills is full, so before that no growth is called a leak; a time only says how long to watch, and from its half on growth
 * is called a leak where a look beyond the plan would call it one.
 *
 * @param share Of what was planned that was done.
 * @param byTime Whether a time was planned.
 */
export function lastLook(share: number, cutShort: boolean, byTime: boolean): Look {
  if (cutShort && share < 1) return { beyondPlan: byTime && share >= TELLING_SHARE, final: false };
  return { ...lookAt(share), final: true };
}

/** Shares of the planned iterations at which a run is looked at: two early ones, the planned end, and four in the extension. */
export const LOOKS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** Whether more iterations would change nothing: something leaks for certain, or nothing is open any more. */
export function isDecided(judgements: readonly MetricJudgement[]): boolean {
  return judgements.some(({ verdict, wantsMore }) => verdict === 'leak' && !wantsMore) || judgements.every(({ wantsMore }) => !wantsMore);
}
