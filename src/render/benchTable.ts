import { renderChart } from './chart.ts';
import { colors } from './colors.ts';

/** One row of a benchmark: what an operation costs. Times in milliseconds. */
export interface BenchRow {
  readonly group: string;
  readonly name: string;
  readonly opsPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Relative margin of error of the mean, in percent. */
  readonly marginPercent: number;
  /** Time per operation of each round, ascending. */
  readonly roundsMs: readonly number[];
  /** Operations in each round. */
  readonly operations: number;
  /** How often it is done in the median time of the first row of its group; `null` for that row, or without it. */
  readonly ratio: number | null;
}

export interface BenchScreen {
  readonly columns: number;
  readonly color: boolean;
}

const HEADINGS = ['', 'ops/s', 'median', 'p99', 'margin', 'rounds', ''];
const CHART_LINES = 8;
const WIDEST_CHART = 100;
/** Rounds slower than these are a handful of outliers, which would flatten all others. */
const CHARTED_SHARE = 0.99;

/**
 * The rows as a table, group by group, and below it a chart for each group that compares something: how long an operation took, from the
 * fastest round on the left to the slowest but one in a hundred on the right. Without rows, the empty text.
 */
export function renderBench(rows: readonly BenchRow[], screen: BenchScreen): string {
  if (rows.length === 0) return '';
  const groups = [...new Set(rows.map(({ group }) => group))].map((name) => ({ name, rows: rows.filter(({ group }) => group === name) }));
  const charts = groups.filter((group) => group.rows.length > 1).map((group) => chart(group.name, group.rows, screen));
  return [table(groups, screen), ...charts].join('\n');
}

/**
 * A time in the unit in which it is easiest to read, with three digits.
 *
 * @param ms milliseconds
 * @example duration(0.00042) // '420 ns'
 */
export function duration(ms: number): string {
  const [factor, unit] = ms < 1e-3 ? [1e6, 'ns'] : ms < 1 ? [1e3, 'µs'] : ms < 1e3 ? [1, 'ms'] : [1e-3, 's'];
  return `${digits(ms * factor)} ${unit}`;
}

interface Group {
  readonly name: string;
  readonly rows: readonly BenchRow[];
}

function table(groups: readonly Group[], { color }: BenchScreen): string {
  const paint = colors(color);
  const cells = groups.map(({ name, rows }) => ({ name, lines: rows.map(cellsOf) }));
  const all = [HEADINGS, ...cells.flatMap(({ lines }) => lines)];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const aligned = (line: readonly string[]): string =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2))).join('');
  const lines = cells.flatMap((group) => ['', paint.bold(group.name), ...group.lines.map((line) => aligned(line).trimEnd())]);
  return [paint.dim(aligned(HEADINGS).trimEnd()), ...lines, ''].join('\n');
}

function cellsOf({ name, opsPerSecond, medianMs, p99Ms, marginPercent, roundsMs, ratio }: BenchRow): string[] {
  const margin = Number.isFinite(marginPercent) ? `± ${marginPercent.toFixed(1)} %` : '';
  const figures = [digits(opsPerSecond), duration(medianMs), duration(p99Ms), margin, digits(roundsMs.length)];
  return [`  ${name}`, ...figures, ratio === null ? '' : comparison(ratio)];
}

/** In two digits: the noise of one run has more than the third. */
function comparison(ratio: number): string {
  const factor = digits(Number(Math.max(ratio, 1 / ratio).toPrecision(2)));
  if (factor === '1') return 'as fast';
  return ratio > 1 ? `${factor}× faster` : `${factor}× slower`;
}

/** On a logarithmic axis, or what is fast would be one flat line beside what is slow. */
function chart(name: string, rows: readonly BenchRow[], { columns, color }: BenchScreen): string {
  const charted = (rounds: readonly number[]): number[] => rounds.slice(0, Math.ceil(rounds.length * CHARTED_SHARE)).map(Math.log10);
  const series = rows.map((row) => ({ name: row.name, values: charted(row.roundsMs) }));
  const format = (exponent: number): string => duration(10 ** exponent);
  const drawn = renderChart(series, { width: Math.min(columns, WIDEST_CHART), height: CHART_LINES, format });
  return `${colors(color).bold(`${name}, time per operation`)} from the fastest round to the slowest, logarithmic\n${drawn}\n`;
}

/** Three digits, or all of a whole number's. */
function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
