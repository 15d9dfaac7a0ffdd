import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Rounds, type Body, type Outcome } from '../../../src/stability/rounds.ts';
import { planRun, type StabilityOptions } from '../../../src/stability/runPlan.ts';
import { VirtualClock } from './virtualRun.ts';

interface Stage {
  readonly rounds: Rounds;
  readonly outcomes: Outcome[];
  readonly clock: VirtualClock;
  readonly controller: AbortController;
}

function stage(body: Body, options: StabilityOptions = {}, moveClocks?: () => Promise<void>): Stage {
  const clock = new VirtualClock();
  const outcomes: Outcome[] = [];
  const controller = new AbortController();
  const plan = planRun(options);
  const rounds = new Rounds({ body, plan, clock, signal: controller.signal, moveClocks, onOutcome: (outcome) => outcomes.push(outcome) });
  return { rounds, outcomes, clock, controller };
}

function upTo(count: number): () => number | null {
  let next = 0;
  return () => (next < count ? next++ : null);
}

describe('rounds', () => {
  it('give every iteration its number, once, in order', async () => {
    const seen: number[] = [];
    const { rounds } = stage(({ iteration }) => seen.push(iteration));
    await rounds.run(upTo(5));
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('run as many at the same time as asked for, and no more', async () => {
    let running = 0;
    let most = 0;
    const { rounds } = stage(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      },
      { concurrency: 7 },
    );
    await rounds.run(upTo(50));
    expect(most).toBe(7);
    expect(rounds.running).toBe(0);
  });

  it('tell how long an iteration took, and what it threw', async () => {
    const failure = new Error('no');
    const { rounds, outcomes, clock } = stage(({ iteration }) => {
      clock.pass(3);
      if (iteration === 1) throw failure;
    });
    await rounds.run(upTo(2));
    expect(outcomes).toEqual([
      { ok: true, ms: 3 },
      { ok: false, ms: 3, error: failure, injected: false },
    ]);
  });

  it('leave an iteration to itself that does not end in time, abort its signal, and keep no timer', async () => {
    const signals: AbortSignal[] = [];
    const { rounds, outcomes, clock } = stage(
      ({ iteration, signal }) => {
        signals.push(signal);
        if (iteration === 0) return new Promise(() => undefined);
        return undefined;
      },
      { iterationTimeout: 100 },
    );
    const run = rounds.run(upTo(2));
    clock.pass(100);
    await run;
    expect(outcomes).toMatchObject([{ ok: false, error: { message: 'the iteration did not end within 100 ms' } }, { ok: true }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(clock.pending).toBe(0);
  });

  it.each([{}, { iterationTimeout: 100 }])(
    'give every iteration a signal of its own, so that what they leave on it goes with them: %j',
    async (options) => {
      const signals: AbortSignal[] = [];
      const watching: number[] = [];
      const reasons: unknown[] = [];
      const { rounds, controller } = stage(
        async ({ iteration, signal }) => {
          signals.push(signal);
          watching.push(getEventListeners(controller.signal, 'abort').length);
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          await Promise.resolve();
          if (iteration === 9) controller.abort('enough');
          if (iteration >= 8) await new Promise((resolve) => (signal.aborted ? resolve(null) : signal.addEventListener('abort', resolve)));
        },
        { concurrency: 2, ...options },
      );
      await rounds.run(upTo(10));
      expect(new Set(signals).size).toBe(10);
      expect(signals.map(({ aborted }) => aborted)).toEqual([...Array.from({ length: 8 }, () => false), true, true]);
      expect(reasons).toEqual(['enough', 'enough']);
      expect(new Set(watching)).toEqual(new Set([1]));
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('tell an iteration that asks for its signal only afterwards that it was aborted, and why', async () => {
    let late: AbortSignal | undefined;
    const { rounds, controller } = stage(async (round) => {
      await Promise.resolve();
      controller.abort('enough');
      late = round.signal;
    });
    await rounds.run(upTo(1));
    expect(late).toMatchObject({ aborted: true, reason: 'enough' });
  });

  it('keep no timer of an iteration that is left to itself', async () => {
    const { rounds, outcomes, clock } = stage(({ iteration }) => (iteration === 0 ? new Promise(() => undefined) : undefined), {
      iterationTimeout: 100,
      concurrency: 2,
    });
    void rounds.run(upTo(2));
    expect(clock.pending).toBe(2);
    await new Promise(setImmediate);
    expect(clock.pending).toBe(1);
    expect(rounds.leave()).toBe(1);
    expect(clock.pending).toBe(0);
    clock.pass(100);
    expect(outcomes).toMatchObject([{ ok: true }]);
  });

  it('do not count what an iteration throws because the run was given up', async () => {
    const { rounds, outcomes, controller } = stage(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    );
    const run = rounds.run(upTo(1));
    controller.abort(new Error('enough'));
    await run;
    expect(outcomes).toEqual([]);
  });

  it('count what the pages’ clock throws as the error of the iteration before, and go on', async () => {
    let moved = 0;
    const moveClocks = (): Promise<void> => {
      moved += 1;
      return moved === 2 ? Promise.reject(new Error('no such receipt')) : Promise.resolve();
    };
    const { rounds, outcomes } = stage(({ inject }) => inject.fail(), { inject: { errorRate: 1 } }, moveClocks);
    await rounds.run(upTo(3));
    expect(outcomes).toMatchObject([
      { ok: true },
      { ok: false, error: { message: 'the pages’ clock, after the iteration: no such receipt' }, injected: false },
      { ok: true },
    ]);
  });

  it('keep to what an iteration threw when the pages’ clock throws as well', async () => {
    const failure = new Error('no such button');
    const { rounds, outcomes } = stage(
      () => Promise.reject(failure),
      {},
      () => Promise.reject(new Error('no such receipt')),
    );
    await rounds.run(upTo(1));
    expect(outcomes).toMatchObject([{ ok: false, error: failure }]);
  });

  it.each([
    [{}, 30_000],
    [{ iterationTimeout: 100 }, 100],
  ])('do not wait for ever for the clock of a page that hangs: %j', async (options, limit) => {
    let begun = (): void => undefined;
    const moving = new Promise<void>((resolve) => (begun = resolve));
    const { rounds, outcomes, clock } = stage(
      () => undefined,
      options,
      () => {
        begun();
        return new Promise(() => undefined);
      },
    );
    const run = rounds.run(upTo(1));
    await moving;
    expect(rounds.running).toBe(1);
    clock.pass(limit - 1);
    expect(outcomes).toEqual([]);
    clock.pass(1);
    await run;
    expect(outcomes).toMatchObject([
      { ok: false, ms: 0, error: { message: expect.stringContaining(`did not end within ${String(limit)} ms`) as string } },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('inject the same errors for the same seed at any concurrency, at the rate asked for, and tell them apart', async () => {
    const failing = async (concurrency: number, seed: number): Promise<number[]> => {
      const hit: number[] = [];
      const { rounds, outcomes } = stage(
        async ({ iteration, inject }) => {
          await Promise.resolve();
          if (!inject.fail()) return;
          hit.push(iteration);
          throw new Error('injected');
        },
        { concurrency, inject: { errorRate: 0.05, seed } },
      );
      await rounds.run(upTo(4000));
      expect(outcomes.filter((outcome) => !outcome.ok && outcome.injected)).toHaveLength(hit.length);
      return hit.sort((a, b) => a - b);
    };
    const one = await failing(1, 7);
    // Binomial(4000, 0.05): 200 ± 4 standard deviations of 13.8.
    expect(one.length).toBeGreaterThan(145);
    expect(one.length).toBeLessThan(255);
    expect(await failing(16, 7)).toEqual(one);
    expect(await failing(1, 8)).not.toEqual(one);
  });
});
