import { describe, expect, it } from 'vitest';
import { BENCHMARKS, selectBenchmarks } from '../../../../src/cli/bench/catalogue.ts';
import { atOnce, inARow, type Benchmark, type BenchPlace } from '../../../../src/cli/bench/benchmark.ts';
import { measure } from '../../../../src/cli/bench/measure.ts';
import { runBenchmarks } from '../../../../src/cli/bench/runBenchmarks.ts';
import { Lifecycle } from '../../../../src/resilience/lifecycle.ts';

interface Counted extends Benchmark {
  ran: number;
  closed: number;
}

/** A benchmark that counts what happens to it. */
function counted(name: string, round: () => unknown = () => undefined): Counted {
  const benchmark: Counted = {
    ...{ group: 'group', name, operations: 4, ran: 0, closed: 0 },
    prepare: async () => ({
      ready: true,
      round: async () => {
        benchmark.ran += 1;
        return round();
      },
      close: async () => void (benchmark.closed += 1),
    }),
  };
  return benchmark;
}

function run(benchmarks: readonly Benchmark[], lifecycle = new Lifecycle(), started: string[] = []) {
  const place: BenchPlace = { folder: '/', chromium: undefined, lifecycle };
  return runBenchmarks(benchmarks, { timeMs: 1, place, onStart: ({ name }) => started.push(name) });
}

describe('a run of benchmarks', () => {
  it('measures each, compares it with the first of its group, and closes it', async () => {
    const slow = async () => new Promise((resolve) => setTimeout(resolve, 3));
    const [first, second] = [{ ...counted('first', slow), baseline: true as const }, counted('second')];
    const started: string[] = [];
    const { rows, leftOut } = await run([first, second], new Lifecycle(), started);
    expect(started).toEqual(['first', 'second']);
    expect(leftOut).toEqual([]);
    expect(rows).toMatchObject([
      { group: 'group', name: 'first', operations: 4, ratio: null },
      { group: 'group', name: 'second', operations: 4 },
    ]);
    const [one, two] = rows;
    expect(two?.ratio).toBeCloseTo((one?.medianMs ?? NaN) / (two?.medianMs ?? NaN), 6);
    expect(second.closed).toBe(1);
  });

  it('says what one operation of a round takes, and how many there are in a second', async () => {
    const slow = async () => new Promise((resolve) => setTimeout(resolve, 8));
    const [row] = (await run([counted('eight milliseconds for four', slow)])).rows;
    // A timer may be late, but hardly early: four operations in 8 ms are 2 ms each at the least.
    expect(row?.medianMs).toBeGreaterThan(1.7);
    expect(row?.p99Ms).toBeGreaterThanOrEqual(row?.medianMs ?? NaN);
    const rounds = row?.roundsMs ?? [];
    expect(rounds.length).toBeGreaterThanOrEqual(10);
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
    expect(row?.opsPerSecond).toBeCloseTo(1_000 / (rounds.reduce((sum, ms) => sum + ms, 0) / rounds.length), 6);
  });

  it('leaves out what cannot run here, with the reason, and goes on', async () => {
    const absent: Benchmark = { group: 'browser', name: 'absent', operations: 1, prepare: async () => ({ ready: false, reason: 'none' }) };
    const { rows, leftOut } = await run([absent, counted('present')]);
    expect(leftOut).toEqual([{ group: 'browser', name: 'absent', reason: 'none' }]);
    expect(rows.map(({ name, ratio }) => [name, ratio])).toEqual([['present', null]]);
  });

  it('says what failed and why, closes it all the same, and goes on', async () => {
    const failing = counted('failing', () => {
      throw new Error('no answer');
    });
    const { rows, failed } = await run([failing, counted('next')]);
    expect(failed).toEqual([{ group: 'group', name: 'failing', reason: 'no answer' }]);
    expect(rows.map(({ name }) => name)).toEqual(['next']);
    expect(failing.closed).toBe(1);
  });

  it('ends with the round under way when it is interrupted, closes it, and begins no other', async () => {
    const lifecycle = new Lifecycle();
    const endless = counted('endless', () => void lifecycle.shutdown('interrupted'));
    const next = counted('next');
    const outcome = await run([endless, next], lifecycle);
    expect({ ...outcome, ran: endless.ran, closed: endless.closed, next: next.ran }).toEqual({
      ...{ rows: [], leftOut: [], failed: [], ran: 1, closed: 1, next: 0 },
    });
  });

  it('takes what an interrupted benchmark throws for a part of the interruption', async () => {
    const lifecycle = new Lifecycle();
    const cut = counted('cut', async () => {
      await lifecycle.shutdown('interrupted');
      throw new Error('BrowserPool is closed');
    });
    expect(await run([cut], lifecycle)).toEqual({ rows: [], leftOut: [], failed: [] });
    const early = new Lifecycle();
    const prepare = async (): Promise<never> => {
      await early.shutdown('interrupted');
      throw new Error('no browser could be started');
    };
    expect(await run([{ group: 'browser', name: 'early', operations: 1, prepare }], early)).toEqual({ rows: [], leftOut: [], failed: [] });
  });
});

describe('a measurement', () => {
  it('is none when the signal ends it', async () => {
    const abort = new AbortController();
    expect(await measure(async () => abort.abort(), 1, { timeMs: 60_000, rounds: 10, signal: abort.signal })).toBeUndefined();
  });
});

describe('a benchmark', () => {
  it('does its operation as often as it says, one after the other', async () => {
    let most = 0;
    let running = 0;
    let calls = 0;
    const operation = async (): Promise<void> => {
      calls += 1;
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
    };
    const prepared = await inARow('group', 'row', 7, () => operation).prepare(place());
    if (prepared.ready) await prepared.round();
    expect([calls, most]).toEqual([7, 1]);
  });

  it('has as many callers at once as it says, beside those that get their turn', async () => {
    let calls = 0;
    const benchmark = atOnce('pool', 1_500, 3, () => async () => void (calls += 1));
    const prepared = await benchmark.prepare(place());
    if (prepared.ready) await prepared.round();
    expect([calls, benchmark.operations, benchmark.name]).toEqual([1_503, 1_503, '1,500 waiters']);
  });

  const place = (): BenchPlace => ({ folder: '/', chromium: undefined, lifecycle: new Lifecycle() });
});

describe('the catalogue of benchmarks', () => {
  it('has one baseline in each group, which comes first', () => {
    const groups = new Set(BENCHMARKS.map(({ group }) => group));
    for (const name of groups) {
      const baselines = BENCHMARKS.filter(({ group }) => group === name).map(({ baseline }) => baseline === true);
      expect([name, ...baselines]).toEqual([name, true, ...baselines.slice(1).fill(false)]);
    }
  });

  it('is filtered by words of group and name', () => {
    const names = (words: readonly string[]) => selectBenchmarks(words).map(({ group, name }) => `${group} ${name}`);
    expect(names(['pool', 'waiters'])).toEqual(['pool 100 waiters', 'pool 50,000 waiters']);
    expect(names(['httppool'])).toEqual(['http HttpPool']);
    expect(names([])).toHaveLength(BENCHMARKS.length);
  });
});
