import { cut } from './blocks.ts';
import { cameBack, fromLowest, risesThroughout } from './floors.ts';
import { biggestJump, type Jump } from './jump.ts';
import type { Look } from './look.ts';
import { classifyShape } from './shape.ts';
import { median, theilSen, theilSenWithin, type Point, type Slope } from './statistics.ts';
import type { Trend } from './trend.ts';

export interface ByteLimits {
  /** Limit of the slope. */
  readonly bytesPerIteration: number;
  /** Share of the first level by which the series may keep growing in all. */
  readonly growth: number;
}

/** Fewer readings cannot tell growth from a jump, a spike or a filling cache. */
export const MIN_READINGS = 16;

/** More are drawn together: the slope costs the square of their number. */
const MAX_POINTS = 100;

/** 98 % two-sided, 99 % on the side that decides: a run is looked at up to five times, and each look may err. */
const Z = 2.326348;

/** An upward jump that improves the fit so much (F statistic) is taken out; chance alone reaches it in about 1 % of straight lines. */
const CLEAR_JUMP = 12;

/** Relative growth is taken from this level at least: a tenth of next to nothing is nothing. */
const LEAST_BASE = 10_000_000;

/**
 * Judges memory, read after garbage collection and after the warm-up.
 *
 * `leak` when the slope is surely above the limit, with its biggest jump taken out as well; the last half is still growing at more than
 * the limit, the last tenth keeps that pace, and the floor rises throughout. `pass` when the slope is surely below the limit, or that of
 * the last half, or the series came back. Otherwise `inconclusive`.
 */
export function judgeBytes(samples: readonly Point[], limits: ByteLimits, look: Look): Trend {
  const points = fromLowest(condense(samples));
  const windows = measure(points);
  if (windows === undefined) return judgeFew(samples, limits, look);
  const limit = limits.bytesPerIteration;
  const relative = Math.min(limit, (limits.growth * Math.max(windows.first, LEAST_BASE)) / windows.span);
  const broken = look.beyondPlan || look.final ? [limit, relative].find((bound) => keepsGrowing(windows, bound, look)) : undefined;
  const basis = broken !== undefined ? strongest(windows) : bounded(windows, limit, look);
  const shown = basis ?? windows.whole;
  return {
    verdict: broken !== undefined ? 'leak' : basis !== undefined ? 'pass' : 'inconclusive',
    shape: broken !== undefined ? 'linear' : classifyShape(points, (relative * windows.span) / 4),
    slope: shown.slope,
    low: shown.low,
    high: shown.high,
    minimumDetectable: (shown.high - shown.low) / 2,
    first: windows.first,
    last: windows.last,
    bound: broken ?? limit,
    wantsMore: broken === undefined && basis === undefined && !look.final,
    readings: samples.length,
  };
}

/** The slope of the whole series and of its later parts, each with its interval. */
interface Windows {
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

function measure(points: readonly Point[]): Windows | undefined {
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
  const level = (part: readonly Point[]): number => median(part.map(({ y }) => y));
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

function keepsGrowing(windows: Windows, bound: number, look: Look): boolean {
  const { points, whole, within, half, quarter, third } = windows;
  const above = whole.low > bound && (within === undefined || (within.low > 0 && within.slope > bound / 2));
  if (!above && !(within !== undefined && within.low > bound)) return false;
  if (half.low <= 0 || half.slope <= bound || !risesThroughout(points)) return false;
  // A longer run has confirmed it and there is no more to come: it is enough that the end does not contradict.
  if (look.final && look.beyondPlan) return quarter.high > half.slope / 2;
  const even = quarter.low > 0 && quarter.slope > half.slope / 2 && quarter.slope > 0.7 * third.slope;
  return even && keepsPaceToTheEnd(points, half.slope);
}

/** Whether the last tenth adds seven tenths at least of what the last half promises: a cache that is nearly full does not. */
function keepsPaceToTheEnd(points: readonly Point[], pace: number): boolean {
  const size = Math.max(3, Math.round(points.length / 20));
  const gap = Math.round(points.length / 20);
  const end = points.slice(-size);
  const before = points.slice(-2 * size - gap, -size - gap);
  const expected = pace * (median(end.map(({ x }) => x)) - median(before.map(({ x }) => x)));
  return median(end.map(({ y }) => y)) - median(before.map(({ y }) => y)) > 0.7 * expected;
}

/** The slope that shows that the limit is kept; `undefined` when none does, or the later part contradicts it. */
function bounded(windows: Windows, limit: number, look: Look): Slope | undefined {
  const { points, whole, within, half, quarter } = windows;
  const rises = (slope: Slope): boolean => slope.slope > limit && (slope.low > 0 || !look.beyondPlan);
  if (!rises(half) || (look.final && within !== undefined)) {
    const kept = [whole, ...(within === undefined ? [] : [within])].find(({ high }) => high <= limit);
    if (kept !== undefined) return kept;
  }
  if (half.high <= limit && !rises(quarter)) return half;
  return (!rises(half) || look.final) && cameBack(points, limit, look.beyondPlan) ? whole : undefined;
}

function strongest({ whole, within }: Windows): Slope {
  return within !== undefined && within.low > whole.low ? within : whole;
}

/** Share of the limit that a few readings may have grown by, and the iterations after which scatter cannot hide the rest. */
const SMALL_GROWTH = 0.25;
const LONG_SPAN = 880;

/** Too few readings for a slope. They suffice where so little was added over so many iterations that a leak would stand out. */
function judgeFew(samples: readonly Point[], { bytesPerIteration: limit }: ByteLimits, look: Look): Trend {
  const first = samples[0];
  const last = samples.at(-1);
  const span = first === undefined || last === undefined ? 0 : last.x - first.x;
  const lowest = samples.reduce((least, { y }) => Math.min(least, y), Number.POSITIVE_INFINITY);
  const growth = last === undefined ? 0 : last.y - lowest;
  const small = samples.length >= 3 && span >= LONG_SPAN && growth <= SMALL_GROWTH * limit * span;
  return {
    verdict: small ? 'pass' : 'inconclusive',
    shape: small ? 'flat' : 'noise',
    slope: first === undefined || last === undefined || span <= 0 ? null : (last.y - first.y) / span,
    low: null,
    high: null,
    minimumDetectable: small ? limit : null,
    first: first?.y ?? null,
    last: last?.y ?? null,
    bound: limit,
    wantsMore: !small && !look.final,
    readings: samples.length,
  };
}

function isClear(jump: Jump | undefined): jump is Jump {
  return jump !== undefined && jump.strength > CLEAR_JUMP;
}

/** The points from `x` on, and no fewer than `least` of the last. */
function since(points: readonly Point[], x: number, least: number): readonly Point[] {
  const at = points.findIndex((point) => point.x >= x);
  return points.slice(Math.min(at < 0 ? points.length : at, Math.max(0, points.length - least)));
}

function condense(samples: readonly Point[]): readonly Point[] {
  if (samples.length <= MAX_POINTS) return samples;
  return cut(samples, MAX_POINTS).map((part) => ({ x: median(part.map(({ x }) => x)), y: median(part.map(({ y }) => y)) }));
}
