import { describe, expect, it } from 'vitest';
import { EvenStretches } from '../../../src/core/evenStretches.ts';
import { mergeBuckets } from '../../../src/core/latencyBuckets.ts';
import { LatencyCourse, LatencyHistogram } from '../../../src/stability/latency.ts';

describe('a latency histogram', () => {
  it.each([0.5, 0.95, 0.99])('tells quantile %d of a million latencies within one per cent', (share) => {
    const histogram = new LatencyHistogram();
    for (let index = 1; index <= 1_000_000; index += 1) histogram.record(index / 1000);
    expect(Math.abs((histogram.quantile(share) ?? 0) / (1000 * share) - 1)).toBeLessThan(0.0101);
  });

  it('has no quantile before the first latency', () => {
    expect(new LatencyHistogram().quantile(0.5)).toBeNull();
  });

  it.each([0, 1e-9, 1e12])('counts %d, which lies outside of its buckets', (ms) => {
    const histogram = new LatencyHistogram();
    histogram.record(ms);
    expect(histogram.count).toBe(1);
    expect(histogram.quantile(0.5)).toBeGreaterThan(0);
  });
});

describe('the course of latencies', () => {
  it.each([100, 777, 5_000])('sees over %d iterations that the last tenth is slower than the first', (count) => {
    const slow = new LatencyCourse();
    const steady = new LatencyCourse();
    for (let index = 0; index < count; index += 1) {
      slow.record(10 * (1 + index / count));
      steady.record(10);
    }
    expect(slow.summary()?.degradation).toBeGreaterThan(0.7);
    expect(slow.summary()?.degradation).toBeLessThan(1);
    expect(steady.summary()?.degradation).toBeCloseTo(0);
  });

  it('does not judge a degradation by a few dozen iterations', () => {
    const course = new LatencyCourse();
    for (let index = 0; index < 70; index += 1) course.record(index);
    expect(course.summary()?.degradation).toBeNull();
  });

  it('hands out the latencies since the last time, and keeps them in the whole', () => {
    const course = new LatencyCourse();
    course.record(5);
    expect(course.takeRecent().count).toBe(1);
    expect(course.takeRecent().count).toBe(0);
    expect(course.summary()?.p50Ms).toBeCloseTo(5, 1);
  });

  it('goes on with the latencies of a run before: the first tenth is theirs, the last one its own', () => {
    const before: number[][] = [];
    for (let stretch = 0; stretch < 30; stretch += 1) {
      const histogram = new LatencyHistogram();
      for (let index = 0; index < (stretch === 29 ? 1 : 20); index += 1) histogram.record(10);
      before.push(histogram.buckets());
    }
    const course = new LatencyCourse();
    course.resume(before);
    for (let index = 0; index < 400; index += 1) course.record(20);
    expect(course.takeRecent().count).toBe(400);
    expect(course.summary()).toMatchObject({ p50Ms: expect.closeTo(10, 0) as number, p95Ms: expect.closeTo(20, 0) as number });
    expect(course.summary()?.degradation).toBeCloseTo(1, 1);
  });

  it('of a run that goes on after 72 hours counts them in the first tenth, and the newest in the last', () => {
    const before = new EvenStretches<readonly number[]>(80, mergeBuckets);
    for (let sample = 0; sample < 8640; sample += 1) {
      const histogram = new LatencyHistogram();
      for (let index = 0; index < 10; index += 1) histogram.record(sample < 864 ? 5 : 10);
      before.add(histogram.buckets());
    }
    const course = new LatencyCourse();
    course.resume(before.all);
    for (let index = 0; index < 9600; index += 1) course.record(20);
    // The first tenth at 5 ms, the last one at 20.
    expect(course.summary()?.degradation).toBeCloseTo(3, 1);
  });

  it('has nothing to say before the first', () => {
    expect(new LatencyCourse().summary()).toBeNull();
  });
});
