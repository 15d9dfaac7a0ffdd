import type { Verdict } from './finding.ts';
import type { Shape } from './shape.ts';

/** What a judge says of one series. */
export interface Trend {
  readonly verdict: Verdict;
  readonly shape: Shape;
  /** Per iteration, with its bounds; `null`: too few readings. Bounds may be infinite. */
  readonly slope: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The smallest slope that could have been seen. */
  readonly minimumDetectable: number | null;
  /** Level at the beginning and at the end. */
  readonly first: number | null;
  readonly last: number | null;
  /** The limit that decided: of the slope for bytes, of the whole growth for counts. */
  readonly bound: number;
  /** Whether more iterations could still change the verdict. */
  readonly wantsMore: boolean;
  readonly readings: number;
}
