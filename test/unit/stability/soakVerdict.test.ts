import { describe, expect, it } from 'vitest';
import { DEFAULT_CRITERIA } from '../../../src/core/criteria.ts';
import { SoakHistory } from '../../../src/core/soakHistory.ts';
import { encodeSoakEntry, type SoakEntry } from '../../../src/core/soakJournal.ts';
import { LatencyHistogram } from '../../../src/stability/latency.ts';
import { judgeHistory } from '../../../src/stability/soakVerdict.ts';

const PLAN = { iterations: 1000, concurrency: 1, errorRate: 0, seed: 1, directory: '/soak', resume: false };

/** A journal of 1000 iterations, or the first of them; `end` is left out for a run that was killed. */
function journal(
  fds: (iteration: number) => number,
  end?: { cutShort: string | null },
  latencyMs: (iteration: number) => number = () => 5,
  upTo = 1000,
) {
  const history = new SoakHistory();
  const write = (entry: SoakEntry): void => {
    history.read(encodeSoakEntry(entry));
  };
  write({ type: 'header', version: 1, name: 'drawer', testId: 'a1', file: 'a.spec.ts', seed: 1, startedAt: '', plan: PLAN });
  write({ type: 'segment', segment: 0, pid: 1, startedAt: '', iterations: 1000, criteria: DEFAULT_CRITERIA, plan: PLAN });
  write({ type: 'warmUp', segment: 0, iterations: 50, elapsedMs: 1 });
  for (let iteration = 0; iteration <= upTo; iteration += 20) {
    const recent = new LatencyHistogram();
    for (let index = 0; index < 20 && iteration > 0; index += 1) recent.record(latencyMs(iteration));
    const errors = { count: iteration / 500, unhandled: 0, messages: iteration < 500 ? [] : ['no tea'] };
    const reading = { fds: fds(iteration), p95Ms: recent.quantile(0.95) };
    write({ type: 'sample', segment: 0, iteration, elapsedMs: iteration * 5, reading, latency: recent.buckets(), errors });
  }
  if (end !== undefined) write({ type: 'end', segment: 0, ...end });
  return history;
}

describe('a scenario that is judged by its journal', () => {
  it('leaks when its journal does, however its worker ended', () => {
    const leaky = (iteration: number): number => 20 + Math.floor(iteration / 20);
    for (const end of [undefined, { cutShort: null }, { cutShort: 'cut short: SIGTERM' }]) {
      expect(judgeHistory(journal(leaky, end), 'cut short: killed')).toMatchObject({
        verdict: 'leak',
        failed: true,
        shape: 'linear',
        iterations: 1000,
      });
    }
  });

  it('passes when its worker came to the end and it is flat, and is inconclusive when that was killed', () => {
    const flat = (): number => 20;
    expect(judgeHistory(journal(flat, { cutShort: null }), 'cut short: killed')).toMatchObject({
      verdict: 'pass',
      failed: false,
      warmUp: 50,
    });
    const killed = judgeHistory(journal(flat), 'cut short: killed');
    expect(killed).toMatchObject({ verdict: 'inconclusive', failed: false });
    expect(killed.reasons).toContain('cut short: killed');
    expect(judgeHistory(journal(flat, { cutShort: 'cut short: SIGINT' }), 'cut short: killed').reasons).toContain('cut short: SIGINT');
  });

  it.each([
    [1_500, 'pass'],
    [10_000, 'leak'],
  ] as const)('that ran by time and came to few iterations may grow as much in all as a thousand: %i B each, %s', (bytes, verdict) => {
    const history = new SoakHistory();
    const { iterations: _, ...rest } = PLAN;
    const plan = { ...rest, durationMs: 141_000 };
    const write = (entry: SoakEntry): void => {
      history.read(encodeSoakEntry(entry));
    };
    write({ type: 'header', version: 1, name: 'drawer', testId: 'a1', file: 'a.spec.ts', seed: 1, startedAt: '', plan });
    write({ type: 'segment', segment: 0, pid: 1, startedAt: '', iterations: null, criteria: DEFAULT_CRITERIA, plan });
    for (let iteration = 0; iteration <= 141; iteration += 1) {
      const reading = { heapBytes: 50_000_000 + bytes * iteration };
      const errors = { count: 0, unhandled: 0, messages: [] };
      write({ type: 'sample', segment: 0, iteration, elapsedMs: iteration * 1000, reading, latency: null, errors });
    }
    write({ type: 'end', segment: 0, cutShort: null });
    expect(judgeHistory(history, 'killed')).toMatchObject({ verdict, iterations: 141 });
  });

  it('is inconclusive when its worker was killed before a pool was full, whatever was open at that moment', () => {
    const pool = (iteration: number): number => 20 + Math.min(12, Math.floor(iteration / 40));
    for (const upTo of [300, 460]) {
      const killed = judgeHistory(journal(pool, undefined, undefined, upTo), 'cut short: killed');
      expect(killed).toMatchObject({ verdict: 'inconclusive', failed: false, iterations: upTo });
      expect(killed.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')?.held).toBeNull();
    }
    const whole = judgeHistory(journal(pool, { cutShort: null }), 'cut short: killed');
    expect(whole.metrics).toMatchObject([{ name: 'fds', verdict: 'pass', shape: 'plateau' }]);
    expect(whole.outcomes.find(({ name }) => name === 'fdsAboveStartAtEnd')).toMatchObject({ actual: 12, held: false });
  });

  describe('over several processes', () => {
    /** Of a thousand iterations, read at every twentieth; the processes go on after one another at these. */
    const resumed = (joins: readonly number[], course: (own: number) => Record<string, number>): SoakHistory => {
      const history = new SoakHistory();
      const write = (entry: SoakEntry): void => {
        history.read(encodeSoakEntry(entry));
      };
      const errors = { count: 0, unhandled: 0, messages: [] };
      write({ type: 'header', version: 1, name: 'drawer', testId: 'a1', file: 'a.spec.ts', seed: 1, startedAt: '', plan: PLAN });
      for (const [segment, start] of [0, ...joins].entries()) {
        write({ type: 'segment', segment, pid: segment + 1, startedAt: '', iterations: 1000, criteria: DEFAULT_CRITERIA, plan: PLAN });
        for (let iteration = start; iteration <= (joins[segment] ?? 1000); iteration += 20) {
          const reading = course(iteration - start);
          write({ type: 'sample', segment, iteration, elapsedMs: iteration, reading, latency: null, errors });
        }
      }
      write({ type: 'end', segment: joins.length, cutShort: null });
      return history;
    };
    const JOINS = [160, 320, 480, 640, 800];

    it('passes with a pool that each of them fills anew', () => {
      const pool = resumed(JOINS, (own) => ({ fds: 24 + Math.min(6, Math.floor(own / 12)) }));
      expect(pool.series.last).toMatchObject({ fds: 60 });
      expect(judgeHistory(pool, 'killed')).toMatchObject({ verdict: 'pass', failed: false });
    });

    it('leaks with what grows in each of them to its end', () => {
      const leaky = resumed(JOINS, (own) => ({ fds: 24 + Math.floor(own / 20) }));
      expect(judgeHistory(leaky, 'killed')).toMatchObject({ verdict: 'leak', failed: true });
    });

    it('passes when all of it does, however few readings remain without their beginnings', () => {
      const flat = resumed([20, 40, 60, 80, 100], () => ({ fds: 24, heapBytes: 40_000_000 }));
      expect(judgeHistory(flat, 'killed')).toMatchObject({ verdict: 'pass', failed: false });
      const short = resumed([600, 980], (own) => ({ heapBytes: 40_000_000 + (own % 40) * 100 }));
      expect(judgeHistory(short, 'killed')).toMatchObject({ verdict: 'pass', failed: false });
    });
  });

  it('has the errors and the latencies of the whole run', () => {
    const { errors, latency, notes } = judgeHistory(
      journal(
        () => 20,
        undefined,
        (iteration) => (iteration <= 900 ? 5 : 10),
      ),
      'killed',
    );
    expect(errors).toEqual({ count: 2, rate: 0.002, unhandled: 0, messages: ['no tea'] });
    expect(latency?.p50Ms).toBeCloseTo(5, 0);
    expect(latency?.degradation).toBeCloseTo(1, 1);
    expect(notes[0]).toContain('judged by its journal');
  });

  it.each([
    [150_000_000, undefined, 'ran out of memory, it seems: at the last reading its heap had 150.0 MB of the 200.0 MB that --memory-limit'],
    [100_000_000, undefined, 'killed'],
    [150_000_000, { cutShort: 'cut short: SIGTERM' }, 'cut short: SIGTERM'],
  ])('whose heap had %i bytes of 200 MB when its worker ended, with %j in its journal, says why', (heapBytes, end, reason) => {
    const history = new SoakHistory();
    const plan = { ...PLAN, memoryLimitBytes: 200_000_000 };
    const errors = { count: 0, unhandled: 0, messages: [] };
    const sample = { type: 'sample', latency: null, errors } as const;
    const entries: SoakEntry[] = [
      { type: 'header', version: 1, name: 'drawer', testId: 'a1', file: 'a.spec.ts', seed: 1, startedAt: '', plan },
      { type: 'segment', segment: 0, pid: 1, startedAt: '', iterations: 1000, criteria: DEFAULT_CRITERIA, plan },
      { ...sample, segment: 0, iteration: 0, elapsedMs: 0, reading: { heapBytes: 190_000_000 } },
      { type: 'segment', segment: 1, pid: 2, startedAt: '', iterations: 1000, criteria: DEFAULT_CRITERIA, plan },
      { ...sample, segment: 1, iteration: 0, elapsedMs: 0, reading: { heapBytes: 45_000_000 } },
      { ...sample, segment: 1, iteration: 20, elapsedMs: 1, reading: { heapBytes } },
      { ...sample, segment: 1, iteration: 40, elapsedMs: 2, reading: { heapBytes: null } },
      ...(end === undefined ? [] : [{ type: 'end', segment: 1, ...end } as const]),
    ];
    for (const entry of entries) history.read(encodeSoakEntry(entry));
    expect(judgeHistory(history, 'killed').reasons.join()).toContain(reason);
  });

  it('says so when nothing was measured', () => {
    const history = new SoakHistory();
    expect(judgeHistory(history, 'killed')).toMatchObject({ verdict: 'inconclusive', iterations: 0, latency: null });
  });
});
