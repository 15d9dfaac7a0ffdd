import { expect, test } from 'vitest';
import { judgeHeapTrend, type HeapTrend } from '../../../src/core/heapTrend.ts';

const MB = 1_000_000;
const LIMITS = { thresholdBytes: 10 * MB, bytesPerTest: 10_000 };
const SEEDS = 200;

/** mulberry32: a small seeded generator, uniform in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Shape = (progress: number, next: () => number) => number;

/** Samples every few tests with noise: uniform and an occasional lump of garbage that a weak reference held back. */
function judge(shape: Shape, seed: number, count = 40): HeapTrend {
  const next = random(seed);
  const samples = Array.from({ length: count }, (_, index) => ({
    x: index * 5,
    y: 48 * MB + shape(index / (count - 1), next) + next() * 0.6 * MB + (next() < 0.05 ? 4 * MB : 0),
  }));
  return judgeHeapTrend(samples, LIMITS);
}

function leaks(shape: (seed: number) => Shape, count?: number): number {
  return Array.from({ length: SEEDS }, (_, seed) => judge(shape(seed), seed + 1, count)).filter(({ verdict }) => verdict === 'leak').length;
}

test.each([
  ['a flat heap', (): Shape => () => 0],
  [
    'one step, anywhere',
    (seed: number): Shape =>
      (p) =>
        p > (seed % 10) / 10 ? 25 * MB : 0,
  ],
  [
    'two steps',
    (seed: number): Shape =>
      (p) =>
        (p > (seed % 5) / 10 ? 15 * MB : 0) + (p > 0.5 + (seed % 4) / 10 ? 15 * MB : 0),
  ],
  [
    'small growth with one step in it',
    (seed: number): Shape =>
      (p) =>
        8 * MB * p + (p > (seed % 10) / 10 ? 25 * MB : 0),
  ],
  ['a cache that fills up in the first half', (): Shape => (p) => 30 * MB * Math.min(1, p / 0.5)],
  [
    'a cache that fills up exponentially',
    (seed: number): Shape =>
      (p) =>
        30 * MB * (1 - Math.exp(-p * (6 + (seed % 6)))),
  ],
  [
    'a sawtooth',
    (seed: number): Shape =>
      (p) =>
        20 * MB * ((p * (2 + (seed % 7))) % 1),
  ],
  [
    'modules loaded at random in the first third',
    (): Shape => {
      let loaded = 0;
      return (p, next) => (loaded += p < 0.33 && next() < 0.3 ? 4 * MB : 0);
    },
  ],
  ['growth that the threshold allows', (): Shape => (p) => 8 * MB * p],
])('%s is no leak, whatever the noise', (_, shape) => {
  expect(leaks(shape)).toBe(0);
});

test.each([
  ['30 MB over the worker', 30],
  ['200 MB over the worker', 200],
])('steady growth of %s is a leak', (_, megabytes) => {
  expect(leaks(() => (p) => megabytes * MB * p)).toBe(SEEDS);
});

test('growth of twice the threshold over the worker is found nineteen times in twenty', () => {
  expect(leaks(() => (p) => 20 * MB * p)).toBeGreaterThanOrEqual(0.95 * SEEDS);
});

test('growth that comes in many small lumps is a leak', () => {
  expect(leaks(() => (p) => 40 * MB * (Math.floor(p * 20) / 20))).toBe(SEEDS);
});

test('the slope lies within its bounds and near the planted one', () => {
  const trend = judge((p) => 39 * MB * p, 1);
  expect(trend.verdict).toBe('leak');
  if (trend.verdict !== 'leak') return;
  expect(trend.low).toBeLessThanOrEqual(trend.slope);
  expect(trend.high).toBeGreaterThanOrEqual(trend.slope);
  expect(trend.slope).toBeGreaterThan(0.18 * MB);
  expect(trend.slope).toBeLessThan(0.22 * MB);
});

test('growth that was measured too rarely is inconclusive, and says how often', () => {
  const samples = Array.from({ length: 6 }, (_, x) => ({ x, y: x * 20 * MB }));
  expect(judgeHeapTrend(samples, LIMITS)).toEqual({ verdict: 'inconclusive', reason: expect.stringContaining('5 times') as string });
});

test('no samples, or one, pass', () => {
  expect(judgeHeapTrend([], LIMITS)).toEqual({ verdict: 'pass' });
  expect(judgeHeapTrend([{ x: 0, y: 1e12 }], LIMITS)).toEqual({ verdict: 'pass' });
});
