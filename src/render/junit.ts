import { appendTo, groupBy } from '../core/groupBy.ts';
import { describeFailure } from '../core/scenario.ts';
import type { LeakReport, ReportScenario, ReportTest } from '../core/report.ts';
import { failsGate, scenarioStatus } from './issues.ts';
import { briefBlock, leakBlock, titleOf, type Screen } from './findingBlock.ts';
import { groupFindings, type FindingGroup } from './findingGroups.ts';
import type { OutputContext } from './outputs.ts';
import { plainText } from './plainText.ts';
import { scenarioBlock } from './scenarioBlock.ts';
import { undecidedReason } from './undecidedTest.ts';
import { element, xmlDocument, type XmlElement } from './xml.ts';

const COLUMNS = 120;

/** One `<testcase>`: what it says besides its name, and how it counts. */
interface Case {
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly seconds: number;
  readonly xml: XmlElement;
}

/**
 * The report as JUnit XML: a test case for every test, which fails when the test leaked something that fails the gate; one for every
 * stability scenario; one for what hooks and workers left; and one for the gate itself. What does not gate is told in the output of its
 * test case. A test that could not be judged is skipped, or an error where such tests fail the gate.
 *
 * It is a file beside Playwright's own, whose test cases are named alike: the class names of these begin with `leak.`, so that servers keep
 * them apart. `time` is what the checks cost. Jenkins (the junit step) and GitLab read it; `file` is GitLab's.
 */
export function renderJunit(report: LeakReport, context: OutputContext): string {
  const scope: Scope = {
    report,
    context,
    screen: { columns: COLUMNS, color: false, ...(context.source === undefined ? {} : { source: context.source }) },
    manyProjects: new Set(report.tests.map(({ project }) => project)).size > 1,
  };
  const suites = new Map<string, Case[]>();
  const add = (suite: string, item: Case): void => appendTo(suites, suite, item);
  const testById = new Map(report.tests.map((test) => [test.id, test]));
  const attempts = groupBy(report.tests, ({ id }) => id);
  for (const test of testById.values()) add(test.file, testCase(scope, test, attempts.get(test.id) ?? []));
  for (const scenario of report.scenarios) {
    const test = testById.get(scenario.testId);
    add(test?.file ?? 'scenarios', scenarioCase(scope, scenario, test));
  }
  add('workers', workersCase(scope));
  add('gate', gateCase(report));
  const { skipped: _, ...totals } = counts([...suites.values()].flat());
  const children = [...suites].map(([name, cases]) => {
    const elements = cases.map(({ xml }) => xml);
    return element('testsuite', { name: plainText(name, 500), ...counts(cases) }, elements);
  });
  return xmlDocument(element('testsuites', { name: 'leak', ...totals }, children));
}

/** What every test case is made with. */
interface Scope {
  readonly report: LeakReport;
  readonly context: OutputContext;
  readonly screen: Screen;
  readonly manyProjects: boolean;
}

/** @param test its last attempt */
function testCase(scope: Scope, test: ReportTest, attempts: readonly ReportTest[]): Case {
  const groups = groupFindings({ tests: attempts, workers: [] });
  const details = leaks(scope, groups);
  const failed = details.some(({ name }) => name === 'failure');
  // One outcome each: a test that skipped itself after it had leaked has failed.
  if (!failed && test.status === 'skipped') details.unshift(element('skipped', {}));
  else if (!failed && test.verdict === 'inconclusive') details.unshift(undecided(test, scope.report));
  const seconds = attempts.reduce((sum, { overheadMs }) => sum + (overheadMs ?? 0), 0) / 1000;
  const fingerprints = [...new Set(groups.map(({ finding }) => finding.fingerprint))];
  return toCase({ ...identity(test, scope.context), seconds }, fingerprints, details);
}

function scenarioCase(scope: Scope, scenario: ReportScenario, test: ReportTest | undefined): Case {
  const { failed, verdict, reasons, name } = scenario;
  const lines = scenarioBlock(scenario, scope.report, scope.screen).join('\n');
  const gates = failed && failsGate({ severity: 'leak', status: scenarioStatus(scenario) }, scope.report.gate.failOn);
  const message = plainText(failed ? describeFailure(scenario) : (reasons[0] ?? ''), 400);
  const details = gates
    ? [failure('leak.scenario', message, 1, [lines])]
    : [...(verdict === 'inconclusive' ? [element('skipped', { message })] : []), output([lines])];
  const own = test === undefined ? { name: '', classname: 'leak.scenarios', file: undefined } : identity(test, scope.context);
  const title = `${own.name} › scenario ${plainText(name, 200)}`.replace(/^ › /, '');
  const fingerprints = (scenario.causes ?? []).map((cause) => cause.fingerprint);
  return toCase({ ...own, name: title, seconds: 0 }, fingerprints, details);
}

function workersCase(scope: Scope): Case {
  const left = leaks(scope, groupFindings({ tests: [], workers: scope.report.workers }));
  return toCase({ name: 'what hooks, worker fixtures and the run left behind', classname: 'leak.workers', seconds: 0 }, [], left);
}

function gateCase({ gate: { failed, reasons } }: LeakReport): Case {
  const details = failed ? [failure('leak.gate', plainText(reasons.join(', '), 1000), 1, [])] : [];
  return toCase({ name: 'the gate holds', classname: 'leak.gate', seconds: 0 }, [], details);
}

/** A failure for what gates, and output for what does not. */
function leaks(scope: Scope, groups: readonly FindingGroup[]): XmlElement[] {
  const gating = groups.filter(({ finding }) => failsGate(finding, scope.report.gate.failOn));
  const rest = groups.filter((group) => !gating.includes(group));
  const block = (group: FindingGroup): string => describe(group, scope);
  const [first] = gating;
  return [
    ...(first === undefined ? [] : [failure(`leak.${first.finding.kind}`, messageOf(first), gating.length, gating.map(block))]),
    ...(rest.length === 0 ? [] : [output(rest.map(block))]),
  ];
}

function describe(group: FindingGroup, { screen, manyProjects }: Scope): string {
  const { severity, status, evidence } = group.finding;
  const reason = evidence['allowedBecause'];
  if (status === 'allowed') return `ALLOWED ${messageOf(group)}: ${plainText(typeof reason === 'string' ? reason : '', 400)}`;
  return (severity === 'late' ? briefBlock : leakBlock)(group, screen, manyProjects).join('\n');
}

function identity(test: ReportTest, { repositoryPath }: OutputContext): { name: string; classname: string; file: string } {
  const titles = test.titlePath.length > 1 ? test.titlePath.slice(1).join(' › ') : test.title;
  const project = test.project === '' ? '' : `[${test.project}] `;
  return {
    name: plainText(project + titles, 300),
    // Jenkins makes packages of the dots.
    classname: `leak.${plainText(test.file, 500)
      .replaceAll('.', '_')
      .replace(/[\\/]+/g, '.')}`,
    file: plainText(repositoryPath(test.file) ?? test.file, 500),
  };
}

function toCase(
  {
    seconds,
    ...attributes
  }: { readonly name: string; readonly classname: string; readonly file?: string | undefined; readonly seconds: number },
  fingerprints: readonly string[],
  details: readonly XmlElement[],
): Case {
  const properties = fingerprints.map((value) => element('property', { name: 'leak.fingerprint', value }));
  const content = [...(properties.length === 0 ? [] : [element('properties', {}, properties)]), ...details];
  const names = details.map(({ name }) => name);
  const outcome = (['failure', 'error', 'skipped'] as const).find((name) => names.includes(name)) ?? 'passed';
  return { outcome, seconds, xml: element('testcase', { ...attributes, time: seconds.toFixed(3) }, content) };
}

function counts(cases: readonly Case[]): { tests: number; failures: number; errors: number; skipped: number; time: string } {
  const count = (outcome: Case['outcome']): number => cases.filter((item) => item.outcome === outcome).length;
  const seconds = cases.reduce((sum, item) => sum + item.seconds, 0);
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped'), time: seconds.toFixed(3) };
}

/** Consumers show the first failure of a test case only, so there is one for all. */
function failure(type: string, message: string, count: number, blocks: readonly string[]): XmlElement {
  const more = count > 1 ? ` (and ${String(count - 1)} more)` : '';
  return element('failure', { message: message + more, type }, blocks.join('\n\n'));
}

function undecided(test: ReportTest, report: LeakReport): XmlElement {
  const message = plainText(undecidedReason(test, report), 400);
  return report.gate.failOn === 'inconclusive' ? element('error', { message, type: 'leak.inconclusive' }) : element('skipped', { message });
}

/** In output, `[[ATTACHMENT|path]]` is a file to Jenkins and GitLab; in a title it is none. */
function output(blocks: readonly string[]): XmlElement {
  return element('system-out', {}, blocks.join('\n\n').replaceAll('[[', '[ ['));
}

function messageOf(group: FindingGroup): string {
  const { origin } = group.finding;
  const opened = origin === null ? '' : `, opened at ${origin.file}:${String(origin.line)}:${String(origin.column)}`;
  return `${titleOf(group)}${plainText(opened, 300)}`;
}
