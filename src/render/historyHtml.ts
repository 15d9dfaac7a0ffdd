import { describeNoLeaks, describeSpan, type History, type LeakHistory, type Presence } from '../core/history.ts';
import { plural } from '../core/wording.ts';
import { escapeHtml } from './escapeHtml.ts';
import { describeCourse, HISTORY_FIGURES, PRESENCES, type HistoryFigure } from './historyFigures.ts';
import { renderDocument } from './html.ts';
import { plainText } from './plainText.ts';
import { svgChart } from './svgChart.ts';

const BOX = { width: 540, height: 170, left: 62, right: 12, top: 10, bottom: 26 };
const MAX_LEAKS = 2000;
/** Characters of a build's name that fit below a chart. */
const LABEL = 12;

/**
 * A history as one HTML file without any script: a chart for each figure, and a table of the leaks with a mark for every build.
 *
 * @param style the style sheet of the report's page
 */
export function renderHistoryHtml(history: History, style: string): string {
  const { builds, leaks } = history;
  const charts = HISTORY_FIGURES.map((figure) => chart(figure, history)).join('');
  const rows = leaks.slice(0, MAX_LEAKS).map((leak) => row(history, leak));
  const hidden = leaks.length - rows.length;
  const table =
    leaks.length === 0
      ? `<p class="empty">${escapeHtml(plainText(describeNoLeaks(history), 500))}</p>`
      : `<div class="card scroll history" tabindex="0" role="region" aria-label="Leaks by build"><table><thead><tr>${[
          'leak',
          'where',
          'since',
          'builds',
        ]
          .map((name) => `<th scope="col">${name}</th>`)
          .join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  const names = [builds[0], builds.at(-1)].map((build) => plainText(build?.name ?? '', 80));
  const body = [
    '<main class="page history">',
    '<h1>Leaks over builds</h1>',
    `<p class="lead">${escapeHtml(`${plural(builds.length, 'build')}, ${names.join(' to ')}, the oldest on the left.`)}</p>`,
    `<div class="courses is-wide">${charts}</div>`,
    `<section aria-labelledby="leaks"><h2 id="leaks">Leaks <span class="number">${leaks.length.toLocaleString('en')}</span></h2>${table}`,
    ...(hidden > 0 ? [`<p class="more">and ${plural(hidden, 'more leak')}</p>`] : []),
    '</section></main>',
  ];
  return renderDocument({ title: `${plural(builds.length, 'build')} · leak trend`, style, script: null, body: body.join('\n') });
}

function chart(figure: HistoryFigure, { builds }: History): string {
  const course = describeCourse(figure, builds);
  if (course === '') return '';
  const points = builds.map((build, index) => ({ x: index, y: figure.of(build) }));
  const xLabel = (index: number): string => plainText(builds[index]?.name ?? '', LABEL);
  const picture = svgChart({ points, kind: figure.kind, box: BOX, xLabel });
  const label = escapeHtml(`${figure.name}: ${course}`);
  return (
    `<figure class="chart is-axes card"><figcaption><b>${escapeHtml(figure.name)}</b> <span>${escapeHtml(course)}</span></figcaption>` +
    `<svg viewBox="0 0 ${String(BOX.width)} ${String(BOX.height)}" role="img" aria-label="${label}">${picture}</svg></figure>`
  );
}

function row(history: History, leak: LeakHistory): string {
  const span = describeSpan(history, leak);
  const place = leak.origin === null ? 'no line known' : `${leak.origin.file}:${String(leak.origin.line)}`;
  const marks = history.builds.map((build, index) => {
    const presence = leak.builds[index] ?? 'unknown';
    return `<i class="is-${presence}" title="${escapeHtml(`${plainText(build.name, 80)}: ${PRESENCES[presence]}`)}"></i>`;
  });
  const count = (presence: Presence): number => leak.builds.filter((one) => one === presence).length;
  const unknown = count('unknown') === 0 ? '' : `, ${String(count('unknown'))} unknown`;
  const label = `in ${String(count('there'))} of ${plural(history.builds.length, 'build')}${unknown}`;
  const standing = leak.standing === 'gone' ? 'pass' : span.startsWith('new') ? 'new' : 'known';
  return [
    `<tr id="${escapeHtml(`finding-${plainText(leak.fingerprint, 80)}`)}">`,
    `<th scope="row"><span class="dim">${escapeHtml(leak.kind)}</span> ${escapeHtml(plainText(leak.summary, 300))}</th>`,
    `<td><code>${escapeHtml(plainText(place, 300))}</code></td>`,
    `<td><span class="badge is-${standing}">${escapeHtml(plainText(span, 200))}</span></td>`,
    `<td><span class="marks" role="img" aria-label="${label}">${marks.join('')}</span></td>`,
    '</tr>',
  ].join('');
}
