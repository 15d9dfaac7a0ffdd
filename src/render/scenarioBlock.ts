import { formatAmount } from '../core/amount.ts';
import type { Verdict } from '../core/finding.ts';
import { isKnownFailure } from '../core/gate.ts';
import type { LeakReport, ReportScenario } from '../core/report.ts';
import type { Scenario } from '../core/scenario.ts';
import { andOthers, othersOf } from '../core/otherSummaries.ts';
import { renderChart } from './chart.ts';
import { codeFrame } from './codeFrame.ts';
import { colors, type Colors } from './colors.ts';
import { wrap, type Screen } from './findingBlock.ts';
import { plainText } from './plainText.ts';
import { courseLines, coursesOf, isFlat, type Course } from './scenarioCourses.ts';

const INDENT = '      ';
const CHART_LINES = 6;
const MAX_CHARTS = 8;
/** A run that was cut short leaves every metric undecided: their courses in a few words do, then. */
const MAX_UNDECIDED_CHARTS = 3;
const MAX_REASONS = 6;
const MAX_ORIGINS = 3;

/**
 * A stability scenario: one that holds in a line with its courses; one that does not with the reasons, the lines that opened what
 * survived, and a chart of every metric that made the verdict. The courses of all metrics follow, each in a few words.
 */
export function scenarioBlock(scenario: ReportScenario, report: Pick<LeakReport, 'tests'>, screen: Screen): string[] {
  const paint = colors(screen.color);
  const lines = [headline(scenario, report, paint)];
  const text = (sentence: string): string[] => wrap(plainText(sentence, 500), screen.columns - INDENT.length).map((line) => INDENT + line);
  for (const reason of scenario.reasons.slice(0, MAX_REASONS)) lines.push(...text(reason));
  if (scenario.verdict === 'leak') lines.push(...origins(scenario, screen, text));
  for (const course of suspects(scenario)) lines.push(...chart(course, screen));
  lines.push(...courseLines(scenario, screen.columns - INDENT.length).map((line) => INDENT + line));
  for (const note of scenario.notes) lines.push(...text(note));
  return lines;
}

/** The courses of what does not pass, leaks first. One that never moved has nothing to draw. */
function suspects(scenario: Scenario): Course[] {
  const courses = coursesOf(scenario).filter((course) => !isFlat(course));
  const judged = (verdict: Verdict): Course[] =>
    courses.filter(({ name }) => scenario.metrics.some((metric) => metric.name === name && metric.verdict === verdict));
  const isTooSlow = scenario.outcomes.some(({ name, held, gates }) => name === 'p95Degradation' && held === false && gates);
  const slow = courses.filter(({ name }) => isTooSlow && name === 'p95Ms');
  return [...judged('leak'), ...slow, ...judged('inconclusive').slice(0, MAX_UNDECIDED_CHARTS)].slice(0, MAX_CHARTS);
}

function headline(scenario: ReportScenario, report: Pick<LeakReport, 'tests'>, paint: Colors): string {
  const { name, iterations, shape, testId } = scenario;
  const label = labelOf(scenario, paint);
  const test = report.tests.find(({ id }) => id === testId);
  const manyProjects = test !== undefined && report.tests.some(({ project }) => project !== test.project);
  const project = manyProjects && test.project !== '' ? `[${test.project}] ` : '';
  const where = test === undefined ? '' : ` · ${paint.dim(plainText(`${project}${test.file}:${String(test.line)} › ${test.title}`, 120))}`;
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
  return scenario.findings.slice(0, MAX_ORIGINS).flatMap((finding) => {
    const { count, origin, hint } = finding;
    const what = `${finding.summary}${andOthers(finding, count, othersOf(finding))}`;
    if (origin === null) return text(what);
    const frame = codeFrame(screen.source?.(origin.file), origin, screen.color);
    return [
      ...text(`${what}, opened at ${origin.file}:${String(origin.line)}:${String(origin.column)}`),
      ...(frame === '' ? [] : frame.split('\n').map((line) => INDENT + line)),
      ...text(hint),
    ];
  });
}

function chart({ name, kind, values }: Course, { columns }: Screen): string[] {
  const width = Math.max(20, Math.min(100, columns) - INDENT.length);
  const drawn = renderChart([{ name, values }], { width, height: CHART_LINES, format: (value) => formatAmount(value, kind) });
  return drawn.split('\n').map((line) => INDENT + line);
}
