import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExponentialBackoff, type Jitter } from '../../../src/resilience/backoff.ts';
import { EarlyTime, FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

/** A small generator of uniform numbers that says the same every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The largest distance between the distribution of the samples and the uniform one in [low, high] (Kolmogorov and Smirnov). */
function distanceFromUniform(samples: readonly number[], low: number, high: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return Math.max(...sorted.map((value, index) => Math.abs((value - low) / (high - low) - (index + 0.5) / sorted.length)));
}

const SAMPLES = 5_000;
/** Critical distance at the level 0.001: 1.95 / √n. */
const CRITICAL = 1.95 / Math.sqrt(SAMPLES);
const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe('an exponential back-off', () => {
  it('doubles from a second to a minute without jitter', () => {
    const backoff = new ExponentialBackoff({ jitter: 'none' });
    expect([0, 1, 2, 5, 6, 7, 1_000, 5_000].map((attempt) => backoff.delay(attempt))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('grows by its factor', () => {
    const backoff = new ExponentialBackoff({ jitter: 'none', baseDelay: 10, factor: 3 });
    expect([0, 1, 2].map((attempt) => backoff.delay(attempt))).toEqual([10, 30, 90]);
  });

  it('has no delay without a base, also where the factor has overflowed', () => {
    const backoff = new ExponentialBackoff({ jitter: 'none', baseDelay: 0 });
    expect([backoff.delay(0), backoff.delay(5_000)]).toEqual([0, 0]);
  });

  it.each<[Jitter, number, number]>([
    ['full', 0, 8_000],
    ['equal', 4_000, 8_000],
  ])('spreads %s jitter evenly from %d to %d ms', (jitter, low, high) => {
    const backoff = new ExponentialBackoff({ jitter, random: seeded(1) });
    const delays = draw(SAMPLES, () => backoff.delay(3));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...delays)).toBeLessThanOrEqual(high);
    expect(distanceFromUniform(delays, low, high)).toBeLessThan(CRITICAL);
  });

  it('spreads decorrelated jitter evenly from the base to three times the delay before', () => {
    const backoff = new ExponentialBackoff({ jitter: 'decorrelated', baseDelay: 100, random: seeded(2) });
    expect(
      distanceFromUniform(
        draw(SAMPLES, () => backoff.delay(7, 500)),
        100,
        1_500,
      ),
    ).toBeLessThan(CRITICAL);
    expect(
      distanceFromUniform(
        draw(SAMPLES, () => backoff.delay(0)),
        100,
        300,
      ),
    ).toBeLessThan(CRITICAL);
  });

  it('draws the delays before anew where decorrelated jitter does not know them: the same distribution', () => {
    const backoff = new ExponentialBackoff({ jitter: 'decorrelated', baseDelay: 100, maxDelay: 2_000, random: seeded(3) });
    const chained = draw(SAMPLES, () => backoff.delay(2, backoff.delay(1, backoff.delay(0))));
    const alone = draw(SAMPLES, () => backoff.delay(2));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(chained) - mean(alone)) / mean(chained)).toBeLessThan(0.05);
    expect(Math.max(...alone)).toBeGreaterThan(1_000);
  });

  it('stays within the cap and within what a timer holds, whatever its options are', () => {
    const options = fc.record({
      baseDelay: fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(Infinity)),
      maxDelay: fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(Infinity)),
      factor: fc.double({ min: 1, max: 1e6, noNaN: true }),
      jitter: fc.constantFrom<Jitter>('full', 'equal', 'decorrelated', 'none'),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(options, fc.nat({ max: 10_000 }), ({ seed, ...rest }, attempt) => {
        const delay = new ExponentialBackoff({ ...rest, random: seeded(seed) }).delay(attempt);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(rest.maxDelay);
        expect(delay).toBeLessThan(2 ** 31);
      }),
    );
  });

  it.each([
    [{ baseDelay: -1 }, RangeError, 'baseDelay'],
    [{ maxDelay: NaN }, RangeError, 'maxDelay'],
    [{ maxDelay: '5' }, TypeError, 'maxDelay'],
    [{ factor: 0.5 }, RangeError, 'factor'],
    [{ factor: Infinity }, RangeError, 'factor'],
    [{ jitter: 'some' }, TypeError, 'jitter'],
    [{ random: 0.5 }, TypeError, 'random'],
  ])('refuses %o', (options, kind, name) => {
    expect(() => new ExponentialBackoff(options as object)).toThrow(kind);
    expect(() => new ExponentialBackoff(options as object)).toThrow(new RegExp(`^${name} must be `));
  });

  it.each([-1, 0.5, NaN, '1'])('refuses the attempt %s', (attempt) => {
    expect(() => new ExponentialBackoff().delay(attempt as number)).toThrow(/^attempt must be /);
  });

  it.each(['full', 'decorrelated'] as const)('refuses a delay before that is none, with %s jitter', (jitter) => {
    const backoff = new ExponentialBackoff({ jitter });
    for (const previous of [NaN, -1, '5']) expect(() => backoff.delay(1, previous as number)).toThrow(/^previous must be /);
  });

  it('draws a number also where the delay before had no end', () => {
    const backoff = new ExponentialBackoff({ jitter: 'decorrelated', baseDelay: 100, random: () => 0 });
    expect(backoff.delay(1, Infinity)).toBe(100);
  });

  it.each(['x', null, new AbortController()])('refuses to wait with the signal %o, by name', async (signal) => {
    const refused = new ExponentialBackoff().wait(0, { signal: signal as unknown as AbortSignal });
    await expect(refused).rejects.toThrow(/^signal must be an AbortSignal, got /);
  });

  it('refuses chance that is none', () => {
    expect(() => new ExponentialBackoff({ random: () => NaN }).delay(0)).toThrow(/^random\(\) must be /);
    expect(() => new ExponentialBackoff({ random: () => 2 }).delay(0)).toThrow(/^random\(\) must be /);
  });

  it('waits for its delay, and tells how long that was', async () => {
    const time = new FakeTime();
    const backoff = new ExponentialBackoff({ jitter: 'none', baseDelay: 100, clock: time });
    const controller = new AbortController();
    let waited: number | undefined;
    void backoff.wait(1, { signal: controller.signal }).then((ms) => (waited = ms));
    await time.advance(199);
    expect(waited).toBeUndefined();
    await time.advance(1);
    expect(waited).toBe(200);
    expect([time.timers, abortListeners(controller.signal)]).toEqual([0, 0]);
  });

  it('waits no shorter than its delay where timers come early, and ends that wait on abort as well', async () => {
    const time = new EarlyTime();
    const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'none', clock: time });
    let waited: number | undefined;
    void backoff.wait(0).then(() => (waited = time.now()));
    await time.advance(99);
    expect([waited, time.timers]).toEqual([undefined, 1]);
    await time.advance(1);
    expect([waited, time.timers]).toEqual([1_100, 0]);
    const controller = new AbortController();
    const wait = backoff.wait(0, { signal: controller.signal });
    await time.advance(99);
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    expect([time.timers, abortListeners(controller.signal)]).toEqual([0, 0]);
  });

  it('ends a wait at once on abort, and leaves neither timer nor listener', async () => {
    const time = new FakeTime();
    const backoff = new ExponentialBackoff({ clock: time });
    const controller = new AbortController();
    const wait = backoff.wait(9, { signal: controller.signal });
    const outcome = expect(wait).rejects.toThrow('enough');
    await microtasks();
    expect([time.timers, abortListeners(controller.signal)]).toEqual([1, 1]);
    controller.abort(new Error('enough'));
    expect([time.timers, abortListeners(controller.signal)]).toEqual([0, 0]);
    await outcome;
    await expect(backoff.wait(0, { signal: controller.signal })).rejects.toThrow('enough');
    expect(time.timers).toBe(0);
  });
});
