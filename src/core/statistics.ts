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

/** The middle `y` of points. */
export function level(points: readonly Point[]): number {
  return median(points.map(({ y }) => y));
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
  return theilSenWithin([points], z);
}

/**
 * One slope for several stretches with levels of their own: the median over the pairs within each stretch, so that what lies between
 * two stretches, such as a jump, does not count. The variances of the stretches add up (Hirsch, Slack and Smith 1982, for seasons).
 *
 * @returns `undefined` for fewer than three points or when no stretch has two different `x`.
 */
export function theilSenWithin(stretches: readonly (readonly Point[])[], z: number = Z_95): Slope | undefined {
  const total = stretches.reduce((count, { length: n }) => count + (n * (n - 1)) / 2, 0);
  const all = new Float64Array(total);
  let filled = 0;
  for (const points of stretches) {
    for (const [index, a] of points.entries()) {
      for (let later = index + 1; later < points.length; later += 1) {
        const b = points[later];
        if (b === undefined || a.x === b.x) continue;
        all[filled] = (b.y - a.y) / (b.x - a.x);
        filled += 1;
      }
    }
  }
  const slopes = all.subarray(0, filled).sort();
  if (filled === 0 || stretches.reduce((count, { length }) => count + length, 0) < 3) return undefined;
  const slope = ((slopes[(filled - 1) >> 1] ?? 0) + (slopes[filled >> 1] ?? 0)) / 2;
  const residuals = stretches.flatMap((points) => centered(points.map((point) => point.y - slope * point.x)));
  const correlation = Math.min(Math.max(lagOne(residuals), 0), 0.95);
  const kendall = stretches.reduce((sum, { length: n }) => sum + (n * (n - 1) * (2 * n + 5)) / 18, 0);
  const half = (z * Math.sqrt((kendall * (1 + correlation)) / (1 - correlation))) / 2;
  const center = (filled - 1) / 2;
  return {
    slope,
    low: slopes[Math.floor(center - half)] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil(center + half)] ?? Number.POSITIVE_INFINITY,
  };
}

function centered(values: readonly number[]): number[] {
  const middle = median(values);
  return values.map((value) => value - middle);
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

/**
 * Standard deviation of single readings around their course, whatever the course: from the differences of neighbours, by their median
 * absolute deviation, which a few spikes do not move. `NaN` for fewer than two points.
 */
export function scatter(points: readonly Point[]): number {
  const differences = points.slice(1).map((point, index) => point.y - (points[index]?.y ?? point.y));
  const middle = median(differences);
  return (1.4826 * median(differences.map((difference) => Math.abs(difference - middle)))) / Math.SQRT2;
}
