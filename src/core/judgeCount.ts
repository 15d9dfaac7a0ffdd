import { blocksOf, cut } from './blocks.ts';
import type { Look } from './look.ts';
import { classifyShape } from './shape.ts';
import { median, theilSen, type Point, type Slope } from './statistics.ts';
import type { Trend } from './trend.ts';
import { condense, keepsGrowing, measure } from './windows.ts';

/** Two in each quarter: fewer cannot show that growth goes on. */
export const MIN_COUNTS = 8;

/** 99 % two-sided. */
const Z = 2.575829;

/** The slowest leak that is looked for, per iteration: one in each quarter of a thousand iterations. */
const SLOWEST = 1 / 250;

/** Growth that the last fifth must promise before the pace can be judged by it. */
const TELLING = 3;

/** A silence so much longer than any before it is no pause of a regular leak. */
const LONGER = 1.25;

/**
 * Judges what can be counted: descriptors, processes, DOM nodes.
 *
 * What counts is what survives: at each point the least that is reached from there to the end, so that what comes and goes does not
 * count. `leak` when more survives than the limit allows and some was added in every quarter of the run, in the last at no less than half
 * the pace of the one before: one in 250 iterations is seen in 1000. `pass` when no more survives than allowed, or growth is over (a
 * step, a plateau). Steps that are rarer than one in each quarter are not told from growth that ended.
 *
 * Where the count also falls, the slope and its interval decide together with the survivors.
 */
export function judgeCount(samples: readonly Point[], limit: number, look: Look): Trend {
  const first = samples[0];
  const last = samples.at(-1);
  const span = first === undefined || last === undefined ? 0 : last.x - first.x;
  if (samples.length < MIN_COUNTS || span <= 0) return undecided(samples, limit, look);
  const course = survivorsOf(samples);
  const swing = swingOf(samples);
  const slope = swing === 0 ? undefined : theilSen(condense(samples), Z);
  const leaks =
    (look.beyondPlan || look.final) &&
    (slope === undefined ? growsAllAlong(course, limit, look) : climbs(samples, course, limit, swing, slope, look));
  const kept = !leaks && (slope === undefined ? isOver(course, limit, look) : isBounded(samples, course, limit, swing, slope, look));
  const pace = course.total / course.iterations;
  const shown: Slope = slope ?? { slope: pace, low: pace, high: pace };
  return {
    verdict: leaks ? 'leak' : kept ? 'pass' : 'inconclusive',
    shape: leaks
      ? 'linear'
      : kept && course.total <= limit + swing
        ? swing > Math.max(limit, 1)
          ? 'noise'
          : 'flat'
        : classifyShape(samples, limit),
    slope: shown.slope,
    low: shown.low,
    high: shown.high,
    minimumDetectable: Math.max((Math.max(limit, 3) + 1) / span, (shown.high - shown.low) / 2),
    first: course.start,
    last: course.start + course.total,
    bound: limit,
    wantsMore: !leaks && !kept && !look.final,
    readings: samples.length,
  };
}

/** What survived, in the course of the run. */
interface Survivors {
  readonly start: number;
  readonly total: number;
  /** Iterations in which `total` was added: from the first reading of the first block to the first of the last. */
  readonly iterations: number;
  /** Added by each quarter, and by the last fifth. */
  readonly quarters: readonly number[];
  readonly lastFifth: number;
  /** Iterations since the last growth, and the longest stretch without any before that. */
  readonly silence: number;
  readonly longestBefore: number;
  /** The highest level, above the start, from which the count has come back. */
  readonly cameBackFrom: number;
}

function survivorsOf(samples: readonly Point[]): Survivors {
  const blocks = blocksOf(samples, 20, 0);
  // A count that only grows is at its least where its block begins.
  const starts = cut(samples, 20).map((part) => part[0]?.x ?? 0);
  const iterations = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  const floors = futureLeast(blocks.map(({ floor }) => floor));
  const start = floors[0] ?? 0;
  const at = (share: number): number => (floors[Math.round(share * (floors.length - 1))] ?? start) - start;
  const levels = futureLeast(samples.map(({ y }) => y));
  let since = samples[0]?.x ?? 0;
  let longestBefore = 0;
  for (const [index, { x }] of samples.entries()) {
    if (index === 0 || (levels[index] ?? 0) <= (levels[index - 1] ?? 0)) continue;
    longestBefore = Math.max(longestBefore, x - since);
    since = x;
  }
  let lowest = Number.POSITIVE_INFINITY;
  const cameBackFrom = samples.reduce((most, { y }, index) => {
    lowest = Math.min(lowest, y);
    return Math.max(most, Math.min(y - lowest, y - (levels[index] ?? y)));
  }, 0);
  return {
    start,
    total: at(1),
    iterations,
    quarters: [0.25, 0.5, 0.75, 1].map((share) => at(share) - at(share - 0.25)),
    lastFifth: at(1) - at(0.8),
    silence: (samples.at(-1)?.x ?? since) - since,
    longestBefore,
    cameBackFrom,
  };
}

/** Survivors in every quarter, and no slower towards the end. */
function growsAllAlong({ total, quarters, lastFifth }: Survivors, limit: number, look: Look): boolean {
  const [, second = 0, third = 0, fourth = 0] = quarters;
  if (total <= limit || quarters.some((gain) => gain < 1)) return false;
  // Each quarter less than half of the one before is a cache that fills up, however long its tail.
  if (fourth < third / 2 || (third < second / 2 && fourth < third)) return false;
  const expected = (third + fourth) * 0.4;
  if (look.final) return look.beyondPlan || expected < TELLING || lastFifth >= 0.6 * expected;
  return expected >= TELLING && lastFifth >= 0.6 * expected;
}

/** For counts that also fall: the slope is surely above the limit, in the last half too, and the survivors stand out from the scatter. */
function climbs(samples: readonly Point[], course: Survivors, limit: number, swing: number, slope: Slope, look: Look): boolean {
  const windows = slope.low <= 0 ? undefined : measure(condense(samples));
  if (windows === undefined) return false;
  // Before the end of what is possible, a fifth of the run must add more than scatter can feign: a cache's tail does not.
  const standsOut = look.final || (windows.half.slope * windows.span) / 5 >= 2 * swing;
  if (standsOut && keepsGrowing(windows, limit / windows.span, { ...look, final: false })) return true;
  return look.final && course.total >= 2 * swing && windows.half.low > 0 && growsAllAlong(course, limit, look);
}

/** No more survives than allowed; or growth has ended; or what is new lately has come and gone before. */
function isOver({ total, quarters, silence, longestBefore, cameBackFrom }: Survivors, limit: number, look: Look): boolean {
  const [, second = 0, third = 0, fourth = 0] = quarters;
  if (total <= limit || (total - fourth <= limit && cameBackFrom >= total)) return true;
  if (third + fourth <= 0 && (look.final || silence >= LONGER * longestBefore)) return true;
  return look.final && look.beyondPlan && fourth < third / 2 && third < second / 2;
}

/** For counts that also fall: whether so slow a growth as is looked for is ruled out, or there is none to be seen at the end. */
function isBounded(samples: readonly Point[], course: Survivors, limit: number, swing: number, slope: Slope, look: Look): boolean {
  const allowed = (high: number, iterations: number): boolean => high * iterations <= Math.max(limit, SLOWEST * iterations);
  const span = (samples.at(-1)?.x ?? 0) - (samples[0]?.x ?? 0);
  if (slope.low <= 0 && course.total <= limit + swing && (allowed(slope.high, span) || look.final)) return true;
  if (isOver(course, limit, look) && (look.final || slope.low <= 0)) return true;
  const half = theilSen(condense(samples.slice(samples.length >> 1)), Z);
  return half !== undefined && half.low <= 0 && (allowed(half.high, span / 2) || look.final);
}

/** By how much the count falls within a tenth of the run, as a rule: 0 where it only ever grows. */
function swingOf(samples: readonly Point[]): number {
  return median(
    cut(samples, 10).map((part, index, parts) => {
      let most = parts[index - 1]?.at(-1)?.y ?? Number.NEGATIVE_INFINITY;
      return part.reduce((fall, { y }) => {
        most = Math.max(most, y);
        return Math.max(fall, most - y);
      }, 0);
    }),
  );
}

/** At each place the least that comes from there on. */
function futureLeast(values: readonly number[]): readonly number[] {
  let least = Number.POSITIVE_INFINITY;
  return values
    .toReversed()
    .map((value) => (least = Math.min(least, value)))
    .reverse();
}

function undecided(samples: readonly Point[], limit: number, look: Look): Trend {
  return {
    verdict: 'inconclusive',
    shape: 'noise',
    slope: null,
    low: null,
    high: null,
    minimumDetectable: null,
    first: samples[0]?.y ?? null,
    last: samples.at(-1)?.y ?? null,
    bound: limit,
    wantsMore: !look.final,
    readings: samples.length,
  };
}
