import { describe, expect, it } from 'vitest';
import { EvenSeries } from '../../../src/core/evenSeries.ts';
import type { Scenario } from '../../../src/core/scenario.ts';
import type { Reading } from '../../../src/stability/meter.ts';
import type { Body } from '../../../src/stability/rounds.ts';
import { planRun, type RunPlan, type StabilityOptions } from '../../../src/stability/runPlan.ts';
import type { Checkpoint, ScenarioParts } from '../../../src/stability/scenarioParts.ts';
import { ScenarioRun } from '../../../src/stability/scenarioRun.ts';
import { HEAP_NOISE, leaking, seeded } from '../core/simulatedRuns.ts';
import { ScriptedMeter, VirtualClock } from './virtualRun.ts';

interface Stage {
  readonly run: ScenarioRun;
  readonly meter: ScriptedMeter;
  readonly clock: VirtualClock;
  readonly checkpoints: Checkpoint[];
  /** Iterations that have ended, warm-up included. */
  done(): number;
}

const MB = 1_000_000;
const NO_ERRORS = { count: 0, rate: 0, unhandled: 0, messages: [] };

/**
 * A run of iterations of 1 ms. `read` is given the number of iterations that have ended, warm-up not included, and whether the reading
 * waits for what still closes; its `garbage` is in the heap's bound.
 */
function stage(
  options: StabilityOptions,
  read: (iteration: number, final: boolean) => Reading,
  body: Body = () => undefined,
  more: Partial<ScenarioParts> = {},
): Stage {
  const clock = new VirtualClock();
  const checkpoints: Checkpoint[] = [];
  const plan = planRun(options);
  let done = 0;
  const meter = new ScriptedMeter(clock, 20, ({ memory, final }) => {
    const { heapBytes, garbage, ...counts } = read(Math.max(0, done - plan.warmUp), final);
    // Pages are read with the memory.
    if (memory === 'none') return Object.fromEntries(Object.entries(counts).filter(([name]) => !name.includes('.')));
    if (typeof heapBytes !== 'number') return counts;
    return { ...counts, heapBytes: heapBytes + (memory === 'bound' ? (garbage ?? 0) : 0) };
  });
  const run = new ScenarioRun({
    name: 'drawer',
    plan,
    meter,
    clock,
    body: async (round) => {
      await body(round);
      clock.pass(1);
      done += 1;
    },
    onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    ...more,
  });
  return { run, meter, clock, checkpoints, done: () => done };
}

const soakOf72Hours = (concurrency: number): RunPlan => ({
  ...planRun({ concurrency, warmUp: 0 }),
  ...{ iterations: null, durationMs: 72 * 3_600_000, sampleEveryMs: 300_000, earlyStop: false, extend: false },
});

const metric = (scenario: Scenario, name: string) => scenario.metrics.find((one) => one.name === name);

describe('a scenario', () => {
  it('that leaves everything as it was passes, and ends at half of the iterations because that is certain', async () => {
    const { run, meter } = stage({ iterations: 1000 }, () => ({ fds: 24, contexts: 1 }));
    const scenario = await run.run();
    expect(run.cutShort).toBeNull();
    expect(scenario).toMatchObject({ name: 'drawer', verdict: 'pass', failed: false, iterations: 500, warmUp: 50, shape: 'flat' });
    expect(meter.stopped).toBe(1);
  });

  it('runs to its end when it may not stop early', async () => {
    const { run, done } = stage({ iterations: 1000, earlyStop: false }, () => ({ fds: 24 }));
    expect((await run.run()).iterations).toBe(1000);
    expect(done()).toBe(1050);
  });

  it('that opens a descriptor every hundred iterations leaks, after a longer run agreed', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration) => ({ fds: 24 + Math.floor(iteration / 100) }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'leak', failed: true, shape: 'linear' });
    expect(scenario.iterations).toBeGreaterThan(1000);
    expect(metric(scenario, 'fds')?.slopePerIteration).toBeCloseTo(0.01, 2);
  });

  it('that exceeds the limit of descriptors is over at the next look: no further iteration would mend that', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration) => ({ fds: 24 + Math.floor(iteration / 5) }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'leak', failed: true, iterations: 500 });
    expect(scenario.reasons.join()).toContain('100 descriptors were open above the start (limit 50)');
    const whole = stage({ iterations: 1000, earlyStop: false }, (iteration) => ({ fds: 24 + Math.floor(iteration / 5) }));
    expect((await whole.run.run()).iterations).toBeGreaterThanOrEqual(1000);
  });

  it.each([24, 60])('is not ended early by %i descriptors that are closed a moment after their iteration', async (late) => {
    const { run } = stage({ iterations: 100, warmUp: 0 }, (iteration, final) => ({ fds: 24 + (iteration === 0 || final ? 0 : late) }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'pass', failed: false, reasons: [] });
    expect(scenario.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: 0, held: true });
  });

  it('that ends early holds the descriptors that stay open against the limit of its end', async () => {
    const { run } = stage({ iterations: 100, warmUp: 0 }, (iteration) => ({ fds: iteration === 0 ? 24 : 44 }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'leak', failed: true, iterations: 50 });
    expect(scenario.reasons.join()).toContain('20 descriptors were open above the start when it ended (limit 10)');
  });

  it('that ends early is read twice at its end and told of once, with the latency before it', async () => {
    const { run, meter, checkpoints } = stage({ iterations: 1000 }, () => ({ fds: 24 }));
    expect(await run.run()).toMatchObject({ iterations: 500 });
    expect(meter.depths.slice(-3).map(({ final }) => final)).toEqual([false, false, true]);
    expect(checkpoints.slice(-2).map(({ iteration }) => iteration)).toEqual([480, 500]);
    expect(checkpoints.at(-1)?.point['p95Ms']).toBeCloseTo(1, 1);
    expect(checkpoints.at(-1)?.latency).not.toEqual([]);
  });

  it('that failed too often in the iterations planned is not extended, which would make that a smaller share', async () => {
    const rising = (iteration: number): Reading => ({ fds: 24 + Math.floor(iteration / 10) });
    const body: Body = ({ iteration }) => {
      if (iteration === 10) throw new Error('no such button');
    };
    const failing = await stage({ iterations: 100, warmUp: 0, criteria: { errorRate: 0.009 } }, rising, body).run.run();
    expect(failing).toMatchObject({ iterations: 100, failed: true, errors: { count: 1 } });
    const tolerated = await stage({ iterations: 100, warmUp: 0 }, rising, body).run.run();
    expect(tolerated.iterations).toBeGreaterThan(100);
  });

  it('is judged at its end when it may not be extended', async () => {
    const { run } = stage({ iterations: 1000, extend: false }, (iteration) => ({ fds: 24 + Math.floor(iteration / 100) }));
    expect(await run.run()).toMatchObject({ verdict: 'leak', iterations: 1000 });
  });

  it('that closes the page it began with is judged without it, in no more iterations', async () => {
    const recycling = (closed: readonly string[]): Promise<Scenario> => {
      const { run, meter } = stage({ iterations: 1000 }, (iteration) => ({ fds: 24, 'shop.domNodes': iteration === 0 ? 7 : null }));
      meter.closedMetrics = closed;
      return run.run();
    };
    const closed = await recycling(['shop.domNodes', 'shop.heapBytes']);
    expect(closed).toMatchObject({ verdict: 'pass', iterations: 500, reasons: [] });
    expect(closed.metrics.map(({ name }) => name)).toEqual(['fds']);
    expect(await recycling([])).toMatchObject({ verdict: 'inconclusive', iterations: 2000 });
  });

  it('that fills a cache of five hundred entries passes', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration) => ({ fds: 24, heapBytes: 50 * MB + 10_000 * Math.min(iteration, 500) }));
    expect(await run.run()).toMatchObject({ verdict: 'pass' });
  });

  it('that keeps 2 kB an iteration leaks', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration) => ({ fds: 24, heapBytes: 50 * MB + 2000 * iteration }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'leak', shape: 'linear' });
    expect(metric(scenario, 'heapBytes')?.slopePerIteration).toBeCloseTo(2000, -1);
  });

  it('of a hundred iterations may grow by as much in all as one of a thousand, for compiling does not become less', async () => {
    const growing = (bytes: number) => stage({ iterations: 100 }, (iteration) => ({ heapBytes: 50 * MB + bytes * iteration })).run.run();
    expect(await growing(3_000)).toMatchObject({ verdict: 'pass' });
    expect(await growing(10_000)).toMatchObject({ verdict: 'leak' });
  });

  /** A run of so many milliseconds, sampled every second. */
  const byTime = (durationMs: number): RunPlan => ({
    ...planRun({ warmUp: 0 }),
    ...{ iterations: null, durationMs, sampleEveryMs: 1000, earlyStop: false, extend: false },
  });

  it('by time that comes to few iterations is held to the same growth in all as one that was to have so few', async () => {
    const growing = async (bytes: number, iterations: number): Promise<unknown> => {
      const { run, clock } = stage(
        { warmUp: 0 },
        (iteration) => ({ heapBytes: 50 * MB + bytes * iteration }),
        () => clock.pass(999),
        { plan: byTime(iterations * 1000) },
      );
      const scenario = await run.run();
      expect(scenario.iterations).toBeCloseTo(iterations, -1);
      return scenario.verdict;
    };
    expect(await growing(1_500, 141)).toBe('pass');
    expect(await growing(10_000, 141)).toBe('leak');
    expect(await growing(1_500, 1500)).toBe('leak');
  });

  it.each([20, 40, 100, 500, 879])(
    'of so few iterations that memory is only judged by a line gets the readings for one: %i',
    async (iterations) => {
      const { run } = stage({ iterations, warmUp: 0 }, () => ({ heapBytes: 50 * MB }));
      const scenario = await run.run();
      expect(scenario).toMatchObject({ verdict: 'pass', reasons: [] });
      expect(scenario.iterations).toBeLessThanOrEqual(iterations);
    },
  );

  it('takes the garbage collector for a few hundredths of the time while nothing is suspected, and for every sample when it is', async () => {
    const collections = async (bytes: number, iterations = 1000): Promise<number> => {
      const { run, meter } = stage({ iterations, earlyStop: false, extend: false }, (iteration) => ({
        heapBytes: 50 * MB + bytes * iteration,
      }));
      await run.run();
      return meter.depths.filter(({ memory }) => memory === 'live').length;
    };
    // 20 ms a collection, of which 40 ms are affordable in 1,000 ms of iterations: the baseline's and one more.
    expect(await collections(0)).toBe(1);
    expect(await collections(0, 10_000)).toBeGreaterThan(10);
    expect(await collections(0, 10_000)).toBeLessThanOrEqual(19);
    expect(await collections(2000)).toBeGreaterThan(30);
  });

  it.each([
    ['little garbage may read the bound of what lives, without a collection in the middle', 20_000, 1],
    ['half as much garbage as a leak would add may do so as well', 250_000, 1],
    ['three quarters of it may do so at the end', 375_000, 2],
    ['much garbage is collected, for a leak could hide in it', MB, 3],
  ])('of quick iterations with %s', async (_, garbage, collections) => {
    const { run, meter } = stage({ iterations: 1000, earlyStop: false, extend: false }, () => ({ heapBytes: 50 * MB, garbage }));
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'pass', iterations: 1000 });
    expect(meter.depths.map(({ memory }) => memory)).toContain('bound');
    expect(scenario.series.some(({ heapBytes }) => heapBytes === 50 * MB + garbage)).toBe(garbage < MB);
    // Beside the baseline's; in the first two it can be afforded by the end.
    expect(meter.depths.filter(({ memory }) => memory === 'live').length).toBe(collections);
    // The baseline and three more, however each was had.
    expect(scenario.series.filter(({ heapBytes }) => typeof heapBytes === 'number').length).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ['leaves in it what it found', () => 40, 'pass'],
    ['draws and clears it', (iteration: number) => 40 + (iteration % 7), 'pass'],
    ['adds a node in every hundredth', (iteration: number) => 40 + Math.floor(iteration / 100), 'leak'],
  ] as const)('of quick iterations beside an open page, which is read with the memory, %s', async (_, nodes, verdict) => {
    const plan = { iterations: 1000, earlyStop: false, extend: false };
    const { run, meter } = stage(plan, (iteration) => ({ fds: 24, heapBytes: 50 * MB, 'shop.domNodes': nodes(iteration) }));
    expect(await run.run()).toMatchObject({ verdict, iterations: 1000, reasons: verdict === 'pass' ? [] : [expect.any(String)] });
    expect(meter.depths.filter(({ memory }) => memory !== 'none').length).toBeGreaterThanOrEqual(25);
  });

  it('that runs by time reads an open page all along, not only at its beginning', async () => {
    const options = { warmUp: 0, earlyStop: false, extend: false };
    const plan = { ...planRun(options), iterations: null, durationMs: 10_000, sampleEveryMs: 100 };
    const read = (iteration: number) => ({ heapBytes: 50 * MB, 'shop.domNodes': 40 + Math.floor(iteration / 100) });
    const { run } = stage(options, read, undefined, { plan });
    const { verdict, iterations, series } = await run.run();
    expect(verdict).toBe('leak');
    const readings = series.filter((point) => typeof point['shop.domNodes'] === 'number').map((point) => point.iteration / iterations);
    expect(readings.filter((share) => share > 0.5).length).toBeGreaterThanOrEqual(10);
  });

  it('whose garbage would hide that live memory grows is found out', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration) => ({ heapBytes: 50 * MB + 2000 * iteration, garbage: MB }));
    expect(await run.run()).toMatchObject({ verdict: 'leak' });
  });

  it.each(Object.entries(HEAP_NOISE))('of quick iterations is never cleared of a leak by few readings: %s', async (_, noise) => {
    const verdicts: unknown[] = [];
    for (let seed = 0; seed < 20; seed += 1) {
      const random = seeded(seed);
      const [leak, scatter] = [leaking(2)(random), noise(random)];
      const { run } = stage({ iterations: 1000, earlyStop: false, extend: false }, (iteration) => ({
        heapBytes: 50 * MB + leak(iteration) + scatter(iteration),
        garbage: 135 * iteration,
      }));
      verdicts.push((await run.run()).verdict);
    }
    expect(verdicts).not.toContain('pass');
    expect(verdicts).toContain('leak');
  });

  it('whose iterations all throw is given up with the reason, not passed', async () => {
    const { run, done } = stage(
      { iterations: 1000 },
      () => ({ fds: 24 }),
      () => {
        throw new Error('no such \u001b[31mbutton\u001b[39m');
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(run.cutShort).toMatch(/^given up: .*no such button/);
    expect(scenario.reasons.join('\n')).toContain('no such button');
    expect(scenario.errors.messages).toEqual(['no such button']);
    expect(done()).toBe(0);
  });

  it('that never works is given up in a run by time as well', async () => {
    const { run, done } = stage(
      {},
      () => ({ fds: 24 }),
      () => {
        throw new Error('no such button');
      },
      { plan: soakOf72Hours(1) },
    );
    expect(await run.run()).toMatchObject({ verdict: 'inconclusive', failed: true, errors: { count: 20 } });
    expect(done()).toBe(0);
  });

  it.each([1, 100])(
    'of 72 hours survives two hundred failures in a row, as while a server restarts, at a concurrency of %i',
    async (concurrency) => {
      const { run, clock } = stage(
        {},
        () => ({ fds: 24 }),
        ({ iteration }) => {
          clock.pass(10_000);
          if (iteration >= 15_000 && iteration < 15_200) throw new Error('ECONNREFUSED');
        },
        { plan: soakOf72Hours(concurrency) },
      );
      const scenario = await run.run();
      expect(scenario).toMatchObject({ verdict: 'pass', failed: false, errors: { count: 200 } });
      expect(scenario.iterations).toBeGreaterThan(25_000);
    },
  );

  it('of 72 hours is given up when nothing works any more, and fails, though the share of errors is still allowed', async () => {
    const { run, clock } = stage(
      {},
      () => ({ fds: 24 }),
      ({ iteration }) => {
        clock.pass(iteration < 40_000 ? 5_000 : 20_000);
        if (iteration >= 40_000) throw new Error('ECONNREFUSED');
      },
      { plan: soakOf72Hours(1) },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(scenario.errors.rate).toBeLessThan(0.01);
    // 1 % of 72 hours, 20 s a failure.
    expect(scenario.errors.count).toBe(131);
    expect(scenario.reasons.join()).toContain('ECONNREFUSED');
  });

  it('of many iterations survives an outage of as many as may fail in all', async () => {
    const { run } = stage(
      { iterations: 10_000, earlyStop: false },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration >= 5000 && iteration < 5099) throw new Error('ECONNREFUSED');
      },
    );
    expect(await run.run()).toMatchObject({ verdict: 'pass', failed: false, iterations: 10_000, errors: { count: 99 } });
  });

  it('may fail in one iteration of a hundred, and not in three', async () => {
    const failing = async (every: number): Promise<Scenario> =>
      stage(
        { iterations: 300, earlyStop: false },
        () => ({ fds: 24 }),
        ({ iteration }) => {
          if (iteration > 0 && iteration % every === 0) throw new Error('now and then');
        },
      ).run.run();
    expect(await failing(150)).toMatchObject({ verdict: 'pass', failed: false, errors: { count: 1 } });
    expect(await failing(33)).toMatchObject({ failed: true });
  });

  it('may not fail more often because it warms up longer, nor because its warm-up failed', async () => {
    const twice = async (from: number): Promise<Scenario> =>
      stage(
        { iterations: 100, warmUp: 500, earlyStop: false, extend: false },
        () => ({ fds: 24 }),
        ({ iteration }) => {
          if (iteration >= from && iteration < from + 100 && (iteration - from) % 40 === 20) throw new Error('now and then');
        },
      ).run.run();
    const diluted = await twice(0);
    expect(diluted).toMatchObject({ failed: true, iterations: 100, errors: { count: 2, rate: 0.02 }, notes: [] });
    const early = await twice(-500);
    expect(early).toMatchObject({ verdict: 'pass', failed: false, iterations: 100, errors: { count: 0, rate: 0, messages: [] } });
    expect(early.notes).toEqual(['in the warm-up, which does not count, 2 iterations failed: now and then']);
  });

  it('whose warm-up fails more often than the iterations measured may is given up, and says so', async () => {
    const { run, done } = stage(
      { iterations: 1000 },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration % 2 === 0) throw new Error('no such button');
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({
      verdict: 'inconclusive',
      failed: true,
      errors: { count: 0, messages: ['no such button'] },
      notes: [],
    });
    expect(run.cutShort).toBe('given up: 11 of 21 iterations of the warm-up failed: no such button');
    expect(done()).toBe(10);
  });

  it('does not hold injected errors against itself', async () => {
    const options = { iterations: 300, earlyStop: false, inject: { errorRate: 0.2 } };
    const { run } = stage(
      options,
      () => ({ fds: 24 }),
      ({ inject }) => {
        if (inject.fail()) throw new Error('injected');
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'pass', errors: { count: 0 } });
    expect(scenario.notes.join('\n')).toMatch(/\d+ iterations failed because they were told to/);
  });

  it('that is aborted keeps what was measured so far, and says why', async () => {
    let aborted: Promise<Scenario> | undefined;
    const { run } = stage(
      { iterations: 1000 },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration === 200) aborted = run.abort('the test timed out');
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive' });
    expect(run.cutShort).toBe('the test timed out');
    expect(scenario.reasons.join()).toContain('the test timed out');
    expect(scenario.series.length).toBeGreaterThanOrEqual(10);
    expect(await aborted).toBe(scenario);
  });

  it.each([
    ['leaks', (iteration: number) => iteration, 'leak'],
    ['holds', () => 24, 'inconclusive'],
  ])('that %s can be asked for the verdict there would be if it ended now, and goes on', async (_, fds, verdict) => {
    let sofar: Scenario | undefined;
    const { run } = stage(
      { iterations: 1000, earlyStop: false, extend: false },
      (iteration) => ({ fds: fds(iteration) }),
      ({ iteration }) => {
        if (iteration === 700) sofar = run.sofar('the worker was killed');
      },
    );
    const scenario = await run.run();
    expect(sofar).toMatchObject({ verdict, iterations: 701, findings: [] });
    expect(sofar?.reasons).toContain('the worker was killed');
    expect(scenario.iterations).toBe(1000);
    expect(scenario.reasons).not.toContain('the worker was killed');
  });

  it('whose body never resolves does not hold back the verdict when it is aborted', async () => {
    let reached = (): void => undefined;
    const hanging = new Promise<void>((resolve) => (reached = resolve));
    const { run, meter, clock } = stage(
      { iterations: 100, warmUp: 0, earlyStop: false },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration < 50) return undefined;
        reached();
        return new Promise(() => undefined);
      },
    );
    const running = run.run();
    await hanging;
    const given = run.abort('the test timed out');
    while (clock.pending === 0) await Promise.resolve();
    clock.pass(10_000);
    const scenario = await given;
    expect(scenario.reasons).toContain('the test timed out; 1 iteration has not ended');
    expect(meter.stopped).toBe(1);
    expect(await running).toBe(scenario);
  });

  /** Ends when its signal says so, and throws that. */
  const untilAborted: Body = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    });

  it.each([
    ['its first iterations', 0],
    ['its warm-up', 50],
  ])('that is given up in %s ends what runs by its signal, and does not count what that throws', async (_, warmUp) => {
    const { run, clock } = stage(
      { iterations: 1000, warmUp, concurrency: 2 },
      () => ({ fds: 24 }),
      (round) => {
        if (round.iteration === -warmUp) return untilAborted(round);
        throw new Error('no such button');
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true, errors: { messages: ['no such button'] } });
    expect(run.cutShort).toMatch(/^given up: \d+ of \d+ iterations( of the warm-up)? failed: no such button$/);
    expect(clock.pending).toBe(0);
  });

  it.each([0, 60_000])('that is given up does not wait for an iteration that does not heed its signal, limited to %i ms', async (limit) => {
    const { run, clock, meter } = stage(
      { iterations: 1000, warmUp: 0, concurrency: 2, iterationTimeout: limit },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration === 0) return new Promise(() => undefined);
        throw new Error('no such button');
      },
    );
    const running = run.run();
    while (run.cutShort === null) await new Promise(setImmediate);
    clock.pass(10_000);
    const scenario = await running;
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(run.cutShort).toMatch(/^given up: .*; 1 iteration has not ended$/);
    expect(meter.depths).toEqual([]);
    // Not its own time limit either.
    expect(clock.pending).toBe(0);
  });

  /** A run of two at a time that is asked to stop while this one runs. */
  async function stoppedBeside(body: Body): Promise<{ readonly scenario: Scenario; readonly aborted: boolean }> {
    let asked = false;
    let aborted = false;
    const { run, clock } = stage(
      { iterations: 1000, warmUp: 0, concurrency: 2 },
      (iteration) => ({ fds: iteration === 0 ? 24 : 44 }),
      async (round) => {
        if (round.iteration === 121) {
          asked = true;
          await body(round);
        }
        aborted ||= round.signal.aborted;
      },
      { stopRequested: () => (asked ? 'SIGTERM' : null) },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ iterations: 122, errors: { count: 0, messages: [] } });
    expect(run.cutShort).toBe('SIGTERM');
    expect(clock.pending).toBe(0);
    return { scenario, aborted };
  }

  it('that is asked to stop ends what runs by its signal, and accuses nobody of what that had no time to close', async () => {
    const { scenario } = await stoppedBeside(untilAborted);
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: false });
    expect(scenario.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: null, held: null });
  });

  it('that is asked to stop is still read at its end when what runs comes to its own end', async () => {
    const { scenario, aborted } = await stoppedBeside(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    expect(aborted).toBe(true);
    expect(scenario).toMatchObject({ verdict: 'leak' });
    expect(scenario.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: 20, held: false });
  });

  it('stops between two iterations when it is asked to', async () => {
    let asked = false;
    const { run } = stage(
      { iterations: 1000 },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        asked = iteration === 120;
      },
      { stopRequested: () => (asked ? 'SIGTERM' : null) },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ iterations: 121, verdict: 'inconclusive' });
    expect(run.cutShort).toBe('SIGTERM');
    expect(scenario.reasons).toContain('SIGTERM');
  });

  it('does not count what iterations throw, or nobody handles, because whoever stops it closes what they work with', async () => {
    let closed = false;
    let report = (_error: unknown): void => undefined;
    const { run } = stage(
      { iterations: 1000, concurrency: 3, criteria: { errorRate: 0 } },
      () => ({ fds: 24 }),
      async ({ iteration }) => {
        if (iteration === 120) closed = true;
        await Promise.resolve();
        if (!closed) return;
        report(new Error('page closed'));
        throw new Error('page closed');
      },
      {
        stopRequested: () => (closed ? 'the test timed out' : null),
        watchUnhandled: (onError) => {
          report = onError;
          return () => undefined;
        },
      },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: false, errors: { count: 0, unhandled: 0, messages: [] } });
    expect(scenario.reasons).toContain('the test timed out');
  });

  /** A run that is asked to stop at this iteration. */
  async function cutAt(at: number, options: StabilityOptions, read: (iteration: number) => Reading, plan?: RunPlan): Promise<Scenario> {
    let asked = false;
    const { run } = stage(
      options,
      read,
      ({ iteration }) => {
        asked = iteration + 1 === at;
      },
      { stopRequested: () => (asked ? 'SIGTERM' : null), ...(plan === undefined ? {} : { plan }) },
    );
    const scenario = await run.run();
    expect(scenario).toMatchObject({ iterations: at });
    expect(scenario.reasons).toContain('SIGTERM');
    return scenario;
  }

  it.each([100, 300, 500, 800])('that was cut short at iteration %i takes no pool that still fills for a leak', async (at) => {
    const pool = (iteration: number): Reading => ({
      fds: 24 + Math.min(8, Math.floor(iteration / (at / 7.5))),
      heapBytes: 50 * MB + 10_000 * Math.min(iteration, 900),
    });
    expect(await cutAt(at, { iterations: 1000, earlyStop: false }, pool)).toMatchObject({ verdict: 'inconclusive', failed: false });
    expect(await stage({ iterations: 1000, earlyStop: false }, pool).run.run()).toMatchObject({ verdict: 'pass' });
  });

  it('that was cut short leaks when its plan was fulfilled, and when too many descriptors are open: more iterations mend neither', async () => {
    const options = { iterations: 1000, earlyStop: false };
    const slow = await cutAt(1100, options, (iteration) => ({ fds: 24 + Math.floor(iteration / 100) }));
    expect(slow).toMatchObject({ verdict: 'leak', failed: true, shape: 'linear' });
    const quick = await cutAt(300, options, (iteration) => ({ fds: 24 + Math.floor(iteration / 5) }));
    expect(quick).toMatchObject({ verdict: 'leak', failed: true });
    expect(quick.reasons.join()).toContain('60 descriptors were open above the start (limit 50)');
  });

  it('stops at the next reading when too many pages are open, before they fill the machine, unless all of it was asked for', async () => {
    const leaky = (iteration: number): Reading => ({ fds: 24, pages: 1 + iteration });
    const stopped = await stage({ iterations: 1000 }, leaky).run.run();
    expect(stopped).toMatchObject({ verdict: 'leak', failed: true, iterations: 60 });
    const whole = await stage({ iterations: 1000, earlyStop: false, extend: false }, leaky).run.run();
    expect(whole).toMatchObject({ verdict: 'leak', failed: true, iterations: 1000 });
  });

  it('goes on when pages that were too many close while its reading waits for them', async () => {
    const { run } = stage({ iterations: 1000 }, (iteration, final) => ({ fds: 24, pages: final ? 1 : 1 + Math.min(iteration, 60) }));
    expect(await run.run()).toMatchObject({ verdict: 'pass', failed: false });
  });

  it('by time leaks from half of its time on', async () => {
    const plan = { ...planRun({ warmUp: 0 }), iterations: null, durationMs: 1000, sampleEveryMs: 10, earlyStop: false, extend: false };
    const leaky = (iteration: number): Reading => ({ contexts: Math.floor(iteration / 10) });
    expect(await cutAt(400, { warmUp: 0 }, leaky, plan)).toMatchObject({ verdict: 'inconclusive', failed: false });
    expect(await cutAt(700, { warmUp: 0 }, leaky, plan)).toMatchObject({ verdict: 'leak', failed: true });
  });

  it('compares the descriptors of its end with the start only when its last reading waited for them to close', async () => {
    let at = (): void => undefined;
    const { run } = stage(
      { iterations: 1000 },
      (iteration) => ({ fds: iteration === 0 ? 24 : 44 }),
      ({ iteration }) => {
        if (iteration === 150) at();
      },
    );
    at = () => void run.abort('the test timed out');
    const aborted = await run.run();
    expect(aborted).toMatchObject({ verdict: 'inconclusive', failed: false });
    expect(aborted.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: null, held: null });
    const stopped = await cutAt(150, { iterations: 1000 }, (iteration) => ({ fds: iteration === 0 ? 24 : 44 }));
    expect(stopped.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: 20, held: false });
  });

  it('does not take a reading that was settled once for its end when it went on after it', async () => {
    const { run } = stage(
      { iterations: 100, warmUp: 0 },
      (iteration) => ({ fds: 24 + Math.floor(iteration / 8) }),
      ({ iteration }) => {
        if (iteration === 101) void run.abort('the test timed out');
      },
    );
    const scenario = await run.run();
    expect(scenario.iterations).toBe(102);
    expect(scenario.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: null, held: null });
  });

  it('is sampled only while no iteration runs, at any concurrency', async () => {
    let running = 0;
    const seen: number[] = [];
    const { run } = stage(
      { iterations: 200, concurrency: 9, earlyStop: false },
      () => {
        seen.push(running);
        return { fds: 24 };
      },
      async () => {
        running += 1;
        await Promise.resolve();
        running -= 1;
      },
    );
    expect((await run.run()).iterations).toBe(200);
    expect(new Set(seen)).toEqual(new Set([0]));
  });

  it.each([
    [1000, 100],
    [200, 9],
    [60, 4],
  ])('of %i iterations runs as many at a time as asked for: %i, also while it measures', async (iterations, concurrency) => {
    let running = 0;
    let most = 0;
    const { run } = stage(
      { iterations, concurrency },
      () => ({ fds: 24, heapBytes: 50 * MB }),
      async ({ iteration }) => {
        running += 1;
        if (iteration >= 0) most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      },
    );
    expect(await run.run()).toMatchObject({ verdict: 'pass', reasons: [] });
    expect(most).toBe(concurrency);
  });

  it('that opens a descriptor every ten iterations leaks, also with as many at a time as a verdict allows', async () => {
    const { run } = stage({ iterations: 100, concurrency: 6 }, (iteration) => ({ fds: 24 + Math.floor(iteration / 10) }));
    expect(await run.run()).toMatchObject({ verdict: 'leak', shape: 'linear' });
  });

  it('counts errors that nobody handled', async () => {
    let report = (_error: unknown): void => undefined;
    let watched = true;
    const { run } = stage(
      { iterations: 100 },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration === 30) report(new Error('floating'));
      },
      {
        watchUnhandled: (onError) => {
          report = onError;
          return () => (watched = false);
        },
      },
    );
    expect(await run.run()).toMatchObject({ failed: true, errors: { unhandled: 1, messages: ['floating'] } });
    expect(watched).toBe(false);
  });

  it('moves the pages’ clock on after every iteration, warm-up included, and does not count that as latency', async () => {
    const { run, clock } = stage(
      { iterations: 100, warmUp: 5, earlyStop: false, clock: { advanceMs: 30_000 } },
      () => ({ fds: 24 }),
      undefined,
      {
        advance: (ms) => {
          advanced += ms;
          clock.pass(40);
          return Promise.resolve();
        },
      },
    );
    let advanced = 0;
    const scenario = await run.run();
    expect(advanced).toBe(105 * 30_000);
    expect(scenario.latency?.p95Ms).toBeLessThan(2);
  });

  it('whose pages throw when their clock moves on is reported with what they throw', async () => {
    const { run } = stage({ iterations: 100, clock: { advanceMs: 30_000 } }, () => ({ fds: 24 }), undefined, {
      advance: () => Promise.reject(new Error('no such receipt')),
    });
    const scenario = await run.run();
    expect(scenario).toMatchObject({ verdict: 'inconclusive', failed: true });
    expect(scenario.reasons.join('\n')).toContain('the pages’ clock, after the iteration: no such receipt');
  });

  it('that is resumed goes on where it was: numbers, series, errors', async () => {
    const first = stage(
      { iterations: 100, earlyStop: false },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration === 3) throw new Error('once');
      },
    );
    const before = await first.run.run();
    const numbers: number[] = [];
    const { run } = stage(
      { iterations: 200, earlyStop: false },
      () => ({ fds: 24 }),
      ({ iteration }) => numbers.push(iteration),
      {
        past: { iteration: 100, elapsedMs: 100, series: before.series, stride: 1, joins: [], errors: before.errors, latencies: [] },
      },
    );
    const scenario = await run.run();
    expect(numbers.filter((number) => number >= 0)).toEqual(Array.from({ length: 100 }, (_, index) => 100 + index));
    expect(scenario).toMatchObject({ iterations: 200, errors: { count: 1 } });
    expect(scenario.series[0]?.iteration).toBe(0);
  });

  it('is asked for what has grown along its course, in this process, also where its first reading was above its last', async () => {
    const plan = { iterations: 1000, earlyStop: false, extend: false, criteria: { memoryGrowth: 10 } };
    const heapBytes = (iteration: number) => (iteration === 0 ? 60 * MB : 50 * MB + 4000 * iteration);
    const first = stage(plan, (iteration) => ({ heapBytes: heapBytes(iteration), fds: 24 }));
    const before = await first.run.run();
    expect(before.verdict).toBe('leak');
    expect(Object.keys(first.meter.leaking ?? {})).toEqual(['heapBytes']);
    expect(first.meter.leaking?.['heapBytes']).toBeCloseTo(4 * MB, -6);
    const past = {
      iteration: 750,
      elapsedMs: 750,
      series: before.series.slice(0, 38),
      stride: 1,
      joins: [],
      errors: before.errors,
      latencies: [],
    };
    const second = stage(plan, (iteration) => ({ heapBytes: heapBytes(750 + iteration), fds: 24 }), undefined, { past });
    expect((await second.run.run()).verdict).toBe('leak');
    expect(second.meter.leaking?.['heapBytes']).toBeCloseTo(MB, -6);
  });

  it('tells of every sample', async () => {
    const { run, checkpoints } = stage({ iterations: 100, earlyStop: false, extend: false }, (iteration) => ({ fds: iteration }));
    await run.run();
    expect(checkpoints).toHaveLength(51);
    expect(checkpoints.at(-1)).toMatchObject({ iteration: 100, point: { iteration: 100, fds: 100 }, errors: { count: 0 } });
  });

  it('tells of every iteration, warm-up included, with those that failed', async () => {
    const told: number[] = [];
    const { run } = stage(
      { iterations: 20, warmUp: 3, earlyStop: false, extend: false, criteria: { errorRate: 0.1 } },
      () => ({ fds: 24 }),
      ({ iteration }) => {
        if (iteration === 10) throw new Error('once');
      },
      { onIteration: (failed) => told.push(failed) },
    );
    await run.run();
    expect(told).toEqual([...Array.from({ length: 13 }, () => 0), ...Array.from({ length: 10 }, () => 1)]);
  });

  it('keeps a bounded series of a long run', async () => {
    const plan = { iterations: 20_000, warmUp: 0, earlyStop: false, extend: false };
    const { run, checkpoints } = stage(plan, () => ({ fds: 24 }), undefined, {
      plan: { ...planRun(plan), sampleEveryMs: 5 },
    });
    const { series } = await run.run();
    expect(checkpoints.length).toBeGreaterThan(3000);
    expect(series.length).toBeLessThanOrEqual(401);
    expect(series[0]?.iteration).toBe(0);
    expect(series.at(-1)?.iteration).toBe(20_000);
  });

  it.each([false, true])(
    'whose heap rises by day and falls at night passes over 72 hours, though it ends in the evening; resumed: %s',
    async (resumed) => {
      const DAY = 1440;
      const plan = { ...planRun({ warmUp: 0 }), iterations: null, durationMs: 72 * 3_600_000, sampleEveryMs: 60_000 };
      const sawtooth = (iteration: number): Reading => ({ fds: 24, heapBytes: 50 * MB + 10_000 * (iteration % DAY) });
      const from = resumed ? 2500 : 0;
      const past = new EvenSeries();
      for (let iteration = 0; iteration <= from; iteration += 1) past.add({ iteration, ...sawtooth(iteration) });
      const { run, clock } = stage(
        { warmUp: 0 },
        (iteration) => sawtooth(from + iteration),
        () => clock.pass(59_999),
        {
          plan,
          ...(resumed
            ? {
                past: {
                  iteration: from,
                  elapsedMs: from * 60_000,
                  series: past.points,
                  stride: past.stride,
                  joins: [],
                  errors: NO_ERRORS,
                  latencies: [],
                },
              }
            : {}),
        },
      );
      const scenario = await run.run();
      expect(scenario).toMatchObject({ verdict: 'pass', reasons: [] });
      const iterations = scenario.series.map(({ iteration }) => iteration);
      const third = (scenario.iterations + 1) / 3;
      for (const part of [0, 1, 2]) {
        const within = iterations.filter((iteration) => iteration >= part * third && iteration < (part + 1) * third);
        expect(within.length / iterations.length).toBeCloseTo(1 / 3, 1);
      }
    },
  );
});
