import type { LeakReport } from '../core/report.ts';
import { andMore, plural } from '../core/wording.ts';
import { colors } from './colors.ts';
import { leakBlock, type Screen } from './findingBlock.ts';
import { issuesOf, type Issue } from './issues.ts';
import { codeBlock, inlineCode } from './markdownText.ts';
import type { OutputContext } from './outputs.ts';
import { plainText } from './plainText.ts';
import { scenarioBlock } from './scenarioBlock.ts';
import { header, remarks, totals } from './terminal.ts';
import { workerLine } from './workerLine.ts';

/** GitHub drops the whole summary of a step that is longer than 1 MiB (1,048,576 bytes), and now and then one that is nearly so long. */
export const MAX_SUMMARY_BYTES = 1_000_000;

const MAX_ROWS = 100;
const MAX_BLOCKS = 20;
const MAX_WORKERS = 32;
const COLUMNS = 100;

/**
 * The report as GitHub Flavored Markdown, for a job summary or a comment: the verdict, the gate and why, a table of the findings, their
 * code, the stability scenarios with their charts, the workers' courses, and what could not be judged or measured.
 *
 * @param maxBytes what does not fit is left out, the least important first, and the end says so
 */
export function renderMarkdown(report: LeakReport, context: OutputContext, maxBytes: number = MAX_SUMMARY_BYTES): string {
  const issues = issuesOf(report, context.repositoryPath);
  const screen: Screen = { columns: COLUMNS, color: false, ...(context.source === undefined ? {} : { source: context.source }) };
  const whole = context.reportPath === undefined ? 'the leak report' : inlineCode(plainText(context.reportPath, 500));
  const findings = [...table(issues, context), ...blocks(report, issues, screen), ...scenarios(report, screen)];
  const end = `\nEvidence, stacks and all charts are in ${whole}.\n`;
  const chunks = [verdict(report), ...findings, ...workers(report), ...others(report), end];
  return fit(chunks, maxBytes, `\nThis summary was cut short; everything is in ${whole}.\n`);
}

function verdict(report: LeakReport): string {
  const { failed, reasons, failOn } = report.gate;
  const paint = colors(false);
  const gate = failed
    ? `**Gate failed:** ${inlineCode(plainText(reasons.join(', '), 1000))}`
    : `**Gate passed**${failOn === 'never' ? ': nothing gates' : ''}`;
  const counts = header(report, paint).replace(/^leak · /, '');
  const lines = [`## ${failed ? '❌' : '✅'} leak: ${VERDICTS[report.verdict]}`, gate, counts, ...totals(report, paint)];
  return `${lines.join('\n\n')}\n`;
}

const VERDICTS = { pass: 'nothing leaks', leak: 'something leaks', inconclusive: 'inconclusive' } as const;

function table(issues: readonly Issue[], { link }: OutputContext): string[] {
  const shown = issues.filter(({ status }) => status !== 'allowed');
  if (shown.length === 0) return [];
  const rows = shown.slice(0, MAX_ROWS).map((issue) => {
    const { title, place, openedAt, owners, ownerCount } = issue;
    const opened = openedAt === null ? '' : inlineCode(openedAt);
    const where = opened === '' || place?.column === undefined || link === undefined ? opened : `[${opened}](${link(place)})`;
    return `| ${wordOf(issue)} | ${inlineCode(title)} | ${where} | ${owners[0] === undefined ? '' : inlineCode(owners[0].label)}${andMore(ownerCount - 1)} |\n`;
  });
  const hidden = shown.length - rows.length;
  const rest = hidden > 0 ? [`\nand ${String(hidden)} more.\n`] : [];
  return [`\n|  | leak | opened at | in |\n| --- | --- | --- | --- |\n${rows[0] ?? ''}`, ...rows.slice(1), ...rest];
}

function wordOf({ severity, status, level }: Issue): string {
  if (severity === 'late') return 'late';
  return level === 'error' ? `**${status}**` : status;
}

/** Leaks in full, as on a terminal: what, the line with its code, what to do. */
function blocks(report: LeakReport, issues: readonly Issue[], screen: Screen): string[] {
  const manyProjects = new Set(report.tests.map(({ project }) => project)).size > 1;
  const groups = issues.flatMap(({ group, level }) => (group === null || level === 'note' ? [] : [group]));
  return section(
    'Leaks',
    groups.slice(0, MAX_BLOCKS).map((group) => codeBlock(leakBlock(group, screen, manyProjects))),
    groups.length > MAX_BLOCKS ? `and ${plural(groups.length - MAX_BLOCKS, 'more leak')}` : '',
  );
}

/** Those that failed first. */
function scenarios(report: LeakReport, screen: Screen): string[] {
  const ordered = [...report.scenarios.filter(({ failed }) => failed), ...report.scenarios.filter(({ failed }) => !failed)];
  return section(
    'Stability',
    ordered.slice(0, MAX_BLOCKS).map((scenario) => codeBlock(scenarioBlock(scenario, report, screen))),
    ordered.length > MAX_BLOCKS ? `and ${plural(ordered.length - MAX_BLOCKS, 'more scenario')}` : '',
  );
}

function workers(report: LeakReport): string[] {
  const lines = report.workers.flatMap((worker) => workerLine(worker, Infinity) ?? []);
  const hidden = lines.length - MAX_WORKERS;
  const shown = codeBlock(lines.slice(0, MAX_WORKERS));
  return lines.length === 0 ? [] : section('Workers', [shown], hidden > 0 ? `and ${plural(hidden, 'more worker')}` : '');
}

function others(report: LeakReport): string[] {
  const paragraphs = remarks(report, COLUMNS, colors(false)).filter((lines) => lines.length > 0);
  return section('Not judged, not measured, and notes', paragraphs.map(codeBlock), '');
}

function section(title: string, contents: readonly string[], more: string): string[] {
  if (contents.length === 0) return [];
  const [first = '', ...rest] = contents;
  return [`\n### ${title}\n\n${first}`, ...rest.map((text) => `\n${text}`), ...(more === '' ? [] : [`\n${more}\n`])];
}

/** As many chunks from the first on as fit into that many bytes of UTF-8 with the sentence that says that there were more. */
function fit(chunks: readonly string[], maxBytes: number, cutShort: string): string {
  const encoder = new TextEncoder();
  const sizeOf = (text: string): number => encoder.encode(text).length;
  const sizes = chunks.map(sizeOf);
  if (sizes.reduce((sum, size) => sum + size, 0) <= maxBytes) return chunks.join('');
  let room = maxBytes - sizeOf(cutShort);
  const kept = chunks.slice(
    0,
    sizes.findIndex((size) => (room -= size) < 0),
  );
  return kept.join('') + cutShort;
}
