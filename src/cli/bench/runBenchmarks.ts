import { messageOf } from '../../core/messageOf.ts';
import type { BenchRow } from '../../render/benchTable.ts';
import type { Benchmark, BenchPlace } from './benchmark.ts';
import { measure, type Measurement } from './measure.ts';

/** A benchmark without figures, and why it has none. */
export interface Unmeasured {
  readonly group: string;
  readonly name: string;
  readonly reason: string;
}

export interface BenchOutcome {
  readonly rows: readonly BenchRow[];
  /** What cannot run here. */
  readonly leftOut: readonly Unmeasured[];
  /** What began and went wrong. */
  readonly failed: readonly Unmeasured[];
}

type Attempt =
  | { readonly state: 'measured'; readonly measurement: Measurement }
  | { readonly state: 'left out' | 'failed'; readonly reason: string }
  | { readonly state: 'interrupted' };

const ROUNDS = 10;

/** Runs the benchmarks one after the other, until the place's lifecycle ends. `onStart` hears of each before it begins. */
export async function runBenchmarks(
  benchmarks: readonly Benchmark[],
  { timeMs, place, onStart }: { timeMs: number; place: BenchPlace; onStart: (benchmark: Benchmark) => void },
): Promise<BenchOutcome> {
  const rows: BenchRow[] = [];
  const leftOut: Unmeasured[] = [];
  const failed: Unmeasured[] = [];
  const baselines = new Map<string, number>();
  for (const benchmark of benchmarks) {
    const { group, name, operations, baseline } = benchmark;
    if (place.lifecycle.signal.aborted) break;
    onStart(benchmark);
    const attempt = await attemptOne(benchmark, timeMs, place);
    if (attempt.state === 'interrupted') break;
    if (attempt.state !== 'measured') {
      const list = attempt.state === 'failed' ? failed : leftOut;
      list.push({ group, name, reason: attempt.reason });
      continue;
    }
    const { measurement } = attempt;
    if (baseline === true) baselines.set(group, measurement.medianMs);
    const reference = baselines.get(group);
    const ratio = baseline === true || reference === undefined ? null : reference / measurement.medianMs;
    rows.push({ group, name, operations, ...measurement, ratio });
  }
  return { rows, leftOut, failed };
}

async function attemptOne({ operations, rounds = ROUNDS, prepare }: Benchmark, timeMs: number, place: BenchPlace): Promise<Attempt> {
  const { signal } = place.lifecycle;
  try {
    const prepared = await prepare(place);
    if (!prepared.ready) return { state: 'left out', reason: prepared.reason };
    try {
      const measurement = await measure(prepared.round, operations, { timeMs, rounds, signal });
      return measurement === undefined ? { state: 'interrupted' } : { state: 'measured', measurement };
    } finally {
      await prepared.close();
    }
  } catch (error) {
    // A shutdown takes the ground from under whatever is being measured.
    if (signal.aborted) return { state: 'interrupted' };
    return { state: 'failed', reason: messageOf(error) };
  }
}
