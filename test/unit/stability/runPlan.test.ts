import { describe, expect, it } from 'vitest';
import type { SoakPlan } from '../../../src/core/soakPlan.ts';
import { planRun } from '../../../src/stability/runPlan.ts';

const SOAK: SoakPlan = { concurrency: 100, errorRate: 0.05, seed: 9, directory: '/tmp/soak', resume: false };

describe('the plan of a run', () => {
  it('measures 1000 iterations after a warm-up of 50 when nothing is said', () => {
    expect(planRun(undefined)).toMatchObject({ iterations: 1000, warmUp: 50, concurrency: 1, earlyStop: true, extend: true, errorRate: 0 });
  });

  it('warms up for a tenth of a short run', () => {
    expect(planRun({ iterations: 100 }).warmUp).toBe(10);
  });

  it('lets a soak decide how long and how hard, and the scenario when it holds', () => {
    const plan = planRun({ iterations: 30, concurrency: 2, criteria: { fdGrowth: 3 } }, { ...SOAK, durationMs: 60_000 });
    expect(plan).toMatchObject({
      iterations: null,
      durationMs: 60_000,
      concurrency: 100,
      errorRate: 0.05,
      seed: 9,
      earlyStop: false,
      extend: false,
    });
    expect(plan.criteria.fdGrowth).toBe(3);
    expect(plan.iterationTimeoutMs).toBeGreaterThan(0);
  });

  it.each([
    [1000, 142],
    [880, 125],
    [879, 58],
    [60, 4],
    [20, 1],
  ])(
    'of %i iterations lets %i run at a time, and no more: each reading waits for all of them, and a verdict needs readings',
    (iterations, most) => {
      expect(planRun({ iterations, concurrency: most }).concurrency).toBe(most);
      const sentence = (name: string): string =>
        `${name}: expected at most ${String(most)} for a verdict on ${String(iterations)} iterations, got ${String(most + 1)}`;
      expect(() => planRun({ iterations, concurrency: most + 1 })).toThrow(new RangeError(sentence('options.concurrency')));
      const soak = { ...SOAK, iterations, concurrency: most + 1 };
      expect(() => planRun(undefined, soak)).toThrow(new RangeError(sentence('--concurrency')));
      expect(planRun(undefined, { ...soak, sampleEveryMs: 1000 }).concurrency).toBe(most + 1);
    },
  );

  it.each([
    [{ iterations: 19 }, RangeError, 'options.iterations: expected a whole number of at least 20 for a verdict, got 19'],
    [{ iterations: '100' }, TypeError, 'options.iterations: expected a whole number, got "100"'],
    [{ iterations: 20.5 }, RangeError, 'options.iterations: expected a whole number of at least 20 for a verdict, got 20.5'],
    [{ warmUp: -1 }, RangeError, 'options.warmUp: expected a whole number of at least 0, got -1'],
    [{ earlyStop: 1 }, TypeError, 'options.earlyStop: expected true or false, got 1'],
    [{ clock: {} }, TypeError, 'options.clock.advanceMs: expected a whole number of milliseconds, got undefined'],
    [{ inject: { errorRate: 2 } }, RangeError, 'options.inject.errorRate: expected 0 to 1 a share, got 2'],
    [{ criteria: { fdGrowht: 1 } }, TypeError, 'options.criteria.fdGrowht: no such option'],
    [{ iteration: 5 }, TypeError, 'options.iteration: no such option'],
    [5, TypeError, 'options: expected an object'],
  ])('refuses %o', (options, kind, message) => {
    expect(() => planRun(options)).toThrow(kind);
    expect(() => planRun(options)).toThrow(message);
  });
});
