import { formatAmount } from '../core/amount.ts';
import type { MetricVerdict } from '../core/metric.ts';
import { isKnownFailure } from '../core/gate.ts';
import type { LeakReport, ReportScenario } from '../core/report.ts';
import type { Scenario } from '../core/scenario.ts';
import { times } from '../core/wording.ts';
import { renderChart } from './chart.ts';
import { codeFrame } from './codeFrame.ts';
import { colors, type Colors } from './colors.ts';
import { wrap, type Screen } from './findingBlock.ts';
import { plainText } from './plainText.ts';
import { sparkline } from './sparkline.ts';

const INDENT = '      ';
const CHART_LINES = 6;
const MAX_CHARTS = 3;
const MAX_REASONS = 6;
const MAX_ORIGINS = 3;
const BARS = 12;

/** Courses that are shown of every scenario, in this order, where they were measured. */
const SHOWN = ['fds', 'processes', 'handles', 'heapBytes', 'rssBytes'];

/**
 * A stability scenario: one that holds in a line with its courses; one that does not with the reasons, the lines that opened what
 * survived, and a chart of every metric that made the verdict.
 */
export function scenarioBlock(scenario: ReportScenario, report: Pick<LeakReport, 'tests'>, screen: Screen): string[] {
  const paint = colors(screen.color);
  const lines = [headline(scenario, report, paint)];
  const text = (sentence: string): string[] => wrap(plainText(sentence, 500), screen.columns - INDENT.length).map((line) => INDENT + line);
  for (const reason of scenario.reasons.slice(0, MAX_REASONS)) lines.push(...text(reason));
  if (scenario.verdict === 'leak') lines.push(...origins(scenario, screen, text));
  const interesting = scenario.metrics.filter(({ verdict }) => verdict !== 'pass').slice(0, MAX_CHARTS);
  for (const metric of interesting) lines.push(...chart(scenario, metric, screen));
  lines.push(...courses(scenario, screen.columns));
  for (const note of scenario.notes) lines.push(...text(note));
  return lines;
}

function headline(scenario: ReportScenario, report: Pick<LeakReport, 'tests'>, paint: Colors): string {
  const { name, iterations, shape, testId } = scenario;
  const label = labelOf(scenario, paint);
  const test = report.tests.find(({ id }) => id === testId);
  const where = test === undefined ? '' : ` · ${paint.dim(plainText(`${test.file}:${String(test.line)} › ${test.title}`, 120))}`;
  return `${label} scenario ${plainText(name, 80)} · ${String(iterations)} iterations · ${shape}${where}`;
}

function labelOf(scenario: ReportScenario, paint: Colors): string {
  if (isKnownFailure(scenario)) return paint.yellow('KNOWN');
  if (scenario.verdict === 'leak') return paint.red(paint.bold('LEAK '));
  return scenario.failed ? paint.red(paint.bold('FAIL ')) : LABELS[scenario.verdict](paint);
}

const LABELS = {
  pass: (paint: Colors) => paint.green('HOLDS'),
  inconclusive: (paint: Colors) => paint.yellow('?    '),
  leak: (paint: Colors) => paint.red('LEAK '),
} as const;

/** The first lines that opened what survived, each with its code. */
function origins(scenario: Scenario, screen: Screen, text: (sentence: string) => string[]): string[] {
  return scenario.findings.slice(0, MAX_ORIGINS).flatMap(({ summary, count, origin, hint }) => {
    if (origin === null) return text(`${summary}${times(count)}`);
    const frame = codeFrame(screen.source?.(origin.file), origin, screen.color);
    return [
      ...text(`${summary}${times(count)}, opened at ${origin.file}:${String(origin.line)}:${String(origin.column)}`),
      ...(frame === '' ? [] : frame.split('\n').map((line) => INDENT + line)),
      ...text(hint),
    ];
  });
}

function chart({ series }: Scenario, { name, kind }: MetricVerdict, { columns }: Screen): string[] {
  const values = series.flatMap((point) => (typeof point[name] === 'number' ? [point[name]] : []));
  if (values.length < 2) return [];
  const width = Math.max(20, Math.min(100, columns) - INDENT.length);
  const drawn = renderChart([{ name, values }], { width, height: CHART_LINES, format: (value) => formatAmount(value, kind) });
  return drawn.split('\n').map((line) => INDENT + line);
}

/** `fds 24 → 24   heapBytes 50.1 MB → 50.2 MB ▁▂▁   p50 3.1 ms   p95 4.2 ms`, on as many lines as it needs. */
function courses({ series, latency }: Scenario, columns: number): string[] {
  const parts = SHOWN.flatMap((name) => {
    const values = series.flatMap((point) => (typeof point[name] === 'number' ? [point[name]] : []));
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined) return [];
    const kind = name.endsWith('Bytes') ? 'bytes' : 'count';
    const bars = sparkline(values, BARS);
    return [`${name} ${formatAmount(first, kind)} → ${formatAmount(last, kind)}${bars === '' ? '' : ` ${bars}`}`];
  });
  if (latency !== null) {
    const { p50Ms, p95Ms, degradation } = latency;
    const slower = degradation === null ? '' : ` (${formatAmount(degradation, 'ratio', true)} over the run)`;
    parts.push(`p50 ${formatAmount(p50Ms, 'milliseconds')}`, `p95 ${formatAmount(p95Ms, 'milliseconds')}${slower}`);
  }
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 + INDENT.length <= columns) lines[lines.length - 1] = `${last}   ${part}`;
    else lines.push(part);
  }
  return lines.map((line) => INDENT + line);
}
