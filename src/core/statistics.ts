/** One observation: `x` is an index (a test, an iteration), `y` what was measured there. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A slope in units of `y` per unit of `x`, with its confidence interval. */
export interface Slope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** Middle value; the mean of the two middle ones for an even count. `NaN` for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** 97.5 % quantile of the standard normal distribution: two-sided 95 %. */
const Z_95 = 1.959964;

/**
 * Theil–Sen slope: the median of the slopes of all pairs. One point in four may lie anywhere without moving it.
 *
 * The interval is Sen's (1968), from the variance of Kendall's S, n(n−1)(2n+5)/18, widened for observations that resemble their
 * predecessor: the variance is multiplied by (1+r)/(1−r), r being the lag-1 autocorrelation of the residuals when positive.
 *
 * @param z Quantile of the normal distribution for the interval; 95 % two-sided when absent.
 * @returns `undefined` for fewer than three points or when all `x` are equal. O(n² log n): thin out long series before.
 */
export function theilSen(points: readonly Point[], z: number = Z_95): Slope | undefined {
  const n = points.length;
  const slopes: number[] = [];
  points.forEach((a, index) => {
    for (const b of points.slice(index + 1)) if (a.x !== b.x) slopes.push((b.y - a.y) / (b.x - a.x));
  });
  if (n < 3 || slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  const slope = median(slopes);
  const residuals = points.map((point) => point.y - slope * point.x);
  const correlation = Math.min(Math.max(lagOne(residuals), 0), 0.95);
  const variance = ((n * (n - 1) * (2 * n + 5)) / 18) * ((1 + correlation) / (1 - correlation));
  const half = (z * Math.sqrt(variance)) / 2;
  const center = (slopes.length - 1) / 2;
  return {
    slope,
    low: slopes[Math.floor(center - half)] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil(center + half)] ?? Number.POSITIVE_INFINITY,
  };
}

/** Autocorrelation of each value with its successor, −1 to 1; 0 for fewer than three values or a constant series. */
export function lagOne(values: readonly number[]): number {
  if (values.length < 3) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let products = 0;
  let squares = 0;
  let previous: number | undefined;
  for (const value of values) {
    const deviation = value - mean;
    squares += deviation * deviation;
    if (previous !== undefined) products += previous * deviation;
    previous = deviation;
  }
  return squares === 0 ? 0 : products / squares;
}
