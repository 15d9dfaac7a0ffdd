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
  const cut = end === undefined ? cutShort : end.cutShort;
  const plan = { iterations: history.iterations, durationMs: history.plan?.durationMs ?? null };
  const look = lastLook(shareDone(plan, { iteration: iterations, elapsedMs: series.elapsedMs }), cut !== null, plan.iterations === null);
  const metrics = judgeMetrics(points, history, look).map(({ wantsMore: _, ...metric }) => metric);
  const measured = {
    metrics,
    series: points.points,
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
