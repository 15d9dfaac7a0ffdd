import { blocksOf, cut } from './blocks.ts';
import type { Look } from './look.ts';
import { classifyShape } from './shape.ts';
import { median, theilSen, type Point, type Slope } from './statistics.ts';
import type { Trend } from './trend.ts';

/** Two in each quarter: fewer cannot show that growth goes on. */
export const MIN_COUNTS = 8;

/** More are drawn together for the slope; the growth itself is taken from all. */
const MAX_POINTS = 100;

/** 99 % two-sided. */
const Z = 2.575829;

/** Growth that the last fifth must promise before it is enough to judge the pace by it. */
const TELLING = 3;

/**
 * Judges what can be counted: descriptors, processes, DOM nodes.
 *
 * What counts is what survives: at each point the least that is reached from there to the end, so that what comes and goes does not
 * count. `leak` when more survives than the limit allows and some was added in every quarter of the run, in the last at no less than half
 * the pace of the one before: one in 250 iterations is seen in 1000. `pass` when no more survives than allowed, or nothing was added in
 * the last half (a step, a plateau). Steps that are rarer than one in each quarter are not told from growth that ended.
 *
 * Where the count also falls, that scatter is allowed for, and the slope must be above zero with 99 % confidence as well.
 */
export function judgeCount(samples: readonly Point[], limit: number, look: Look): Trend {
  const first = samples[0];
  const last = samples.at(-1);
  const span = first === undefined || last === undefined ? 0 : last.x - first.x;
  if (samples.length < MIN_COUNTS || span <= 0) return undecided(samples, limit, look);
  const floors = survivors(samples);
  const gained = quarters(floors);
  const total = (floors.at(-1) ?? 0) - (floors[0] ?? 0);
  const swing = scatterOf(samples);
  const slope = theilSen(condense(samples), Z);
  const rising = swing === 0 || (slope !== undefined && slope.low > 0);
  const exact = swing === 0 || slope === undefined;
  const leaks =
    total > limit + swing &&
    rising &&
    gained.every((gain) => gain >= 1) &&
    (look.beyondPlan || look.final) &&
    keepsPace(floors, gained, look);
  const kept = total <= limit || (total <= limit + swing && !rising) || hasEnded(gained, swing, samples, look);
  const shown: Slope = exact ? { slope: total / span, low: total / span, high: total / span } : slope;
  return {
    verdict: leaks ? 'leak' : kept ? 'pass' : 'inconclusive',
    shape: leaks
      ? 'linear'
      : kept && total <= limit + swing
        ? swing > Math.max(limit, 1)
          ? 'noise'
          : 'flat'
        : classifyShape(samples, limit),
    slope: shown.slope,
    low: shown.low,
    high: shown.high,
    minimumDetectable: Math.max((Math.max(limit, 3) + 1) / span, (shown.high - shown.low) / 2),
    first: floors[0] ?? null,
    last: floors.at(-1) ?? null,
    bound: limit,
    wantsMore: !leaks && !kept && !look.final,
    readings: samples.length,
  };
}

/** The least that is reached from each twentieth of the series to its end. */
function survivors(samples: readonly Point[]): readonly number[] {
  let least = Number.POSITIVE_INFINITY;
  return blocksOf(samples, 20, 0)
    .map(({ floor }) => floor)
    .reverse()
    .map((floor) => (least = Math.min(least, floor)))
    .reverse();
}

/** What each quarter added to the survivors. */
function quarters(floors: readonly number[]): readonly number[] {
  const at = (share: number): number => floors[Math.round(share * (floors.length - 1))] ?? 0;
  return [0.25, 0.5, 0.75, 1].map((share) => at(share) - at(share - 0.25));
}

function keepsPace(floors: readonly number[], gained: readonly number[], look: Look): boolean {
  const [, , third = 0, fourth = 0] = gained;
  if (fourth < third / 2) return false;
  const fifth = Math.round(0.8 * (floors.length - 1));
  const added = (floors.at(-1) ?? 0) - (floors[fifth] ?? 0);
  const expected = (third + fourth) * 0.4;
  if (expected < TELLING) return look.final;
  return added >= 0.6 * expected || (look.final && look.beyondPlan);
}

/** Whether growth is over: nothing in the last half, or each quarter added less than half of what the one before did. */
function hasEnded(gained: readonly number[], swing: number, samples: readonly Point[], look: Look): boolean {
  const [, second = 0, third = 0, fourth = 0] = gained;
  const half = samples.slice(samples.length >> 1);
  if (third + fourth <= 0) return true;
  if (swing > 0 && third + fourth <= swing) return (theilSen(condense(half), Z)?.low ?? 1) <= 0;
  return look.final && look.beyondPlan && fourth < third / 2 && third < second / 2;
}

/** By how much the count falls within a tenth of the run, as a rule: 0 where it only ever grows. */
function scatterOf(samples: readonly Point[]): number {
  return median(
    cut(samples, 10).map((part) => {
      let most = Number.NEGATIVE_INFINITY;
      return part.reduce((fall, { y }) => {
        most = Math.max(most, y);
        return Math.max(fall, most - y);
      }, 0);
    }),
  );
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

function condense(samples: readonly Point[]): readonly Point[] {
  if (samples.length <= MAX_POINTS) return samples;
  return cut(samples, MAX_POINTS).map((part) => ({ x: median(part.map(({ x }) => x)), y: median(part.map(({ y }) => y)) }));
}
