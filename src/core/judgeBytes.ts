import { MIN_COUNTS } from './judgeCount.ts';
import { enlargements, type Enlargements } from './enlargements.ts';
import { cameBack, fromLowest, sinceLowest } from './floors.ts';
import type { Look } from './look.ts';
import { classifyShape } from './shape.ts';
import type { Point, Slope } from './statistics.ts';
import type { Trend } from './trend.ts';
import { condense, keepsGrowing, measure, type Windows } from './windows.ts';

export interface ByteLimits {
  /** Limit of the slope. */
  readonly bytesPerIteration: number;
  /** Share of the first level by which the series may keep growing in all. */
  readonly growth: number;
}

/** Relative growth is taken from this level at least: a tenth of next to nothing is nothing. */
const LEAST_BASE = 10_000_000;

/**
 * Judges memory, read after garbage collection and after the warm-up.
 *
 * `leak` when the slope is surely above the limit, with its biggest jump taken out as well; the last half is still growing at more than
 * the limit, the last tenth keeps that pace, and the floor rises throughout. `pass` when the slope is surely below the limit, or that of
 * the last half, or the series came back. Otherwise `inconclusive`, as what is enlarged step by step is until the run is over.
 */
export function judgeBytes(samples: readonly Point[], limits: ByteLimits, look: Look): Trend {
  const points = fromLowest(condense(samples));
  const windows = measure(points);
  if (windows === undefined) return judgeFew(samples, limits, look);
  const limit = limits.bytesPerIteration;
  const relative = Math.min(limit, (limits.growth * Math.max(windows.first, LEAST_BASE)) / windows.span);
  const steps = enlargements(points, limit * windows.span);
  const grown = look.beyondPlan || look.final ? [limit, relative].find((bound) => keepsGrowing(windows, bound, look)) : undefined;
  const broken = grown ?? (steps !== undefined && look.final && goesOn(steps, windows) ? limit : undefined);
  const basis = broken !== undefined ? strongest(windows) : steps !== undefined ? undefined : bounded(windows, limit, look);
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

/** Whether a table was enlarged again and again, and in the last half too: after an extension, that is after whatever fills was full. */
function goesOn({ lastAt, count }: Enlargements, { span }: Windows): boolean {
  return count >= 3 && lastAt > span / 2;
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

/** Iterations after which a few readings can show that memory holds, for scatter cannot hide what a leak would have added. */
export const LONG_SPAN = 880;

/**
 * Share of the limit that a few readings may have grown by from anywhere, and from the lowest on when that is where they began. A reading
 * that is a bound has garbage in it: whatever is not above the limit was none of a leak's.
 */
const SMALL_GROWTH = 0.25;
const SMALL_SLOPE = 0.75;

/** Whether so little was added since the lowest of a few readings, over so many iterations, that a leak would stand out. */
export function standsStill(samples: readonly Point[], limit: number): boolean {
  const [first] = samples;
  const last = samples.at(-1);
  const rise = sinceLowest(samples);
  if (first === undefined || last === undefined || rise === undefined || samples.length < 3) return false;
  const span = last.x - first.x;
  return span >= LONG_SPAN && rise.y <= limit * Math.max(SMALL_GROWTH * span, SMALL_SLOPE * rise.x);
}

/** How many times its limit a growth must exceed from each of a few readings to the next to be called a leak without a slope. */
const PLAIN_GROWTH = 4;

/**
 * The paces between a few readings, if memory grew from each to the next by far more than it may: nothing that fills or settles does that
 * to the end.
 */
function plainGrowth(samples: readonly Point[], limit: number): readonly number[] | undefined {
  const paces = samples.slice(1).flatMap(({ x, y }, index) => {
    const before = samples[index];
    return before === undefined ? [] : [(y - before.y) / (x - before.x)];
  });
  return samples.length >= MIN_COUNTS && paces.every((pace) => pace > PLAIN_GROWTH * limit) ? paces : undefined;
}

/** Too few readings for a slope. */
function judgeFew(samples: readonly Point[], { bytesPerIteration: limit }: ByteLimits, look: Look): Trend {
  const [first] = samples;
  const last = samples.at(-1);
  const span = first === undefined || last === undefined ? 0 : last.x - first.x;
  const small = standsStill(samples, limit);
  const paces = look.beyondPlan || look.final ? plainGrowth(samples, limit) : undefined;
  const grows = !small && paces !== undefined && span >= LONG_SPAN;
  return {
    verdict: small ? 'pass' : grows ? 'leak' : 'inconclusive',
    shape: small ? 'flat' : grows ? 'linear' : 'noise',
    slope: first === undefined || last === undefined || span <= 0 ? null : (last.y - first.y) / span,
    low: grows ? Math.min(...paces) : null,
    high: grows ? Math.max(...paces) : null,
    minimumDetectable: small ? limit : null,
    first: first?.y ?? null,
    last: last?.y ?? null,
    bound: limit,
    wantsMore: !small && !grows && !look.final,
    readings: samples.length,
  };
}
