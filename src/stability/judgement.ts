import { ruleFor, type Criteria } from '../core/criteria.ts';
import { judgeMetric } from '../core/judgeMetric.ts';
import type { Look } from '../core/look.ts';
import type { MetricJudgement } from '../core/metric.ts';
import type { Series } from './series.ts';

/** Judges every metric that has a rule. */
export function judgeMetrics(series: Series, criteria: Criteria, look: Look): MetricJudgement[] {
  return series.metrics().flatMap((name) => {
    const rule = ruleFor(name, criteria);
    return rule === undefined ? [] : [judgeMetric(name, series.of(name), rule, look)];
  });
}

/** Share of the growth that would be a leak at which live memory is watched closely. */
const SUSPICIOUS_SHARE = 0.25;

/** Whether a metric of memory has grown, since its lowest reading, by a part of what would be a leak. */
export function suspectsMemory(series: Series, criteria: Criteria): boolean {
  return series.metrics().some((name) => {
    const rule = ruleFor(name, criteria);
    if (rule?.kind !== 'bytes') return false;
    const points = series.of(name);
    const last = points.at(-1);
    const lowest = points.reduce<(typeof points)[number] | undefined>(
      (least, point) => (least && least.y <= point.y ? least : point),
      undefined,
    );
    if (last === undefined || lowest === undefined || last.x <= lowest.x) return false;
    return last.y - lowest.y > SUSPICIOUS_SHARE * rule.bytesPerIteration * (last.x - lowest.x);
  });
}
