import type { Verdict } from './finding.ts';
import type { Shape } from './shape.ts';

/** What a metric counts in. `ratio`: a share, 0 to 1. */
export type MetricKind = 'count' | 'bytes' | 'milliseconds' | 'ratio';

/** How one metric of a scenario is judged. */
export type MetricRule =
  /** `limit`: growth that is allowed over the whole run after the warm-up. For what can be counted exactly. */
  | { readonly kind: 'count'; readonly limit: number }
  /** `bytesPerIteration`: limit of the slope. `growth`: share of its first level by which the series may grow in all; 0.1 is 10 %. */
  | { readonly kind: 'bytes'; readonly bytesPerIteration: number; readonly growth: number };

/** What is said of one metric. Numbers are finite; `null` stands for what could not be estimated, such as an interval of two samples. */
export interface MetricVerdict {
  /** Name of the metric, the same as in the series: `fds`, `heapBytes`. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly verdict: Verdict;
  readonly shape: Shape;
  /** Growth per iteration, in units of the metric. */
  readonly slopePerIteration: number | null;
  /** Bounds of the slope: each holds with 99 % confidence. Equal for what is counted exactly. */
  readonly low: number | null;
  readonly high: number | null;
  /** The smallest growth per iteration that could have been seen. */
  readonly minimumDetectable: number | null;
  /** Level at the beginning (after the warm-up) and at the end. */
  readonly first: number | null;
  readonly last: number | null;
  /** Bytes: the limit of the slope, per iteration. Counts: the growth that is allowed in all. `null`: no limit was set. */
  readonly limit: number | null;
  /** One sentence for people: what was seen, and why that is the verdict. */
  readonly reason: string;
}

/** A verdict at one look, and whether more iterations could still change it. */
export interface MetricJudgement extends MetricVerdict {
  readonly wantsMore: boolean;
}
