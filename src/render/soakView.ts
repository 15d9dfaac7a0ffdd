import { formatAmount } from '../core/amount.ts';
import type { SeriesPoint } from '../core/scenario.ts';
import { renderChart, type ChartSeries } from './chart.ts';
import { colors } from './colors.ts';
import { plainText, shorten } from './plainText.ts';

/** How far a scenario that is soaked has come. */
export interface SoakProgress {
  readonly name: string;
  readonly iterations: number;
  /** What it runs to; `null` where that is not known. */
  readonly plannedIterations: number | null;
  readonly elapsedMs: number;
  readonly plannedMs: number | null;
  readonly failed: number;
  /** The process that measures, counted from 0. */
  readonly segment: number;
  readonly points: readonly SeriesPoint[];
}

export interface SoakScreen {
  readonly columns: number;
  /** Lines of the terminal: charts that do not fit are left out. */
  readonly rows: number;
  readonly color: boolean;
}

interface Chart {
  readonly metrics: readonly (readonly [metric: string, label: string])[];
  readonly kind: 'count' | 'bytes' | 'milliseconds';
  readonly lines: number;
}

/** In the order in which they matter when not all fit. */
const CHARTS: readonly Chart[] = [
  {
    metrics: [
      ['fds', 'fds'],
      ['processes', 'processes'],
    ],
    kind: 'count',
    lines: 6,
  },
  { metrics: [['heapBytes', 'heap']], kind: 'bytes', lines: 5 },
  { metrics: [['p95Ms', 'p95']], kind: 'milliseconds', lines: 5 },
];

/** Lines that scroll by above the chart and should stay in sight. */
const SPARE_ROWS = 6;

/**
 * The scenario as a headline and charts of descriptors, processes, heap and p95: one line an element, none longer than the screen.
 *
 * @example renderSoak(progress, { columns: 80, rows: 40, color: false }).join('\n')
 */
export function renderSoak(progress: SoakProgress, { columns, rows, color }: SoakScreen): string[] {
  const lines = [colors(color).bold(shorten(headline(progress), columns))];
  for (const { metrics, kind, lines: height } of CHARTS) {
    const series: ChartSeries[] = metrics.map(([metric, name]) => ({ name, values: valuesOf(progress.points, metric) }));
    const drawn = renderChart(series, { width: columns, height, format: (value) => formatAmount(value, kind) });
    const block = drawn === '' ? [] : drawn.split('\n');
    if (lines.length + block.length + SPARE_ROWS > rows) break;
    lines.push(...block);
  }
  return lines;
}

/** The same in one line, for a log: where each metric began and where it is. */
export function renderSoakLine(progress: SoakProgress): string {
  const { points } = progress;
  const courses = CHARTS.flatMap(({ metrics, kind }) =>
    metrics.flatMap(([metric, label]) => {
      const values = valuesOf(points, metric);
      const [first, last] = [values[0], values.at(-1)];
      if (first === undefined || last === undefined) return [];
      const now = formatAmount(last, kind);
      return [kind === 'milliseconds' ? `${label} ${now}` : `${label} ${formatAmount(first, kind)} → ${now}`];
    }),
  );
  return [headline(progress), ...courses].join(' · ');
}

function headline({ name, iterations, plannedIterations, elapsedMs, plannedMs, failed, segment }: SoakProgress): string {
  const of = (planned: string | null): string => (planned === null ? '' : ` of ${planned}`);
  const parts = [
    plainText(name, 60),
    `${count(iterations)}${of(plannedIterations === null ? null : count(plannedIterations))} iterations`,
    `${formatTime(elapsedMs)}${of(plannedMs === null ? null : formatTime(plannedMs))}`,
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
    ...(segment === 0 ? [] : [`process ${String(segment + 1)}`]),
  ];
  return parts.join(' · ');
}

function valuesOf(points: readonly SeriesPoint[], metric: string): number[] {
  return points.flatMap((point) => (typeof point[metric] === 'number' ? [point[metric]] : []));
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** A time as people say it: `850 ms`, `12 s`, `5 min 3 s`, `71 h 12 min`. */
export function formatTime(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = (amount: number, unit: string): string => (amount === 0 ? '' : ` ${String(amount)} ${unit}`);
  if (minutes === 0) return `${String(seconds)} s`;
  if (minutes < 60) return `${String(minutes)} min${rest(seconds % 60, 's')}`;
  return `${String(Math.floor(minutes / 60))} h${rest(minutes % 60, 'min')}`;
}
