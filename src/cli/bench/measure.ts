// The only file that knows tinybench: to replace the stopwatch is to replace this.
import { Bench } from 'tinybench';

/** How long one operation took; times in milliseconds. */
export interface Measurement {
  readonly opsPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Relative margin of error of the mean, in percent, at 95 % confidence. */
  readonly marginPercent: number;
  /** Time per operation of each round, ascending. */
  readonly roundsMs: readonly number[];
}

export interface Effort {
  /** How long to measure; the rounds that are asked for come first. */
  readonly timeMs: number;
  readonly rounds: number;
  /** Ends the measurement after the round under way. */
  readonly signal: AbortSignal;
}

/**
 * Runs a round of `operations` operations again and again, after a warm-up of a fifth of the time. `undefined` where the signal ended it.
 *
 * @throws what the round throws
 */
export async function measure(
  round: () => Promise<unknown>,
  operations: number,
  { timeMs, rounds, signal }: Effort,
): Promise<Measurement | undefined> {
  // tinybench leaves its listeners on the signal it is given.
  const own = new AbortController();
  const onAbort = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const times = { time: timeMs, iterations: rounds, warmupTime: timeMs / 5, warmupIterations: 1 };
  const bench = new Bench({ ...times, retainSamples: true, signal: own.signal });
  const act = async (): Promise<void> => {
    await round();
  };
  bench.add('round', act, { async: true });
  const [task] = await bench.run();
  signal.removeEventListener('abort', onAbort);
  if (task === undefined || signal.aborted) return undefined;
  const { result } = task;
  if (result.state === 'errored') throw result.error;
  if (result.state !== 'completed') throw new Error(`tinybench ended in the state ${result.state}`);
  const { mean, p50, p99, rme, samples = [] } = result.latency;
  return {
    opsPerSecond: (operations / mean) * 1_000,
    medianMs: p50 / operations,
    p99Ms: p99 / operations,
    marginPercent: rme,
    roundsMs: samples.map((sample) => sample / operations),
  };
}
