import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMetric } from '../../../src/core/judgeMetric.ts';
import { isDecided, type Look } from '../../../src/core/look.ts';
import type { MetricRule } from '../../../src/core/metric.ts';
import type { Point } from '../../../src/core/statistics.ts';

const BYTES: MetricRule = { kind: 'bytes', bytesPerIteration: 512, growth: 0.1 };
const COUNT: MetricRule = { kind: 'count', limit: 0 };
const EARLY: Look = { final: false, beyondPlan: false };
const BEYOND: Look = { final: false, beyondPlan: true };
const FINAL: Look = { final: true, beyondPlan: true };

function series(course: (x: number) => number, count = 50, every = 20): Point[] {
  return Array.from({ length: count }, (_, index) => ({ x: index * every, y: course(index * every) }));
}

/** The same few bytes of scatter in every run. */
const ripple = (x: number): number => 5000 * Math.sin(x * 1.7);
const heap = (course: (x: number) => number, count?: number): Point[] => series((x) => 40e6 + course(x) + ripple(x), count);

describe('memory', () => {
  it('that grows all along is no leak before the run was longer than planned, and is one then', () => {
    const early = judgeMetric(
      'heapBytes',
      heap((x) => 2000 * x),
      BYTES,
      EARLY,
    );
    expect(early).toMatchObject({ verdict: 'inconclusive', wantsMore: true });
    const confirmed = judgeMetric(
      'heapBytes',
      heap((x) => 2000 * x, 75),
      BYTES,
      BEYOND,
    );
    expect(confirmed).toMatchObject({ verdict: 'leak', shape: 'linear', wantsMore: false, kind: 'bytes', limit: 512 });
    expect(confirmed.slopePerIteration).toBeCloseTo(2000, -2);
    expect(confirmed.low).toBeLessThan(2000);
    expect(confirmed.high).toBeGreaterThan(2000);
    expect(confirmed.reason).toMatch(/^heapBytes grew all along by 2\.0 kB per iteration \(2\.0 kB to 2\.0 kB; limit 512 B\)$/);
  });

  it.each([
    ['flat', (): number => 0],
    ['step', (x: number): number => (x > 600 ? 3e6 : 0)],
    ['plateau', (x: number): number => 3e6 * Math.min(1, x / 450)],
    ['noise', (x: number): number => 3e6 * ((x % 300) / 300)],
  ] as const)('with the shape %s passes at the end of an extended run', (shape, course) => {
    expect(judgeMetric('heapBytes', heap(course, 100), BYTES, FINAL)).toMatchObject({ verdict: 'pass', shape, wantsMore: false });
  });

  const table = (entries: number): number => 24 * 2 ** Math.ceil(Math.log2(Math.max(1024, entries)));

  it('that doubles step by step, as a Set of ids does that is never emptied, does not pass, and leaks when it went on to the end', () => {
    const set = (x: number): number => table(100 * (x + 50));
    for (const look of [EARLY, BEYOND]) {
      expect(judgeMetric('heapBytes', heap(set), BYTES, look)).toMatchObject({ verdict: 'inconclusive', wantsMore: true });
    }
    const seen = judgeMetric('heapBytes', heap(set, 101), BYTES, FINAL);
    expect(seen).toMatchObject({ verdict: 'leak', wantsMore: false });
    expect(seen.reason).toMatch(/^heapBytes grew all along by 3\.\d kB per iteration \(in ever larger steps; limit 512 B\)$/);
    const bounded = (x: number): number => table(100 * Math.min(x + 50, 400));
    expect(judgeMetric('heapBytes', heap(bounded, 101), BYTES, FINAL).verdict).toBe('pass');
  });

  it('that grows by less than the limit passes, and says by how much at most', () => {
    const judged = judgeMetric(
      'heapBytes',
      heap((x) => 100 * x),
      BYTES,
      EARLY,
    );
    expect(judged).toMatchObject({ verdict: 'pass', wantsMore: false });
    expect(judged.high).toBeLessThan(512);
    expect(judged.reason).toMatch(/grows by no more than 1\d\d B per iteration \(limit 512 B per iteration\)/);
  });

  it('that keeps growing below the limit leaks once it has grown by more than its share', () => {
    const long = series((x) => 40e6 + 100 * x + ripple(x), 100, 1000);
    expect(judgeMetric('heapBytes', long, BYTES, FINAL)).toMatchObject({ verdict: 'leak', shape: 'linear' });
    expect(judgeMetric('heapBytes', long, BYTES, FINAL).reason).toContain('where 10 % is allowed');
    expect(judgeMetric('heapBytes', long, { ...BYTES, growth: 1 }, FINAL)).toMatchObject({ verdict: 'pass' });
  });

  it('with more scatter than the limit is inconclusive, and says what it would take', () => {
    const wild = series((x) => 40e6 + 4e6 * Math.sin(x * 1.3) + 400 * x, 40);
    const judged = judgeMetric('heapBytes', wild, BYTES, { final: true, beyondPlan: false });
    expect(judged).toMatchObject({ verdict: 'inconclusive', wantsMore: false });
    expect(judged.minimumDetectable).toBeGreaterThan(512);
    expect(judged.reason).toMatch(/neither a leak nor none \(about \d+ iterations may tell\)/);
    expect(judgeMetric('heapBytes', wild, BYTES, EARLY).wantsMore).toBe(true);
  });

  it('that was read too rarely is inconclusive, and says how often it must be', () => {
    const rare = heap((x) => 2000 * x, 10);
    expect(judgeMetric('heapBytes', rare, BYTES, FINAL)).toMatchObject({ verdict: 'inconclusive', minimumDetectable: null });
    expect(judgeMetric('heapBytes', rare, BYTES, FINAL).reason).toContain('was read 10 times; a verdict needs 16');
    expect(judgeMetric('heapBytes', rare.slice(0, 1), BYTES, FINAL).reason).toContain('was read once; a verdict needs 16');
  });

  it('read three times passes where a thousand iterations added next to nothing, and only there', () => {
    const thrice = (bytes: number, every: number): Point[] => series((x) => 40e6 + bytes * x, 3, every);
    expect(judgeMetric('heapBytes', thrice(50, 500), BYTES, EARLY)).toMatchObject({ verdict: 'pass', minimumDetectable: 512 });
    expect(judgeMetric('heapBytes', thrice(50, 200), BYTES, EARLY).verdict).toBe('inconclusive');
    expect(judgeMetric('heapBytes', thrice(350, 500), BYTES, EARLY).verdict).toBe('pass');
    expect(judgeMetric('heapBytes', thrice(400, 500), BYTES, EARLY).verdict).toBe('inconclusive');
  });

  it('that stops growing in the last tenth of a run that may not go on is no leak', () => {
    const unconfirmed: Look = { final: true, beyondPlan: false };
    expect(
      judgeMetric(
        'heapBytes',
        heap((x) => 4000 * Math.min(x, 900)),
        BYTES,
        unconfirmed,
      ).verdict,
    ).toBe('inconclusive');
    expect(
      judgeMetric(
        'heapBytes',
        heap((x) => 4000 * x),
        BYTES,
        unconfirmed,
      ).verdict,
    ).toBe('leak');
  });

  it('that grew fast and goes on below the limit passes, however much it grew', () => {
    const grown = heap((x) => 8000 * Math.min(x, 950) + 256 * x, 100);
    expect(judgeMetric('heapBytes', grown, BYTES, FINAL)).toMatchObject({ verdict: 'pass', shape: 'plateau' });
  });

  it('without a limit always passes', () => {
    const judged = judgeMetric(
      'heapBytes',
      heap((x) => 1e6 * x),
      { kind: 'bytes', bytesPerIteration: Infinity, growth: Infinity },
      FINAL,
    );
    expect(judged).toMatchObject({ verdict: 'pass', limit: null });
  });
});

describe('a count', () => {
  it('that grows in every quarter leaks when no further iterations are possible', () => {
    const judged = judgeMetric(
      'fds',
      series((x) => 24 + Math.floor(x / 100)),
      COUNT,
      { final: true, beyondPlan: false },
    );
    expect(judged).toMatchObject({ verdict: 'leak', shape: 'linear', kind: 'count', limit: 0, first: 24, last: 33 });
    expect(judged.reason).toBe('fds grew all along: +9, +0.00937 per iteration (allowed in all: 0)');
  });

  it.each([8, 19, 20, 21, 39, 50, 61, 100])('that grows by one per iteration is said to, by however many readings: %i', (readings) => {
    const judged = judgeMetric(
      'handles',
      series((x) => 3 + x, readings),
      COUNT,
      FINAL,
    );
    expect(judged).toMatchObject({ verdict: 'leak', slopePerIteration: 1, low: 1, high: 1 });
  });

  it('that grew once and then rested for long passes as a step', () => {
    expect(
      judgeMetric(
        'fds',
        series((x) => (x > 300 ? 25 : 24)),
        COUNT,
        EARLY,
      ),
    ).toMatchObject({ verdict: 'pass', shape: 'step' });
  });

  it('that grew a moment ago is not judged yet', () => {
    expect(
      judgeMetric(
        'fds',
        series((x) => (x > 900 ? 25 : 24)),
        COUNT,
        EARLY,
      ),
    ).toMatchObject({ verdict: 'inconclusive', wantsMore: true });
  });

  it('that goes up and down by the same passes, and has not grown', () => {
    const judged = judgeMetric(
      'handles',
      series((x) => 24 + ((x / 20) % 5)),
      COUNT,
      EARLY,
    );
    expect(judged).toMatchObject({ verdict: 'pass', shape: 'noise' });
    expect(judged.reason).toBe('handles goes up and down and comes back');
  });

  it('may grow by its limit', () => {
    const four = series((x) => 24 + Math.floor(x / 220));
    expect(judgeMetric('fds', four, { kind: 'count', limit: 4 }, FINAL)).toMatchObject({ verdict: 'pass' });
    expect(judgeMetric('fds', four, { kind: 'count', limit: 3 }, FINAL)).toMatchObject({ verdict: 'leak' });
  });

  it('that was read seven times is inconclusive', () => {
    expect(
      judgeMetric(
        'fds',
        series((x) => x, 7),
        COUNT,
        FINAL,
      ).reason,
    ).toBe('fds was read 7 times; a verdict needs 8 readings at least');
  });
});

describe('memory that was read a few times over a thousand iterations', () => {
  const few = (course: (x: number) => number): Point[] => [0, 120, 250, 400, 520, 660, 800, 1000].map((x) => ({ x, y: 40e6 + course(x) }));

  it('leaks when it grew each time by far more than it may', () => {
    expect(
      judgeMetric(
        'heapBytes',
        few((x) => 3000 * x),
        BYTES,
        FINAL,
      ),
    ).toMatchObject({
      ...{ verdict: 'leak', shape: 'linear', low: 3000, high: 3000 },
      reason: 'heapBytes grew all along by 3.0 kB per iteration (3.0 kB to 3.0 kB; limit 512 B)',
    });
    expect(
      judgeMetric(
        'heapBytes',
        few((x) => 3000 * x),
        BYTES,
        EARLY,
      ),
    ).toMatchObject({ verdict: 'inconclusive', wantsMore: true });
  });

  it.each([
    ['filled a cache', (x: number) => 3000 * Math.min(x, 800)],
    ['settles', (x: number) => 3_000_000 * (1 - Math.exp(-x / 200))],
    ['grew by a little more than it may', (x: number) => 1500 * x],
    ['came back once', (x: number) => 3000 * x - (x === 660 ? 1_000_000 : 0)],
  ])('is left undecided when it %s', (_, course) => {
    expect(judgeMetric('heapBytes', few(course), BYTES, FINAL).verdict).toBe('inconclusive');
  });

  it('holds when it stood still', () => {
    expect(
      judgeMetric(
        'heapBytes',
        few((x) => 50 * x),
        BYTES,
        FINAL,
      ).verdict,
    ).toBe('pass');
  });
});

it('whatever comes in, the numbers are finite or null, the sentence is there, and a final look wants no more', () => {
  const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, 1e12, -1e12));
  const points = fc.array(fc.record({ x: value, y: value }), { maxLength: 60 });
  const rule = fc.constantFrom<MetricRule>(
    BYTES,
    COUNT,
    { kind: 'count', limit: Infinity },
    { kind: 'bytes', bytesPerIteration: 0, growth: 0 },
  );
  fc.assert(
    fc.property(points, rule, fc.boolean(), (samples, anyRule, beyondPlan) => {
      const judged = judgeMetric('m', samples, anyRule, { final: true, beyondPlan });
      const numbers = [
        judged.slopePerIteration,
        judged.low,
        judged.high,
        judged.minimumDetectable,
        judged.first,
        judged.last,
        judged.limit,
      ];
      expect(numbers.every((number) => number === null || Number.isFinite(number))).toBe(true);
      expect(judged.wantsMore).toBe(false);
      expect(judged.reason).toMatch(/^m \S/);
    }),
    { numRuns: 300, seed: 1 },
  );
});

it('a run is decided when one metric leaks for certain or none is open', () => {
  const leak = judgeMetric(
    'fds',
    series((x) => x),
    COUNT,
    FINAL,
  );
  const open = judgeMetric(
    'fds',
    series((x) => (x > 900 ? 25 : 24)),
    COUNT,
    EARLY,
  );
  const pass = judgeMetric(
    'fds',
    series(() => 24),
    COUNT,
    EARLY,
  );
  expect([isDecided([leak, open]), isDecided([pass, open]), isDecided([pass]), isDecided([])]).toEqual([true, false, true, true]);
});
