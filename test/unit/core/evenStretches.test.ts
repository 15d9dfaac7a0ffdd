import { describe, expect, it } from 'vitest';
import { EvenSeries } from '../../../src/core/evenSeries.ts';
import { EvenStretches } from '../../../src/core/evenStretches.ts';
import { mergeBuckets } from '../../../src/core/latencyBuckets.ts';

/** Distances between neighbours, the last one left out: the newest stretch has only begun. */
const gaps = (numbers: readonly number[]): number[] => numbers.slice(1, -1).map((number, index) => number - (numbers[index] ?? NaN));

/** Stretches of the samples 0, 1, 2 …, each as the list of its samples. */
function stretchesOf(samples: number, most: number): EvenStretches<readonly number[]> {
  const stretches = new EvenStretches<readonly number[]>(most, (earlier, later) => [...earlier, ...later]);
  for (let sample = 0; sample < samples; sample += 1) stretches.add([sample]);
  return stretches;
}

describe('stretches', () => {
  it.each([1, 5, 6, 7, 13, 64, 100, 1001])(
    'hold all of %i samples in order, are as many as may be at most, and equally long but for the last',
    (count) => {
      for (const most of [5, 8]) {
        const { all, length } = stretchesOf(count, most);
        expect(all.flat()).toEqual(Array.from({ length: count }, (_, sample) => sample));
        expect(all.length).toBeLessThanOrEqual(most);
        expect(all.length).toBeGreaterThanOrEqual(Math.min(count, most / 2));
        expect(new Set(all.slice(0, -1).map((stretch) => stretch.length))).toEqual(new Set(all.length > 1 ? [length] : []));
        expect(all.at(-1)?.length).toBeLessThanOrEqual(length);
      }
    },
  );

  it('of a run that is continued go on with the same length', () => {
    const past = stretchesOf(64, 8);
    const stretches = new EvenStretches<readonly number[]>(8, (earlier, later) => [...earlier, ...later], past);
    for (let sample = 64; sample < 128; sample += 1) stretches.add([sample]);
    expect(stretches.all.map((stretch) => stretch.length)).toEqual(Array(8).fill(16));
    expect(stretches.length).toBe(16);
  });
});

describe('a series', () => {
  it('of a hundred thousand samples is as dense at its beginning as at its end', () => {
    const series = new EvenSeries();
    for (let iteration = 0; iteration < 100_000; iteration += 1) series.add({ iteration, fds: 24 });
    const iterations = series.points.map(({ iteration }) => iteration);
    expect(iterations.length).toBeGreaterThanOrEqual(200);
    expect(iterations.length).toBeLessThanOrEqual(401);
    expect([iterations[0], iterations.at(-1)]).toEqual([0, 99_999]);
    expect(new Set(gaps(iterations))).toEqual(new Set([series.stride]));
  });

  it('that is continued again and again stays as dense at its beginning as at its end', () => {
    let series = new EvenSeries();
    for (let process = 0; process < 5; process += 1) {
      series = new EvenSeries(series);
      for (let iteration = 0; iteration < 10_000; iteration += 1) series.add({ iteration: process * 10_000 + iteration, fds: 24 });
    }
    const iterations = series.points.map(({ iteration }) => iteration);
    expect(iterations.length).toBeGreaterThanOrEqual(200);
    expect(Math.max(...gaps(iterations))).toBeLessThanOrEqual(2 * series.stride);
  });

  it('keeps readings that were taken at few samples only', () => {
    const series = new EvenSeries();
    for (let iteration = 0; iteration < 6400; iteration += 1) {
      series.add({ iteration, fds: 24, ...(iteration % 64 === 63 ? { heapBytes: iteration } : {}), p95Ms: iteration === 0 ? null : 1 });
    }
    expect(series.points.filter(({ heapBytes }) => typeof heapBytes === 'number')).toHaveLength(100);
    expect(series.points[0]).toEqual({ iteration: 0, fds: 24, p95Ms: 1 });
  });

  it('takes two readings of one moment for one, the later where both have a value', () => {
    const series = new EvenSeries();
    for (const point of [
      { iteration: 0, fds: 24, heapBytes: 7 },
      { iteration: 5, fds: 25, heapBytes: 8 },
      { iteration: 5, fds: 26, heapBytes: null },
    ]) {
      series.add(point);
    }
    expect(series.points).toEqual([
      { iteration: 0, fds: 24, heapBytes: 7 },
      { iteration: 5, fds: 26, heapBytes: 8 },
    ]);
  });
});

describe('latencies of two stretches', () => {
  it('are one histogram, its buckets in order', () => {
    expect(mergeBuckets([3, 1, 1000, 2], [2, 5, 3, 4])).toEqual([2, 5, 3, 5, 1000, 2]);
    expect(mergeBuckets([], [7, 1])).toEqual([7, 1]);
  });
});
