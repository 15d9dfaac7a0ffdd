import { expect, test } from 'vitest';
import type { MetricRule } from '../../../src/core/metric.ts';
import { CLEAN_COUNTS, COUNT_NOISE, countLeak } from './simulatedCounts.ts';
import {
  CLEAN_HEAPS,
  HEAP_LIMIT,
  HEAP_NOISE,
  leaking,
  MIXED_LEAKS,
  simulate,
  tallyVerdicts,
  type Course,
  type RunOptions,
} from './simulatedRuns.ts';

// The whole table, with more seeds and more noise: npm run bench -- stabilitySimulation
const SEEDS = 100;
const RULE: MetricRule = { kind: 'bytes', bytesPerIteration: HEAP_LIMIT, growth: 0.1 };
const NOISES = Object.entries(HEAP_NOISE);

/** One run per seed, the kinds of noise in turn. */
function runs(course: Course, options?: RunOptions) {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const noise = NOISES[seed % NOISES.length]?.[1];
    if (noise === undefined) throw new Error('no noise');
    return simulate(RULE, course, noise, seed, options);
  });
}

test.each(NOISES.flatMap(([name, noise]) => [2, 5, 20].map((times) => [times, name, noise] as const)))(
  'a heap that leaks %i× the limit in %s noise is a leak, with every seed',
  (times, _, noise) => {
    const verdicts = Array.from({ length: SEEDS }, (_unused, seed) => simulate(RULE, leaking(times), noise, seed));
    expect(tallyVerdicts(verdicts)).toEqual({ leak: SEEDS, pass: 0, inconclusive: 0 });
  },
  30_000,
);

test.each(Object.entries(MIXED_LEAKS))('a heap that leaks 2× the limit %s is a leak, with every seed', (_, course) => {
  expect(tallyVerdicts(runs(course))).toEqual({ leak: SEEDS, pass: 0, inconclusive: 0 });
});

test('a heap that leaks 1.2× the limit is found nine times in ten', () => {
  expect(tallyVerdicts(runs(leaking(1.2))).leak).toBeGreaterThanOrEqual(0.9 * SEEDS);
});

test('a heap that grows by exactly the limit is called a leak in one of twenty runs at most, 0.8× the limit in none', () => {
  const still = ['gaussian', 'heavy tails', 'measured'].map((name) => HEAP_NOISE[name] ?? leaking(0));
  const at = (times: number) =>
    tallyVerdicts(
      Array.from({ length: SEEDS }, (_, seed) => simulate(RULE, leaking(times), still[seed % still.length] ?? leaking(0), seed)),
    );
  expect(at(1).leak).toBeLessThanOrEqual(0.05 * SEEDS);
  expect(at(0.8).leak).toBe(0);
});

test.each(Object.entries(CLEAN_HEAPS))('%s is never a leak, and inconclusive in two of a hundred runs at most', (_, course) => {
  for (const earlyStop of [true, false]) {
    const tally = tallyVerdicts(runs(course, { earlyStop }));
    expect(tally.leak).toBe(0);
    expect(tally.inconclusive).toBeLessThanOrEqual(0.02 * SEEDS);
  }
});

test.each(['cache full late', 'cache that fills ever slower', 'long sawtooth', 'three steps', 'ever slower settling'])(
  'without an extension, %s is called a leak in one of fifty runs at most',
  (name) => {
    expect(tallyVerdicts(runs(CLEAN_HEAPS[name] ?? leaking(2), { extend: false })).leak).toBeLessThanOrEqual(0.02 * SEEDS);
  },
);

test('without an extension, a leak in plain noise is still never called none', () => {
  expect(tallyVerdicts(runs(leaking(2), { extend: false })).pass).toBe(0);
  expect(tallyVerdicts(runs(leaking(20), { extend: false })).leak).toBe(SEEDS);
});

const COUNT: MetricRule = { kind: 'count', limit: 0 };
const QUIET = ['none', 'now and then', 'pool'] as const;

function counts(course: Course, noises: readonly string[]) {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const noise = COUNT_NOISE[noises[seed % noises.length] ?? ''];
    if (noise === undefined) throw new Error('no noise');
    return simulate(COUNT, course, noise, seed, { base: 24 });
  });
}

test.each([1, 10, 50, 100])('one more in %i iterations is a leak, also where a pool of connections comes and goes', (iterations) => {
  expect(tallyVerdicts(counts(countLeak(iterations), QUIET))).toEqual({ leak: SEEDS, pass: 0, inconclusive: 0 });
});

test('one more in 250 iterations is a leak where nothing else moves', () => {
  expect(tallyVerdicts(counts(countLeak(250), ['none'])).leak).toBe(SEEDS);
});

test.each(Object.entries(CLEAN_COUNTS))('a count: %s is never a leak, and inconclusive in two of a hundred runs at most', (_, course) => {
  const tally = tallyVerdicts(counts(course, Object.keys(COUNT_NOISE)));
  expect(tally.leak).toBe(0);
  expect(tally.inconclusive).toBeLessThanOrEqual(0.02 * SEEDS);
});
