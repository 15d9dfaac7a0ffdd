import type { BenchRow } from '../../render/benchTable.ts';
import type { Benchmark, BenchPlace } from './benchmark.ts';
import { measure, type Measurement } from './measure.ts';

/** What could not be measured here, and why. */
export interface LeftOut {
  readonly group: string;
  readonly name: string;
  readonly reason: string;
}

export interface BenchOutcome {
  readonly rows: readonly BenchRow[];
  readonly leftOut: readonly LeftOut[];
}

const ROUNDS = 10;

/**
 * Runs the benchmarks one after the other, until the place's lifecycle ends. `onStart` hears of each before it begins.
 *
 * @throws Error with the benchmark's name, where one fails
 */
export async function runBenchmarks(
  benchmarks: readonly Benchmark[],
  { timeMs, place, onStart }: { timeMs: number; place: BenchPlace; onStart: (benchmark: Benchmark) => void },
): Promise<BenchOutcome> {
  const rows: BenchRow[] = [];
  const leftOut: LeftOut[] = [];
  const baselines = new Map<string, number>();
  for (const benchmark of benchmarks) {
    const { group, name, operations, baseline } = benchmark;
    if (place.lifecycle.signal.aborted) break;
    onStart(benchmark);
    const measured = await runOne(benchmark, timeMs, place);
    if (measured === undefined) break;
    if (typeof measured === 'string') {
      leftOut.push({ group, name, reason: measured });
      continue;
    }
    if (baseline === true) baselines.set(group, measured.medianMs);
    const reference = baselines.get(group);
    const ratio = baseline === true || reference === undefined ? null : reference / measured.medianMs;
    rows.push({ group, name, operations, ...measured, ratio });
  }
  return { rows, leftOut };
}

/** The measurement, the reason why there is none, or `undefined` where it was interrupted. */
async function runOne(
  { group, name, operations, rounds = ROUNDS, prepare }: Benchmark,
  timeMs: number,
  place: BenchPlace,
): Promise<Measurement | string | undefined> {
  const { signal } = place.lifecycle;
  try {
    const prepared = await prepare(place);
    if (!prepared.ready) return prepared.reason;
    try {
      return await measure(prepared.round, operations, { timeMs, rounds, signal });
    } finally {
      await prepared.close();
    }
  } catch (error) {
    // A shutdown takes the ground from under whatever is being measured.
    if (signal.aborted) return undefined;
    throw new Error(`The benchmark ${group} · ${name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
