import { describeGone } from '../core/describeGone.ts';
import type { Finding } from '../core/finding.ts';
import { isKnownFailure } from '../core/gate.ts';
import { groupBy } from '../core/groupBy.ts';
import { isLeak, type LeakReport, type ReportTest, type ReportWorker } from '../core/report.ts';
import { plural } from '../core/wording.ts';
import { colors, type Colors } from './colors.ts';
import { briefBlock, leakBlock, wrap, type Screen } from './findingBlock.ts';
import { countOwners, groupFindings, type FindingGroup, type Owner } from './findingGroups.ts';
import { renderMachineLine } from './machineLine.ts';
import { plainText } from './plainText.ts';
import { scenarioBlock } from './scenarioBlock.ts';
import { ownReason, undecidedScenario } from './undecidedTest.ts';
import { workerLine } from './workerLine.ts';

/** The screen, and where the report lies. */
export interface TerminalOptions extends Screen {
  /** Path of the written report, for the last line; absent when it was not written. */
  readonly reportPath?: string;
  /** Whether the outcome is also said in one line for programs, the last but one. Default: false. */
  readonly machineLine?: boolean;
}

const MAX_LEAKS = 20;
const MAX_BRIEF = 10;
const MAX_SCENARIOS = 20;
const MAX_WORKERS = 8;
const MAX_NOTES = 10;

/**
 * The verdict for a person at a terminal: a header, a block per leak, late and known ones in brief, the workers' courses, what was not
 * measured, the totals, and last what gates and why. Ends in a newline.
 *
 * @example process.stdout.write(renderTerminal(parseReport(text), { columns: 100, color: false }));
 */
export function renderTerminal(report: LeakReport, options: TerminalOptions): string {
  const paint = colors(options.color);
  const groups = groupFindings(report);
  const manyProjects = new Set(report.tests.map((test) => test.project)).size > 1;
  const paragraphs = [
    [header(report, paint)],
    ...limited(groups.filter(isNew), MAX_LEAKS, (group) => leakBlock(group, options, manyProjects)),
    ...limited(groups.filter(isKnown), MAX_BRIEF, (group) => briefBlock(group, options, manyProjects)),
    ...limited(groups.filter(isLate), MAX_BRIEF, (group) => briefBlock(group, options, manyProjects)),
    ...scenarios(report, options),
    inconclusiveLines(report, options.columns, paint),
    [...workerLines(report.workers, options.columns), ...unmeasured(report, options.columns)],
    outsideView(report, options.columns, paint),
    notes(report, options.columns, paint),
    baselineLines(report, paint),
    [...totals(report, paint), ...(options.machineLine === true ? [renderMachineLine(report)] : []), gate(report, options, paint)],
  ];
  const shown = paragraphs.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What could not be judged or measured, and the notes: paragraphs, some of them empty. */
export function remarks(report: LeakReport, columns: number, paint: Colors): string[][] {
  return [
    inconclusiveLines(report, columns, paint),
    unmeasured(report, columns),
    outsideView(report, columns, paint),
    notes(report, columns, paint),
    baselineLines(report, paint),
  ];
}

/** How many tests, workers and leaks, in one line. */
export function header(report: LeakReport, paint: Colors): string {
  const { new: fresh, known, allowed, late, inconclusive } = report.totals;
  const isFresh = (finding: Finding): boolean => isLeak(finding) && finding.status === 'new';
  const tests = new Map(report.tests.filter(({ findings }) => findings.some(isFresh)).map((test) => [test.id, test]));
  const leaky: Owner[] = [
    ...[...tests.values()].map((test) => ({ type: 'test', test }) as const),
    ...report.workers.filter(({ findings }) => findings.some(isFresh)).map(({ workerIndex }) => ({ type: 'worker', workerIndex }) as const),
  ];
  const where = leaky.length === 0 ? '' : ` in ${countOwners(leaky)}`;
  const workers = report.workers.filter((worker) => worker.workerIndex >= 0).length;
  const parts = [
    plural(new Set(report.tests.map((test) => test.id)).size, 'test'),
    plural(workers, 'worker'),
    fresh === 0 ? paint.green(known === 0 ? 'no leaks' : 'no new leaks') : paint.red(`${plural(fresh, 'leak')}${where}`),
    ...(late === 0 ? [] : [`${String(late)} late`]),
    ...(known === 0 ? [] : [`${String(known)} known`]),
    ...(allowed === 0 ? [] : [`${String(allowed)} allowed`]),
    ...(inconclusive === 0 ? [] : [paint.yellow(`${String(inconclusive)} inconclusive`)]),
  ];
  return `${paint.bold('leak')} · ${parts.join(' · ')}`;
}

function limited(groups: readonly FindingGroup[], most: number, render: (group: FindingGroup) => string[]): string[][] {
  const blocks = groups.slice(0, most).map(render);
  return groups.length > most ? [...blocks, [`and ${String(groups.length - most)} more, see report.json`]] : blocks;
}

/** Those that failed first. */
function scenarios(report: LeakReport, options: TerminalOptions): string[][] {
  const ordered = [...report.scenarios.filter(({ failed }) => failed), ...report.scenarios.filter(({ failed }) => !failed)];
  const blocks = ordered.slice(0, MAX_SCENARIOS).map((scenario) => scenarioBlock(scenario, report, options));
  const hidden = ordered.length - blocks.length;
  return hidden === 0 ? blocks : [...blocks, [`and ${plural(hidden, 'more scenario')}, see report.json`]];
}

function inconclusiveLines(report: LeakReport, columns: number, paint: Colors): string[] {
  // A scenario tells of itself above.
  const tests = report.tests.filter((test) => test.verdict === 'inconclusive' && undecidedScenario(test, report) === undefined);
  const reasons = saidOfTests(tests.map((test) => ({ test, sentence: ownReason(test) })));
  return reasons.slice(0, MAX_NOTES).flatMap((reason) => {
    const [head = '', ...rest] = wrap(reason, columns - 6);
    return [`${paint.yellow('?')}     ${head}`, ...rest.map((line) => `      ${line}`)];
  });
}

/** Each sentence once, with the first test that it is said of: `a.spec.ts:3 › exports and 2 more tests: It was not checked.` */
function saidOfTests(said: readonly { readonly test: ReportTest; readonly sentence: string }[]): string[] {
  return [...groupBy(said, ({ sentence }) => sentence)].map(([sentence, all]) => {
    const first = all.slice(0, 1).map(({ test }) => `${test.file}:${String(test.line)} › ${test.title}`);
    const more = all.length > 1 ? ` and ${plural(all.length - 1, 'more test')}` : '';
    return `${plainText(first.join(''), 160)}${more}: ${plainText(sentence, 400)}`;
  });
}

function workerLines(workers: readonly ReportWorker[], columns: number): string[] {
  const lines = workers.flatMap((worker) => workerLine(worker, columns) ?? []);
  return lines.length > MAX_WORKERS ? [...lines.slice(0, MAX_WORKERS), `and ${plural(lines.length - MAX_WORKERS, 'more worker')}`] : lines;
}

function unmeasured(report: LeakReport, columns: number): string[] {
  const missing = report.environment.detectors.filter((detector) => !detector.available);
  if (missing.length === 0) return [];
  const parts = [...groupBy(missing, ({ reason = '' }) => reason)].map(
    ([reason, detectors]) =>
      detectors.map(({ name }) => plainText(name)).join(', ') + (reason === '' ? '' : ` (${plainText(reason, 200)})`),
  );
  return wrap(`not measured here: ${parts.join('; ')}`, columns);
}

function outsideView(report: LeakReport, columns: number, paint: Colors): string[] {
  if (!report.run.outsideView) return [];
  return [
    ...wrap(
      'This is an outside view: tests that do not use leak/fixtures were watched from outside their workers, file descriptors and ' +
        'processes only. For every kind of leak and the line that opened it, change the import in the suite:',
      columns,
    ),
    `  ${paint.bold("import { test, expect } from 'leak/fixtures';")}`,
    `  or, with fixtures of your own: ${paint.bold('export const test = mergeTests(leakTest, myTest);')}`,
  ];
}

function notes(report: LeakReport, columns: number, paint: Colors): string[] {
  // An inconclusive test has its reason above.
  const judged = report.tests.filter(({ verdict }) => verdict !== 'inconclusive');
  const all = [
    ...report.notes.map((note) => plainText(note, 500)),
    ...report.workers.flatMap((worker) => worker.notes.map((note) => plainText(`worker ${String(worker.workerIndex)}: ${note}`, 500))),
    ...saidOfTests(judged.flatMap((test) => test.notes.map((sentence) => ({ test, sentence })))),
  ];
  const shown = all.slice(0, MAX_NOTES).flatMap((note) => wrap(`leak · ${note}`, columns));
  return (all.length > MAX_NOTES ? [...shown, `leak · and ${plural(all.length - MAX_NOTES, 'more note')}, see report.json`] : shown).map(
    paint.yellow,
  );
}

function baselineLines({ baseline }: LeakReport, paint: Colors): string[] {
  const sentence = baseline === null ? null : describeGone(baseline);
  return sentence === null ? [] : [paint.green(`leak · ${sentence}`)];
}

/** How Playwright's own run ended, and what the checks cost: a line, and one more when it did not pass. */
export function totals(report: LeakReport, paint: Colors): string[] {
  const { passed, failed, skipped, flaky, errors, overheadMs } = report.totals;
  const { status, durationMs } = report.run;
  const cost = overheadMs === null ? '' : ` · leak checks ${overheadMs.toFixed(1)} ms a test`;
  const counts = [
    `${String(passed)} passed`,
    ...(flaky > 0 ? [`${String(flaky)} flaky`] : []),
    ...(skipped > 0 ? [`${String(skipped)} skipped`] : []),
  ];
  const line = `${counts.join(', ')} (${duration(durationMs)})${cost}`;
  if (status === 'passed') return [line];
  const reasons = [
    ...(failed > 0 ? [`${String(failed)} failed`] : []),
    ...(errors > 0 ? [`${plural(errors, 'error')} outside of tests`] : []),
  ];
  const word = status === 'timedout' ? 'RUN TIMED OUT' : status === 'interrupted' ? 'RUN INTERRUPTED' : 'TESTS FAILED';
  return [line, `${paint.red(paint.bold(word))}  ${reasons.join(', ') || 'no test failed'}`];
}

function gate(report: LeakReport, options: TerminalOptions, paint: Colors): string {
  const { failed, reasons, failOn } = report.gate;
  const where = options.reportPath === undefined ? '' : ` · ${plainText(options.reportPath, 500)}`;
  const { new: fresh, known, allowed, inconclusive } = report.totals;
  if (failed) return `${paint.red(paint.bold('GATE FAILED'))}  ${plainText(reasons.join(', '), 1000)}, ${String(allowed)} allowed${where}`;
  const counts = [plural(fresh, 'new leak'), ...(known > 0 ? [`${String(known)} known`] : []), `${String(allowed)} allowed`];
  const failing = report.scenarios.filter(isKnownFailure).length;
  if (failing > 0) counts.push(plural(failing, 'known failing scenario'));
  if (inconclusive > 0) counts.push(`${String(inconclusive)} inconclusive`);
  const off = failOn === 'never' ? ', nothing gates (failOn: never)' : '';
  return `${paint.green(paint.bold('GATE PASSED'))}  ${counts.join(', ')}${off}${where}`;
}

function duration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))}ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)}s` : `${(ms / 60_000).toFixed(1)} min`;
}

function isNew({ finding }: FindingGroup): boolean {
  return finding.severity === 'leak' && finding.status === 'new';
}

function isKnown({ finding }: FindingGroup): boolean {
  return finding.severity === 'leak' && finding.status === 'known';
}

function isLate({ finding }: FindingGroup): boolean {
  return finding.severity === 'late' && finding.status !== 'allowed';
}
