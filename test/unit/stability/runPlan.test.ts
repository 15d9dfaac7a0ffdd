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
    [undefined, 0, 300_000],
    [0, 0, 300_000],
    [50, 50, 50],
  ])('ends an iteration that hangs in a soak in any case, where no time-out of the test does: %s', (iterationTimeout, inTest, inSoak) => {
    const options = iterationTimeout === undefined ? {} : { iterationTimeout };
    expect(planRun(options).iterationTimeoutMs).toBe(inTest);
    expect(planRun(options, SOAK).iterationTimeoutMs).toBe(inSoak);
  });

  it.each([
    [1000, 142],
    [880, 125],
    [879, 58],
    [60, 4],
    [20, 1],
  ])(
    'of %i iterations lets %i run at a time and says so of more: each reading waits for all, and a verdict needs readings',
    (iterations, most) => {
      expect(planRun({ iterations, concurrency: most })).toMatchObject({ concurrency: most, notes: [] });
      const note = `${String(most)} iterations ran at a time instead of 200: of ${String(iterations)}, more leave too few readings for a verdict`;
      expect(planRun({ iterations, concurrency: 200 })).toMatchObject({ concurrency: most, notes: [note] });
      const soak = { ...SOAK, iterations, concurrency: 200 };
      expect(planRun(undefined, soak)).toMatchObject({ concurrency: most, notes: [note] });
      expect(planRun(undefined, { ...soak, sampleEveryMs: 1000 })).toMatchObject({ concurrency: 200, notes: [] });
    },
  );

  it('takes the greatest seed and the longest time that there are, and a soak’s own injection before the scenario’s', () => {
    const options = { iterationTimeout: 2 ** 31 - 1, inject: { errorRate: 0.1, seed: 2 ** 32 - 1 } };
    expect(planRun(options)).toMatchObject({ iterationTimeoutMs: 2_147_483_647, errorRate: 0.1, seed: 4_294_967_295 });
    expect(planRun({ inject: { errorRate: 0.1 } })).toMatchObject({ errorRate: 0.1, seed: 1 });
    expect(planRun(options, SOAK)).toMatchObject({ errorRate: 0.05, seed: 9 });
    expect(() => planRun({ inject: { seed: 3 } }, SOAK)).toThrow('options.inject.errorRate');
  });

  it.each([
    [{ iterations: 19 }, RangeError, 'options.iterations: expected a whole number of at least 20 for a verdict, got 19'],
    [{ iterations: '100' }, TypeError, 'options.iterations: expected a whole number, got "100"'],
    [{ iterations: 20.5 }, RangeError, 'options.iterations: expected a whole number of at least 20 for a verdict, got 20.5'],
    [{ warmUp: -1 }, RangeError, 'options.warmUp: expected a whole number of at least 0, got -1'],
    [{ earlyStop: 1 }, TypeError, 'options.earlyStop: expected true or false, got 1'],
    [{ clock: {} }, TypeError, 'options.clock.advanceMs: expected a whole number of milliseconds, got undefined'],
    [{ inject: { errorRate: 2 } }, RangeError, 'options.inject.errorRate: expected 0 to 1 errors per question, as a share, got 2'],
    [{ inject: { seed: 3 } }, TypeError, 'options.inject.errorRate: expected a number of errors per question, as a share, got undefined'],
    [
      { inject: { errorRate: 0.1, seed: 2 ** 32 } },
      RangeError,
      'options.inject.seed: expected a whole number of at most 4294967295, got 4294967296',
    ],
    [{ iterationTimeout: 2 ** 31 }, RangeError, 'options.iterationTimeout: expected a whole number of at most 2147483647, got 2147483648'],
    [{ criteria: { fdGrowht: 1 } }, TypeError, 'options.criteria.fdGrowht: no such option'],
    [{ iteration: 5 }, TypeError, 'options.iteration: no such option'],
    [5, TypeError, 'options: expected an object'],
  ])('refuses %o', (options, kind, message) => {
    expect(() => planRun(options)).toThrow(kind);
    expect(() => planRun(options)).toThrow(message);
  });
});
