import { formatAmount } from '../core/amount.ts';
import type { Scenario } from '../core/scenario.ts';
import { escapeHtml } from './escapeHtml.ts';
import { kindOfMetric, nameOfMetric } from './metricNames.ts';
import { plainText } from './plainText.ts';
import { svgChart } from './svgChart.ts';

const BOX = { width: 400, height: 140, left: 62, right: 12, top: 8, bottom: 24 };
const PADDING = 16;
const HEAD = 58;
const CAPTION = 26;
const MAX_CHARTS = 12;

const STYLE = `
svg { --paper: #fff; --text: #1b2028; --dim: #59626f; --line: #dde1e8; --course: #2f6feb; --alarm: #b3261e; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b22; --text: #e4e8ee; --dim: #9aa5b4; --line: #2a313c; --course: #6ea8ff; --alarm: #ff8f85; }
}
text { font: 13px system-ui, sans-serif; fill: var(--text); }
.paper { fill: var(--paper); }
.title { font-size: 17px; font-weight: 600; }
.dim, .label { fill: var(--dim); }
.label { font-size: 11px; }
.grid { stroke: var(--line); }
.line { fill: none; stroke: var(--course); stroke-width: 1.75; stroke-linejoin: round; }
.area { fill: var(--course); opacity: 0.12; }
.leak .line { stroke: var(--alarm); }
.band { fill: var(--course); opacity: 0.3; }
.leak .band { fill: var(--alarm); }
.leak .area { fill: var(--alarm); }
`;

/**
 * A scenario's courses as an image: one chart a metric over the iterations, what leaks in red and first. A whole SVG file that needs
 * nothing else and follows light and dark.
 *
 * @example await testInfo.attach('stability: drawer', { body: scenarioSvg(scenario), contentType: 'image/svg+xml' });
 */
export function scenarioSvg(scenario: Scenario): string {
  const { name, verdict, shape, iterations, metrics, series, reasons } = scenario;
  const alarming = (metric: string): boolean => metrics.some((entry) => entry.name === metric && entry.verdict === 'leak');
  const names = new Set([...metrics.map((metric) => metric.name), ...series.flatMap((point) => Object.keys(point))]);
  names.delete('iteration');
  const measured = [...names].filter((metric) => series.some((point) => typeof point[metric] === 'number'));
  const shown = [...measured.filter(alarming), ...measured.filter((metric) => !alarming(metric))].slice(0, MAX_CHARTS);
  const rows = Math.ceil(shown.length / 2);
  const width = 2 * BOX.width + 3 * PADDING;
  const height = HEAD + rows * (BOX.height + CAPTION) + PADDING;
  const text = (x: number, y: number, style: string, content: string): string =>
    `<text class="${style}" x="${String(x)}" y="${String(y)}">${escapeHtml(content)}</text>`;
  const charts = shown.map((metric, index) => {
    const x = PADDING + (index % 2) * (BOX.width + PADDING);
    const y = HEAD + Math.floor(index / 2) * (BOX.height + CAPTION);
    const kind = metrics.find((entry) => entry.name === metric)?.kind ?? kindOfMetric(metric);
    const points = series.map((point) => ({ x: point.iteration, y: point[metric] ?? null }));
    const values = points.flatMap((point) => point.y ?? []);
    const ends = [values[0] ?? 0, values.at(-1) ?? 0].map((value) => formatAmount(value, kind));
    const caption = text(0, 14, '', `${plainText(nameOfMetric(metric), 40)}  ${ends.join(' → ')}`);
    const chart = `<g transform="translate(0 ${String(CAPTION - 4)})">${svgChart({ points, kind, box: BOX })}</g>`;
    return `<g class="${alarming(metric) ? 'leak' : ''}" transform="translate(${String(x)} ${String(y)})">${caption}${chart}</g>`;
  });
  const title = `${plainText(name, 60)}: ${verdict}`;
  const remark = `${shape} over ${iterations.toLocaleString('en')} iterations${reasons[0] === undefined ? '' : ` · ${plainText(reasons[0], 90)}`}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}">`,
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style><rect class="paper" width="100%" height="100%"/>`,
    text(PADDING, 26, 'title', title),
    text(PADDING, 46, 'dim', remark),
    ...charts,
    '</svg>\n',
  ].join('\n');
}
