import { expect, test } from 'vitest';
import { lagOne, median, theilSen } from '../../../src/core/statistics.ts';

test('the median is the middle value, or the mean of the two middle ones', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('the slope of a straight line is exact, and its interval contains nothing else', () => {
  const line = Array.from({ length: 12 }, (_, x) => ({ x, y: 5 + 3 * x }));
  expect(theilSen(line)).toEqual({ slope: 3, low: 3, high: 3 });
});

test('an outlier does not move the slope', () => {
  const line = Array.from({ length: 12 }, (_, x) => ({ x, y: x === 6 ? 1e9 : 2 * x }));
  expect(theilSen(line)?.slope).toBe(2);
});

// Sen's interval for y = 10, 13, 11, 16, 15, 19 at x = 0 … 5, by hand: S's deviation √(6·5·17/18) = 5.323, C = 1.96 · 5.323 = 10.43 of
// 15 slopes, so that the interval reaches from the 2nd to the 14th: index 7 ± 5.22, rounded outwards.
test('the interval is made of the ranks that Sen gives', () => {
  const ys = [10, 13, 11, 16, 15, 19];
  const slopes = ys.flatMap((a, i) => ys.slice(i + 1).map((b, j) => (b - a) / (j + 1))).sort((a, b) => a - b);
  const result = theilSen(ys.map((y, x) => ({ x, y })));
  expect(result?.slope).toBe(slopes[7]);
  expect(result?.low).toBe(slopes[1]);
  expect(result?.high).toBe(slopes[13]);
});

test('observations that resemble their predecessor widen the interval', () => {
  const waves = Array.from({ length: 40 }, (_, x) => ({ x, y: x + 20 * Math.sin(x / 6) }));
  const jagged = Array.from({ length: 40 }, (_, x) => ({ x, y: x + 20 * Math.sin(x * 2.5) }));
  const width = (slope: ReturnType<typeof theilSen>) => (slope?.high ?? 0) - (slope?.low ?? 0);
  expect(lagOne(waves.map(({ x, y }) => y - x))).toBeGreaterThan(0.8);
  expect(width(theilSen(waves))).toBeGreaterThan(2 * width(theilSen(jagged)));
});

test('fewer than three points, or points above each other, have no slope', () => {
  expect(
    theilSen([
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]),
  ).toBeUndefined();
  expect(
    theilSen([
      { x: 1, y: 0 },
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ]),
  ).toBeUndefined();
});

test('the autocorrelation of an alternating series is negative, of a constant one zero', () => {
  expect(lagOne([1, -1, 1, -1, 1, -1])).toBeLessThan(-0.7);
  expect(lagOne([5, 5, 5, 5])).toBe(0);
});
