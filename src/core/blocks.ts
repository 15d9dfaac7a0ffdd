import type { Point } from './statistics.ts';

/** A stretch of a series: its middle, and the level that most of its points reach at least. */
export interface Block {
  readonly x: number;
  readonly floor: number;
  readonly level: number;
}

/** Cuts a series into `count` stretches of equal length, in order. Fewer points than stretches give as many stretches as points. */
export function cut<T>(values: readonly T[], count: number): readonly (readonly T[])[] {
  const parts = Math.min(count, values.length);
  return Array.from({ length: parts }, (_, part) =>
    values.slice(Math.round((part * values.length) / parts), Math.round(((part + 1) * values.length) / parts)),
  );
}

/** The quantile `share` (0 to 1) of the values, without interpolation: for 0 the least of them. `NaN` for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Blocks of a series. `share` is the quantile that makes the floor: 0 for what is counted exactly, more where readings scatter. */
export function blocksOf(points: readonly Point[], count: number, share: number): readonly Block[] {
  return cut(points, count).map((part) => ({
    x: quantile(
      part.map(({ x }) => x),
      0.5,
    ),
    floor: quantile(
      part.map(({ y }) => y),
      share,
    ),
    level: quantile(
      part.map(({ y }) => y),
      0.5,
    ),
  }));
}
