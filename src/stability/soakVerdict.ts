import { formatAmount } from '../core/amount.ts';
import { lastLook } from '../core/look.ts';
import { judgeScenario, type Scenario, type ScenarioLatency } from '../core/scenario.ts';
import type { SoakHistory } from '../core/soakHistory.ts';
import type { LatencyBuckets } from '../core/soakJournal.ts';
import { judgeMetrics } from './judgement.ts';
import { LatencyHistogram } from './latency.ts';
import { shareDone } from './schedule.ts';
import { Series } from './series.ts';

/**
 * A scenario whose verdict did not come to the report, judged by what its journal holds. Lines that opened what survived are not known.
 *
 * @param cutShort Why its worker did not end its part, if it did not.
 */
export function judgeHistory(history: SoakHistory, cutShort: string): Scenario {
  const { header, series, criteria, warmUp, end, damaged } = history;
  const points = new Series(series);
  const iterations = series.last?.iteration ?? 0;
  const { count, unhandled, messages } = series.errors;
  const cut = end === undefined ? (outOfMemory(history) ?? cutShort) : end.cutShort;
  const plan = { iterations: history.iterations, durationMs: history.plan?.durationMs ?? null };
  const look = lastLook(shareDone(plan, { iteration: iterations, elapsedMs: series.elapsedMs }), cut !== null, plan.iterations === null);
  const metrics = judgeMetrics(points, history, look).map(({ wantsMore: _, ...metric }) => metric);
  const measured = {
    metrics,
    series: points.points,
    joins: series.joins,
    errors: { count, unhandled, messages, rate: iterations === 0 ? 0 : count / iterations },
    latency: latencyOf(series.latencies),
    zombies: null,
    cutShort: cut,
    givenUp: false,
    settled: cut === null,
  };
  return {
    name: header?.name ?? '',
    testId: header?.testId ?? '',
    iterations,
    warmUp,
    ...judgeScenario(measured, criteria),
    metrics,
    series: measured.series,
    errors: measured.errors,
    latency: measured.latency,
    criteria,
    findings: [],
    notes: [
      'judged by its journal, for its test did not come to report: what was not closed is counted, the lines that opened it are not known',
      ...(damaged === 0 ? [] : [`${String(damaged)} ${damaged === 1 ? 'line' : 'lines'} of the journal could not be read`]),
    ],
  };
}

/** Share of its limit that the heap of a worker must have had at its last reading, for the limit to be what has ended it. */
const NEARLY_FULL = 0.6;

/** V8 aborts a process whose heap does not suffice, without a word to anybody but the terminal. */
function outOfMemory({ plan, series }: SoakHistory): string | null {
  const limit = plan?.memoryLimitBytes;
  const heap = series.readings['heapBytes'];
  if (limit === undefined || heap === undefined || heap < NEARLY_FULL * limit) return null;
  const [had, most] = [heap, limit].map((bytes) => formatAmount(bytes, 'bytes'));
  return `cut short: its worker ran out of memory, it seems: at the last reading its heap had ${String(had)} of the ${String(most)} that --memory-limit allows`;
}

/** Below this many iterations, a tenth of them has too few for a p95. */
const LEAST_FOR_TENTHS = 100;

function latencyOf(stretches: readonly LatencyBuckets[]): ScenarioLatency | null {
  const all = beginning(stretches, Infinity);
  const p50Ms = all.quantile(0.5);
  const p95Ms = all.quantile(0.95);
  if (p50Ms === null || p95Ms === null) return null;
  const tenth = all.count / 10;
  const first = all.count < LEAST_FOR_TENTHS ? null : beginning(stretches, tenth).quantile(0.95);
  const last = first === null ? null : beginning([...stretches].reverse(), tenth).quantile(0.95);
  return { p50Ms, p95Ms, degradation: first === null || last === null ? null : last / first - 1 };
}

/** The first stretches, until they have so many iterations. */
function beginning(stretches: readonly LatencyBuckets[], iterations: number): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const stretch of stretches) {
    if (histogram.count >= iterations) break;
    histogram.add(LatencyHistogram.of(stretch));
  }
  return histogram;
}
