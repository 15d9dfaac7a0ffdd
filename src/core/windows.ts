import { cut } from './blocks.ts';
import { risesThroughout } from './floors.ts';
import { biggestJump, isClear } from './jump.ts';
import type { Look } from './look.ts';
import { level, median, scatter, theilSen, theilSenWithin, type Point, type Slope } from './statistics.ts';

/** Fewer readings cannot tell growth from a jump, a spike or a filling cache. */
export const MIN_READINGS = 16;

/** More are drawn together: a slope costs the square of their number. */
const MAX_POINTS = 64;

/** 98 % two-sided, 99 % on the side that decides: a run is looked at up to five times, and each look may err. */
const Z = 2.326348;

/** The slope of the whole series and of its later parts, each with its interval. */
export interface Windows {
  readonly points: readonly Point[];
  readonly span: number;
  readonly first: number;
  readonly last: number;
  readonly whole: Slope;
  readonly half: Slope;
  /** The third and the last quarter. */
  readonly third: Slope;
  readonly quarter: Slope;
  /** The whole without its biggest jump; absent when there is no clear one. */
  readonly within: Slope | undefined;
}

/** `undefined` for too few points, or when they all lie at the same iteration. */
export function measure(points: readonly Point[]): Windows | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < MIN_READINGS || last.x <= first.x) return undefined;
  const span = last.x - first.x;
  const half = since(points, first.x + span / 2, 8);
  const quarter = since(points, first.x + span * 0.75, 8);
  const jump = biggestJump(points);
  const slopes = [points, half, half.slice(0, Math.max(half.length - quarter.length, 3)), quarter].map((part) => theilSen(part, Z));
  const [whole, ofHalf, ofThird, ofQuarter] = slopes;
  if (whole === undefined || ofHalf === undefined || ofThird === undefined || ofQuarter === undefined) return undefined;
  return {
    points,
    span,
    first: level(points.slice(0, 3)),
    last: level(points.slice(-3)),
    whole,
    half: ofHalf,
    third: ofThird,
    quarter: ofQuarter,
    within: isClear(jump) ? theilSenWithin([points.slice(0, jump.at), points.slice(jump.at)], Z) : undefined,
  };
}

/**
 * Whether the series grows by surely more than `bound` per iteration, also without its biggest jump, and goes on doing so: in the last half,
 * to the end, and on its floor.
 */
export function keepsGrowing(windows: Windows, bound: number, look: Look): boolean {
  const { points, whole, within, half, quarter, third } = windows;
  const above = whole.low > bound && (within === undefined || (within.low > 0 && within.slope > bound / 2));
  if (!above && !(within !== undefined && within.low > bound)) return false;
  if (half.low <= 0 || half.slope <= bound || !risesThroughout(points)) return false;
  // A longer run has confirmed it and there is no more to come: it is enough that the end does not contradict.
  if (look.final && look.beyondPlan) return quarter.high > half.slope / 2;
  const seen = quarter.low > 0 || (quarter.slope * windows.span) / 4 > 6 * scatter(points);
  const even = seen && quarter.slope > half.slope / 2 && quarter.slope > 0.8 * third.slope;
  // What slows down as code, caches and pools settle would soon be below the bound: not a leak yet.
  const goesOn = quarter.slope * Math.min(1, quarter.slope / third.slope) > bound;
  return even && goesOn && keepsPaceToTheEnd(points, half.slope);
}

/** Whether the last tenth adds seven tenths at least of what the last half promises: a cache that is nearly full does not. */
function keepsPaceToTheEnd(points: readonly Point[], pace: number): boolean {
  const size = Math.max(3, Math.round(points.length / 20));
  const gap = Math.round(points.length / 20);
  const end = points.slice(-size);
  const before = points.slice(-2 * size - gap, -size - gap);
  const expected = pace * (median(end.map(({ x }) => x)) - median(before.map(({ x }) => x)));
  return level(end) - level(before) > 0.7 * expected;
}

/** The points from `x` on, and no fewer than `least` of the last. */
function since(points: readonly Point[], x: number, least: number): readonly Point[] {
  const at = points.findIndex((point) => point.x >= x);
  return points.slice(Math.min(at < 0 ? points.length : at, Math.max(0, points.length - least)));
}

/** At most 64 points, each the middle of its neighbours. */
export function condense(samples: readonly Point[]): readonly Point[] {
  if (samples.length <= MAX_POINTS) return samples;
  return cut(samples, MAX_POINTS).map((part) => ({ x: median(part.map(({ x }) => x)), y: level(part) }));
}
