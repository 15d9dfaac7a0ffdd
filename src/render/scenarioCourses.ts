import { formatAmount } from '../core/amount.ts';
import type { MetricKind } from '../core/metric.ts';
import type { Scenario } from '../core/scenario.ts';
import { kindOfMetric } from './metricNames.ts';
import { plainText } from './plainText.ts';
import { sparkline } from './sparkline.ts';

const BARS = 12;
const NAME_LENGTH = 60;

/** One metric's readings over a scenario; those that failed are left out. */
export interface Course {
  readonly name: string;
  readonly kind: MetricKind;
  readonly values: readonly number[];
}

/** The course of every metric that was ever read, judged or not: those of the worker in the order of reading, then those of pages. */
export function coursesOf({ metrics, series }: Pick<Scenario, 'metrics' | 'series'>): Course[] {
  const names = new Set(series.flatMap((point) => Object.keys(point)));
  names.delete('iteration');
  const inOrder = [...names].sort((a, b) => Number(a.includes('.')) - Number(b.includes('.')));
  return inOrder.flatMap((name) => {
    const values = series.flatMap((point) => (typeof point[name] === 'number' ? [point[name]] : []));
    return values.length === 0 ? [] : [{ name, kind: metrics.find((metric) => metric.name === name)?.kind ?? kindOfMetric(name), values }];
  });
}

export function isFlat({ values }: Course): boolean {
  return values.every((value) => value === values[0]);
}

/**
 * Every course of a scenario in few lines: what moved with its ends and bars, latency, and at the end what never moved, with its level:
 *
 * ```
 * heapBytes 50.1 MB → 50.2 MB ▁▂▁   shop.heapBytes 2.1 MB → 2.2 MB ▁▃█   p50 3.1 ms   p95 4.2 ms ▂▁▃ (+1.2 % over the run)
 * unchanged: fds 24, processes 6, handles 9, shop.domNodes 124
 * ```
 */
export function courseLines(scenario: Pick<Scenario, 'metrics' | 'series' | 'latency'>, columns: number): string[] {
  const courses = coursesOf(scenario);
  const latencies = courses.find(({ name }) => name === 'p95Ms');
  const rest = courses.filter((course) => course !== latencies || scenario.latency === null);
  const moving = rest.filter((course) => !isFlat(course)).map(describeMoving);
  const level = rest
    .filter(isFlat)
    .map(({ name, kind, values: [value = 0] }) => `${plainText(name, NAME_LENGTH)} ${formatAmount(value, kind)}`);
  const listed = level.map((part, index) => (index === level.length - 1 ? part : `${part},`));
  return [
    ...fill([...moving, ...describeLatency(scenario, latencies)], '   ', columns),
    ...(listed.length === 0 ? [] : fill(['unchanged:', ...listed], ' ', columns)),
  ];
}

function describeMoving({ name, kind, values }: Course): string {
  const [from, to] = [values[0] ?? 0, values.at(-1) ?? 0].map((value) => formatAmount(value, kind));
  return `${plainText(name, NAME_LENGTH)} ${from ?? ''} → ${to ?? ''} ${sparkline(values, BARS)}`;
}

function describeLatency({ latency }: Pick<Scenario, 'latency'>, course: Course | undefined): string[] {
  if (latency === null) return [];
  const bars = course === undefined ? '' : sparkline(course.values, BARS);
  const slower = latency.degradation === null ? '' : `(${formatAmount(latency.degradation, 'ratio', true)} over the run)`;
  const p95 = [`p95 ${formatAmount(latency.p95Ms, 'milliseconds')}`, bars, slower].filter((part) => part !== '');
  return [`p50 ${formatAmount(latency.p50Ms, 'milliseconds')}`, p95.join(' ')];
}

/** As many parts on each line as fit; one that is longer has a line of its own. */
function fill(parts: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + separator.length + part.length <= columns) lines[lines.length - 1] = last + separator + part;
    else lines.push(part);
  }
  return lines;
}
