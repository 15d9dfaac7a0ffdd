import { formatAmount } from '../core/amount.ts';
import type { MetricKind } from '../core/metric.ts';
import { layOutChart, type ChartBox, type ChartPoint } from './chartGeometry.ts';
import { escapeHtml } from './escapeHtml.ts';

export interface SvgChart {
  readonly points: readonly ChartPoint[];
  readonly kind: MetricKind;
  readonly box: ChartBox;
  /** Value on the x axis → its label. */
  readonly xLabel?: (x: number) => string;
}

/**
 * A course as the inside of an SVG: grid, labels, area and line, to be coloured by the classes `grid`, `label`, `area`, `band` and `line`. The
 * empty text when there is no value.
 */
export function svgChart({ points, kind, box, xLabel = (x) => x.toLocaleString('en') }: SvgChart): string {
  const chart = layOutChart(points, box, kind);
  if (chart === null) return '';
  const right = box.width - box.right;
  const grid = chart.yTicks.map(
    ({ at, value }) =>
      `<path class="grid" d="M${String(box.left)} ${String(at)}H${String(right)}"/>` +
      `<text class="label" x="${String(box.left - 6)}" y="${String(at + 4)}" text-anchor="end">${escapeHtml(formatAmount(value, kind))}</text>`,
  );
  const labels = chart.xTicks.map(
    ({ at, value }) =>
      `<text class="label" x="${String(at)}" y="${String(box.height - 6)}" text-anchor="middle">${escapeHtml(xLabel(value))}</text>`,
  );
  return `${grid.join('')}${labels.join('')}<path class="area" d="${chart.area}"/>${band(chart.band)}<path class="line" d="${chart.line}"/>`;
}

function band(path: string): string {
  return path === '' ? '' : `<path class="band" d="${path}"/>`;
}
