import { formatAmount } from './amount.ts';
import { judgeBytes } from './judgeBytes.ts';
import { judgeCount, MIN_COUNTS } from './judgeCount.ts';
import type { Look } from './look.ts';
import type { MetricJudgement, MetricRule } from './metric.ts';
import type { Point } from './statistics.ts';
import type { Trend } from './trend.ts';
import { MIN_READINGS } from './windows.ts';

/**
 * Judges one metric of a scenario.
 *
 * @param samples After the warm-up: `x` is the iteration, `y` the value; memory read after garbage collection. What is no finite number
 * is left out; they need not be in order.
 * @param look Where in the run this is; see {@link Look}. Its default is the end of a run that was not extended.
 * @example
 * judgeMetric('fds', [...Array(50).keys()].map((i) => ({ x: i * 20, y: 24 + Math.floor(i / 5) })), { kind: 'count', limit: 0 }).verdict // 'leak'
 */
export function judgeMetric(
  name: string,
  samples: readonly Point[],
  rule: MetricRule,
  look: Look = { final: true, beyondPlan: false },
): MetricJudgement {
  const points = samples.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)).sort((a, b) => a.x - b.x);
  const trend = rule.kind === 'bytes' ? judgeBytes(points, rule, look) : judgeCount(points, rule.limit, look);
  return {
    name,
    kind: rule.kind,
    verdict: trend.verdict,
    shape: trend.shape,
    slopePerIteration: finite(trend.slope),
    low: finite(trend.low),
    high: finite(trend.high),
    minimumDetectable: finite(trend.minimumDetectable),
    first: trend.first,
    last: trend.last,
    limit: finite(rule.kind === 'bytes' ? rule.bytesPerIteration : rule.limit),
    reason: `${name} ${explain(trend, rule, points)}`,
    wantsMore: trend.wantsMore,
  };
}

function explain(trend: Trend, rule: MetricRule, points: readonly Point[]): string {
  const added = formatAmount((trend.last ?? 0) - (trend.first ?? 0), rule.kind, true);
  if (trend.verdict === 'leak') return explainLeak(trend, rule, added);
  if (trend.verdict === 'inconclusive') return explainDoubt(trend, rule, points);
  switch (trend.shape) {
    case 'step':
      return `jumped once (${added}) and did not grow on`;
    case 'plateau':
      return `grew (${added}) and has stopped growing`;
    case 'noise':
      return 'goes up and down and comes back';
    case 'flat':
    case 'linear':
      return rule.kind === 'bytes' && trend.high !== null && Number.isFinite(trend.high)
        ? `grows by no more than ${perIteration(Math.max(0, trend.high), rule)} (limit ${perIteration(rule.bytesPerIteration, rule)})`
        : `keeps within its limit (${added})`;
  }
}

function explainLeak(trend: Trend, rule: MetricRule, added: string): string {
  const pace = perIteration(trend.slope ?? 0, rule);
  if (rule.kind === 'count') return `grew all along: ${added}, ${pace} (allowed in all: ${formatAmount(rule.limit, 'count')})`;
  const inSteps = trend.low !== null && trend.low <= trend.bound;
  const range = inSteps ? 'in ever larger steps' : `${formatAmount(trend.low ?? 0, 'bytes')} to ${formatAmount(trend.high ?? 0, 'bytes')}`;
  const limit =
    trend.bound < rule.bytesPerIteration
      ? `${added}, where ${formatAmount(rule.growth, 'ratio')} is allowed`
      : `limit ${formatAmount(rule.bytesPerIteration, 'bytes')}`;
  return `grew all along by ${pace} (${range}; ${limit})`;
}

function explainDoubt(trend: Trend, rule: MetricRule, points: readonly Point[]): string {
  const least = rule.kind === 'bytes' ? MIN_READINGS : MIN_COUNTS;
  if (points.length < least)
    return `was read ${points.length === 1 ? 'once' : `${String(points.length)} times`}; a verdict needs ${String(least)} readings at least`;
  const { low, high, slope } = trend;
  const range =
    low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)
      ? `changes by about ${perIteration(slope ?? 0, rule)}, with too much scatter to bound it`
      : low === high
        ? `grew by ${perIteration(high, rule)}${trend.wantsMore ? ' so far' : ', but not evenly'}`
        : rule.kind === 'bytes' && low > rule.bytesPerIteration
          ? `grew by ${formatAmount(low, 'bytes')} to ${perIteration(high, rule)} (limit ${formatAmount(rule.bytesPerIteration, 'bytes')}), but not evenly`
          : `changes by ${formatAmount(low, rule.kind)} to ${perIteration(high, rule)}`;
  return `${range}: neither a leak nor none (about ${String(iterationsNeeded(trend, rule, points))} iterations may tell)`;
}

/**
 * Iterations after which the interval would be as narrow as half of the limit: at an even density of readings its width falls with the
 * power 1.5 of the length. At least twice the present length, where it is the course that leaves doubt and not the scatter.
 */
function iterationsNeeded({ low, high }: Trend, rule: MetricRule, points: readonly Point[]): number {
  const span = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  const width = low === null || high === null || rule.kind === 'count' ? 0 : high - low;
  const target = rule.kind === 'bytes' ? Math.max(rule.bytesPerIteration, 1) : 1;
  const factor = Number.isFinite(width) && Number.isFinite(target) ? (width / target) ** (2 / 3) : 2;
  return Math.ceil((span * Math.min(1000, Math.max(2, factor))) / 100) * 100;
}

function perIteration(value: number, rule: MetricRule): string {
  return `${formatAmount(value, rule.kind, rule.kind === 'count')} per iteration`;
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
