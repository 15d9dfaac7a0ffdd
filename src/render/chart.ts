// The only file that knows asciichart: to replace the plotter is to replace this.
import { plot, type PlotConfig } from 'asciichart';
import { highest, lowest } from '../core/extremes.ts';
import { plainText, shorten } from './plainText.ts';

/** A course to draw. What is not finite in it is drawn as the value before. */
export interface ChartSeries {
  readonly name: string;
  readonly values: readonly number[];
}

export interface ChartOptions {
  /** Columns of the whole chart, its labels included. */
  readonly width: number;
  /** Lines of the chart, without the line that names the series. */
  readonly height: number;
  /** Value → label beside the axis. */
  readonly format?: (value: number) => string;
}

/** How each series is drawn, in turn, so that they can be told apart without colours. */
const STYLES: readonly NonNullable<PlotConfig['symbols']>[] = [
  ['┼', '┤', '╶', '╴', '─', '╰', '╭', '╮', '╯', '│'],
  ['┼', '┤', '╶', '╴', '═', '╚', '╔', '╗', '╝', '║'],
  ['┼', '┤', '╶', '╴', '┄', '└', '┌', '┐', '┘', '┊'],
  ['┼', '┤', '╶', '╴', '━', '┗', '┏', '┓', '┛', '┃'],
];

/**
 * Draws courses on one axis, from left to right over the whole width, and names them in a last line. Where there are more values than
 * columns, the highest of each stretch is drawn. Whole numbers get no more lines than there are whole numbers to show; a flat course
 * is one line. Without any finite value there is nothing to draw: the empty text.
 *
 * @throws RangeError where `width` or `height` is no whole number of at least 1
 * @example renderChart([{ name: 'fds', values: [24, 24, 25, 26] }], { width: 40, height: 5 })
 */
export function renderChart(
  series: readonly ChartSeries[],
  { width, height, format = (value) => value.toLocaleString('en', { maximumSignificantDigits: 4 }) }: ChartOptions,
): string {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} must be a whole number of at least 1, got ${String(value)}`);
    }
  }
  const courses = series.map(({ name, values }) => ({ name, values: withoutGaps(values) })).filter(({ values }) => values.length > 0);
  if (courses.length === 0) return '';
  const values = courses.flatMap((course) => course.values);
  const low = lowest(values);
  const span = highest(values) - low;
  const steps = span === 0 ? 0 : values.every(Number.isInteger) ? Math.min(height - 1, span) : height - 1;
  const labels = Array.from({ length: steps + 1 }, (_, line) => format(steps === 0 ? low : low + (span * (steps - line)) / steps));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const columns = Math.max(1, width - labelWidth - 1);
  const layers = courses.map((course, index) => {
    // asciichart rounds to its lines by itself, but loses count with values that are huge, tiny or far from zero.
    const heights = stretch(course.values, columns).map((value) => 1 + (steps === 0 ? 0 : Math.round(((value - low) / span) * steps)));
    const symbols = STYLES[index % STYLES.length];
    const label = (_: number, line: number): string => `${(labels[line] ?? '').padStart(labelWidth)} `;
    return plot([heights], { min: 1, max: steps + 1, height: steps, offset: 2, format: label, ...(symbols && { symbols }) }).split('\n');
  });
  const lines = layers.reduce((under, over) => under.map((line, row) => overlay(line, over[row] ?? '', labelWidth + 1)));
  const names = courses.map(({ name }, index) => `${(STYLES[index % STYLES.length]?.[4] ?? '').repeat(2)} ${plainText(name, 60)}`);
  return [...lines, `${' '.repeat(labelWidth + 2)}${names.join('   ')}`].map((line) => shorten(line.trimEnd(), width)).join('\n');
}

function withoutGaps(values: readonly number[]): number[] {
  let last = values.find(Number.isFinite);
  if (last === undefined) return [];
  const filled: number[] = [];
  for (const value of values) {
    if (Number.isFinite(value)) last = value;
    filled.push(last);
  }
  return filled;
}

/** Exactly `columns` values: the highest of each stretch of many, or few that are held. */
function stretch(values: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    return highest(values.slice(from, Math.max(from + 1, to)));
  });
}

/** What the second line draws where the first is empty, and the mark where its course begins. */
function overlay(under: string, over: string, axis: number): string {
  const marks = Array.from(over);
  return Array.from(under, (mark, column) => {
    const other = marks[column] ?? ' ';
    return column >= axis && (mark === ' ' || (column === axis && other === '┼')) ? other : mark;
  }).join('');
}
