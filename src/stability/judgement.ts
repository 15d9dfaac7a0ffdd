import { ruleFor } from '../core/criteria.ts';
import { sinceLowest } from '../core/floors.ts';
import { standsStill } from '../core/judgeBytes.ts';
import { judgeMetric } from '../core/judgeMetric.ts';
import type { Look } from '../core/look.ts';
import type { MetricJudgement, MetricRule } from '../core/metric.ts';
import type { Scenario } from '../core/scenario.ts';
import type { Point } from '../core/statistics.ts';
import type { Leaking, Reading } from './meter.ts';
import type { RunPlan } from './runPlan.ts';
import type { Series } from './series.ts';

/** What decides how a run's metrics are judged. */
export type Rules = Pick<RunPlan, 'criteria' | 'iterations'>;

/**
 * Judges every metric that has a rule. What grew over several processes need not have grown in any: where all of it does not pass, it is
 * what remains without their beginnings that may leak, or pass.
 */
export function judgeMetrics(series: Series, rules: Rules, look: Look): MetricJudgement[] {
  return series.metrics().flatMap((name) => {
    const rule = ruleOf(name, rules, series);
    if (rule === undefined) return [];
    const whole = judgeMetric(name, series.of(name), rule, look);
    const settled = whole.verdict === 'pass' ? undefined : series.settled(name);
    if (settled === undefined) return [whole];
    const part = judgeMetric(name, settled, rule, look);
    return [whole.verdict === 'leak' || part.verdict === 'pass' ? part : whole];
  });
}

/**
 * What leaks, and by how much it has grown: along its course, for its first and its last reading may be off it.
 *
 * @param since The iteration with which this process began: what is there to be looked at came after it.
 */
export function leakingOf({ metrics, iterations }: Pick<Scenario, 'metrics' | 'iterations'>, since: number): Leaking {
  const leaking = metrics.filter(({ verdict }) => verdict === 'leak');
  return Object.fromEntries(leaking.map(({ name, slopePerIteration }) => [name, (slopePerIteration ?? 0) * (iterations - since)]));
}

/** Whether a reading has counts of pages, whose names have a dot: what is counted in the worker is counted at every sample. */
export function countsPages(reading: Reading, { criteria }: Rules): boolean {
  return Object.keys(reading).some((name) => name.includes('.') && ruleFor(name, criteria)?.kind === 'count');
}

/** Share of the growth that would be a leak at which live memory is watched closely. Up to half of it is garbage in a reading that is a bound. */
const SUSPICIOUS_SHARE = { live: 0.25, bound: 0.5 };

/**
 * Whether a metric of memory has grown, since its lowest reading, by a part of what would be a leak.
 *
 * @param depth Of the last reading.
 */
export function suspectsMemory(series: Series, rules: Rules, depth: keyof typeof SUSPICIOUS_SHARE): boolean {
  return memoryOf(series, rules).some(({ points, limit }) => {
    const rise = sinceLowest(points);
    if (rise === undefined || rise.x <= 0) return false;
    // Before the run is nominally over, growth is held against what a leak adds in all: a little comes and goes at any time.
    const span = Math.max(rise.x, Math.min(NOMINAL_ITERATIONS, lengthOf(rules, series)));
    return rise.y > SUSPICIOUS_SHARE[depth] * limit * span;
  });
}

/** Whether the readings there are, however few, show that no metric of memory grows. */
export function clearsMemory(series: Series, rules: Rules): boolean {
  return memoryOf(series, rules).every(({ points, limit }) => standsStill(points, limit));
}

function memoryOf(series: Series, rules: Rules): { readonly points: readonly Point[]; readonly limit: number }[] {
  return series.metrics().flatMap((name) => {
    const rule = ruleOf(name, rules, series);
    return rule?.kind === 'bytes' ? [{ points: series.of(name), limit: rule.bytesPerIteration }] : [];
  });
}

/**
 * The limits of memory are meant for a thousand iterations. A shorter run may grow by as much in all, for what a runtime does in its first
 * minutes (compiling, growing its buffers) does not become less when there are fewer iterations to divide it by.
 */
const NOMINAL_ITERATIONS = 1000;

function ruleOf(name: string, rules: Rules, series: Series): MetricRule | undefined {
  const rule = ruleFor(name, rules.criteria);
  const iterations = lengthOf(rules, series);
  if (rule?.kind !== 'bytes' || iterations >= NOMINAL_ITERATIONS) return rule;
  return { ...rule, bytesPerIteration: (rule.bytesPerIteration * NOMINAL_ITERATIONS) / iterations };
}

/** Iterations of a run: those planned; of one by time, those that were done so far. */
function lengthOf({ iterations }: Rules, series: Series): number {
  return iterations ?? Math.max(1, series.last?.iteration ?? 0);
}
