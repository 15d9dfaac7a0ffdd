import { formatAmount } from '../core/amount.ts';
import { describeNoLeaks, describeSpan, type History, type LeakHistory, type Presence } from '../core/history.ts';
import { plural } from '../core/wording.ts';
import { renderChart } from './chart.ts';
import { colors } from './colors.ts';
import { sentence } from './findingBlock.ts';
import { describeCourse, HISTORY_FIGURES, PRESENCES } from './historyFigures.ts';
import { plainText, shorten } from './plainText.ts';

export interface HistoryScreen {
  readonly columns: number;
  readonly color: boolean;
}

const CHART_LINES = 6;
const WIDEST_CHART = 100;
const MAX_LEAKS = 30;
const MAX_STRIP = 40;
const MARKS: Readonly<Record<Presence, string>> = { there: '■', absent: '·', unknown: '?' };
const LEGEND = (['there', 'absent', 'unknown'] as const).map((presence) => `${MARKS[presence]} ${PRESENCES[presence]}`).join('  ');

/**
 * A history for a terminal: a chart for each figure that was measured, then each leak with the build in which it first appeared. Ends in
 * a newline.
 */
export function renderHistory(history: History, { columns, color }: HistoryScreen): string {
  const { builds, leaks } = history;
  const paint = colors(color);
  const names = builds.map(({ name }) => plainText(name, 60));
  const range = builds.length > 1 ? ` · ${names[0] ?? ''} … ${names.at(-1) ?? ''}` : ` · ${names[0] ?? ''}`;
  const charts = HISTORY_FIGURES.flatMap((figure) => {
    // A build that did not measure it is drawn as the one before.
    const values = builds.map((build) => figure.of(build) ?? NaN);
    const format = (value: number): string => formatAmount(value, figure.kind);
    const drawn = renderChart([{ name: figure.name, values }], { width: Math.min(columns, WIDEST_CHART), height: CHART_LINES, format });
    return drawn === ''
      ? []
      : [`${paint.bold(figure.name)} ${describeCourse(figure, builds)}\n${drawn.split('\n').slice(0, -1).join('\n')}`];
  });
  const shown = leaks.slice(0, MAX_LEAKS).map((leak) => leakLines(history, leak, columns, paint));
  const more = leaks.length - shown.length;
  const list = leaks.length === 0 ? [noLeaks(history, paint)] : [...shown, paint.dim(LEGEND)];
  return `${[
    `${paint.bold('leak trend')} · ${plural(builds.length, 'build')}${range} · ${plural(leaks.length, 'leak')}`,
    ...charts,
    list.join('\n'),
    ...(more > 0 ? [`and ${plural(more, 'more leak')}, see --html`] : []),
  ].join('\n\n')}\n`;
}

function leakLines(history: History, leak: LeakHistory, columns: number, paint: ReturnType<typeof colors>): string {
  const span = plainText(describeSpan(history, leak), 200);
  const place = leak.origin === null ? '' : ` · ${leak.origin.file}:${String(leak.origin.line)}`;
  const painted = { there: span.startsWith('new') ? paint.red : paint.yellow, unknown: paint.yellow, gone: paint.dim }[leak.standing](span);
  const first = `${strip(leak)}  ${painted}`;
  return `${first}\n  ${shorten(plainText(`${leak.kind} · ${sentence(leak)}${place}`, 500), Math.max(20, columns - 2))}`;
}

/** One mark a build. Of many builds, the last ones. */
function strip({ builds }: LeakHistory): string {
  return builds
    .map((presence) => MARKS[presence])
    .slice(-MAX_STRIP)
    .join('');
}

function noLeaks(history: History, paint: ReturnType<typeof colors>): string {
  const { builds } = history;
  const isClean = builds.every(({ verdict }) => verdict === 'pass');
  return (isClean ? paint.green : paint.yellow)(plainText(describeNoLeaks(history), 500));
}
