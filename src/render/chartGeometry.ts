import { groupBy } from '../core/groupBy.ts';
import type { MetricKind } from '../core/metric.ts';

/** One value of a course. `y: null`: it was not measured there; the line has a gap. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number | null;
}

/** Size of the drawing, and the margins its axes need, in pixels. */
export interface ChartBox {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface ChartTick {
  readonly value: number;
  /** Where it lies, in pixels from the left or from the top. */
  readonly at: number;
}

/** A course laid out: paths for SVG, ticks, and where a value lies. */
export interface ChartGeometry {
  /** `d` of the line. */
  readonly line: string;
  /** `d` of the area below it, down to the bottom of the drawing. */
  readonly area: string;
  /** `d` of the band between the lowest and the highest, where there are more values than room; else empty. */
  readonly band: string;
  readonly xTicks: readonly ChartTick[];
  readonly yTicks: readonly ChartTick[];
  xOf(x: number): number;
  yOf(y: number): number;
}

/** Less than this is drawn as level: two of what is counted, a tenth of an amount, or noise would look like a mountain. */
const LEAST_COUNTS = 2;
const LEAST_SHARE = 0.1;
/** Pixels. */
const LONE_POINT = 6;
/** Pixels that one corner of a line needs: on fewer, ups and downs would fill the whole drawing. */
const STRETCH = 3;

/**
 * Lays out a course for a drawing in SVG, whatever draws it. Where there are more values than room, the line is their mean, and the band
 * reaches from the lowest to the highest, so that no peak is lost. `null` when there is no value at all.
 *
 * @param points in the order of their x
 * @example layOutChart([{ x: 0, y: 24 }, { x: 1, y: 26 }], box, 'count')?.line // 'M40 60L230 10'
 */
export function layOutChart(points: readonly ChartPoint[], box: ChartBox, kind: MetricKind): ChartGeometry | null {
  const known = points.filter((point): point is { x: number; y: number } => point.y !== null && Number.isFinite(point.y));
  const [first] = known;
  if (first === undefined) return null;
  const ends = known.reduce(({ low, high }, { y }) => ({ low: y < low ? y : low, high: y > high ? y : high }), {
    low: first.y,
    high: first.y,
  });
  const left = points[0]?.x ?? first.x;
  const right = points.at(-1)?.x ?? left;
  const { low, high } = spread(ends.low, ends.high, kind);
  const bottom = box.height - box.bottom;
  const plotWidth = Math.max(1, box.width - box.left - box.right);
  const xOf = (x: number): number => box.left + (right === left ? plotWidth / 2 : ((x - left) / (right - left)) * plotWidth);
  const yOf = (y: number): number => bottom - ((y - low) / (high - low)) * Math.max(1, bottom - box.top);
  const runs = unbroken(points).map((run) => stretches(run, xOf, plotWidth));
  const corners = runs.map((run) => widened(run.map(({ x, y }) => [xOf(x), yOf(y)] as const)).map(([x, y]) => `${pixel(x)} ${pixel(y)}`));
  const bands = runs
    .filter((run) => run.some(({ low: least, high: most }) => least < most))
    .map((run) => [
      ...run.map(({ x, high: most }) => `${pixel(xOf(x))} ${pixel(yOf(most))}`),
      ...[...run].reverse().map(({ x, low: least }) => `${pixel(xOf(x))} ${pixel(yOf(least))}`),
    ]);
  return {
    line: corners.map((run) => `M${run.join('L')}`).join(''),
    area: corners.map((run) => `M${run[0]?.split(' ')[0] ?? ''} ${String(bottom)}L${run.join('L')}V${String(bottom)}Z`).join(''),
    band: bands.map((run) => `M${run.join('L')}Z`).join(''),
    xTicks: niceSteps(left, right, Math.max(2, Math.floor(plotWidth / 90)), true).map((value) => ({ value, at: xOf(value) })),
    yTicks: niceSteps(low, high, Math.max(2, Math.floor((bottom - box.top) / 28)), kind === 'count').map((value) => ({
      value,
      at: yOf(value),
    })),
    xOf,
    yOf,
  };
}

/**
 * Round values between two bounds, at most about `count` of them, in steps of 1, 2 or 5 times a power of ten.
 *
 * @param whole whether only whole numbers make sense
 * @example niceSteps(23.2, 27.9, 4, true) // [24, 26]
 */
export function niceSteps(low: number, high: number, count: number, whole: boolean): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const size = whole ? Math.max(1, Math.round(step)) : step;
  const start = Math.ceil(low / size);
  const steps = Math.floor(high / size) - start;
  return Array.from({ length: steps + 1 }, (_, index) => Number(((start + index) * size).toPrecision(12)));
}

function spread(low: number, high: number, kind: MetricKind): { low: number; high: number } {
  const least = kind === 'count' ? LEAST_COUNTS : Math.max(Math.abs(low), Math.abs(high)) * LEAST_SHARE || 1;
  const missing = Math.max(0, least - (high - low)) / 2;
  // What cannot be negative needs no room below zero.
  const floor = low >= 0 ? Math.max(0, low - missing) : low - missing;
  return { low: floor, high: Math.max(high + missing, floor + least) };
}

function unbroken(points: readonly ChartPoint[]): { x: number; y: number }[][] {
  const runs: { x: number; y: number }[][] = [];
  let run: { x: number; y: number }[] = [];
  for (const { x, y } of points) {
    if (y !== null && Number.isFinite(y)) {
      run.push({ x, y });
      continue;
    }
    if (run.length > 0) runs.push(run);
    run = [];
  }
  return run.length > 0 ? [...runs, run] : runs;
}

/** Many values on few pixels: the middle of each stretch, and how far it reaches. */
interface Stretch {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** What stands on the same few pixels is one stretch; values that have room enough are one each. */
function stretches(run: readonly { x: number; y: number }[], xOf: (x: number) => number, plotWidth: number): readonly Stretch[] {
  if (run.length <= plotWidth / STRETCH) return run.map(({ x, y }) => ({ x, y, low: y, high: y }));
  const columns = groupBy(run, ({ x }) => Math.floor(xOf(x) / STRETCH));
  return [...columns.values()].map((points) => {
    const ys = points.map(({ y }) => y);
    return {
      x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
      y: ys.reduce((sum, y) => sum + y, 0) / ys.length,
      low: ys.reduce((a, b) => Math.min(a, b)),
      high: ys.reduce((a, b) => Math.max(a, b)),
    };
  });
}

/** A value between two gaps would be a line of no length. */
function widened(run: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const [only] = run;
  if (only === undefined || run.length > 1) return run;
  return [
    [only[0] - LONE_POINT / 2, only[1]],
    [only[0] + LONE_POINT / 2, only[1]],
  ];
}

/** A tenth of a pixel is enough. */
function pixel(value: number): string {
  return String(Math.round(value * 10) / 10);
}
