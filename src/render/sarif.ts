import type { LeakReport } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { parseStack } from '../core/stack.ts';
import { andMore } from '../core/wording.ts';
import { issuesOf, type Issue, type Place } from './issues.ts';
import type { OutputContext } from './outputs.ts';
import { plainText } from './plainText.ts';
import { RULES, type RuleText } from './sarifRules.ts';

/** GitHub shows that many results of a run, and refuses a file with more than 25,000. */
const MAX_RESULTS = 5000;
const MAX_FRAMES = 50;
const ROOT = '%SRCROOT%';
const RULE_IDS = Object.keys(RULES) as readonly Issue['rule'][];

/**
 * The report as SARIF 2.1.0, for code scanning: a rule for every kind of leak, with help; a result for every leak and every stability
 * scenario that failed, at the line that opened it. The tests that show it are related locations, its stack is a code flow. What does not
 * gate because a rule or the baseline accepts it is suppressed, with the reason. Late findings are notes.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderSarif(report: LeakReport, context: OutputContext): string {
  const issues = issuesOf(report, context.repositoryPath);
  const seen = new Map<string, number>();
  // GitHub refuses a file in which a result has no location.
  const shown = issues.flatMap((issue) => (issue.vicinity === null ? [] : [{ issue, place: issue.vicinity }])).slice(0, MAX_RESULTS);
  const results = shown.map(({ issue, place }) => {
    const times = (seen.get(issue.fingerprint) ?? 0) + 1;
    seen.set(issue.fingerprint, times);
    return toResult(issue, place, times, report, context.repositoryPath);
  });
  const run = {
    tool: {
      driver: {
        name: 'leak',
        ...(context.version === undefined ? {} : { semanticVersion: context.version }),
        rules: RULE_IDS.map((id) => toRule(id, RULES[id])),
      },
    },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the repository.' } } },
    invocations: [
      {
        executionSuccessful: report.run.status === 'passed' || report.run.status === 'failed',
        toolExecutionNotifications: notifications(report, issues.length - results.length),
      },
    ],
    results,
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function toRule(id: Issue['rule'], { name, title, description, fix }: RuleText): object {
  return {
    id: `leak-${id}`,
    name,
    shortDescription: { text: title },
    fullDescription: { text: description },
    help: { text: `${description} ${fix}`, markdown: `${description}\n\n**What mends it:** ${fix}` },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['leak', 'test'], precision: 'very-high', 'problem.severity': 'error' },
  };
}

/** @param times how many results with this fingerprint there are so far: what the baseline knows once may be there twice */
function toResult(issue: Issue, place: Place, times: number, report: LeakReport, repositoryPath: RepositoryPath): object {
  const { rule, level, status, severity } = issue;
  const flow = frames(issue, repositoryPath);
  const tests = issue.owners.flatMap(({ label, place }, id) =>
    place === null ? [] : [{ id, message: message(label), ...location(place) }],
  );
  return {
    ruleId: `leak-${rule}`,
    ruleIndex: RULE_IDS.indexOf(rule),
    level,
    message: message(describe(issue)),
    locations: [location(place)],
    ...(tests.length === 0 ? {} : { relatedLocations: tests }),
    ...(flow.length === 0 ? {} : { codeFlows: [{ threadFlows: [{ locations: flow }] }] }),
    // GitHub compares the first of these; without it, it would take the text of the line, which several leaks may share.
    partialFingerprints: { primaryLocationLineHash: `${issue.fingerprint}:${String(times)}`, 'leakFingerprint/v1': issue.fingerprint },
    ...(report.baseline === null || severity === 'late' || status === 'allowed'
      ? {}
      : { baselineState: status === 'known' ? 'unchanged' : 'new' }),
    suppressions: suppressions(issue),
    properties: { severity, status, tests: issue.ownerCount },
  };
}

function describe({ title, owners, ownerCount, openedAt, severity, hint }: Issue): string {
  const where = owners[0] === undefined ? '' : ` It was left by ${owners[0].label}${andMore(ownerCount - 1)}.`;
  const opened = openedAt === null || severity === 'late' ? '' : ` It was opened at ${openedAt}.`;
  return `${title}.${where}${opened}${hint === '' ? '' : ` What mends it: ${hint}.`}`;
}

function suppressions({ status, level, allowedBecause }: Issue): object[] {
  if (allowedBecause !== null) return [suppression(allowedBecause === '' ? 'A rule allows it.' : allowedBecause)];
  return status === 'known' && level !== 'error' ? [suppression('It is in the baseline of known leaks.')] : [];
}

function suppression(justification: string): object {
  return { kind: 'external', status: 'accepted', justification };
}

/** The stack from the test down to the line that opened it, as far as it lies in the repository. */
function frames({ stack }: Issue, repositoryPath: RepositoryPath): object[] {
  const parsed = parseStack(stack.slice(0, MAX_FRAMES).join('\n'));
  const flow = parsed.flatMap((frame) => {
    const file = repositoryPath(frame.file);
    if (file === null || /(?:^|\/)node_modules\/|\p{Surrogate}/u.test(file)) return [];
    const name = plainText(frame.function ?? 'anonymous function', 200);
    return { location: { message: message(name), ...location({ file, line: frame.line, column: frame.column }) } };
  });
  return flow.reverse();
}

function location({ file, line, column }: Place): { physicalLocation: object } {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  const region = { startLine: line, ...(column === undefined ? {} : { startColumn: column }) };
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: ROOT }, region } };
}

/** What was not measured, and the notes: whoever reads "no results" should know what was not looked at. */
function notifications(report: LeakReport, hidden: number): object[] {
  const missing = report.environment.detectors.filter(({ available }) => !available);
  return [
    ...missing.map(({ name, reason = '' }) => ({
      level: 'note',
      message: message(`Not measured: ${plainText(name)}${reason === '' ? '' : ` (${plainText(reason)})`}`),
    })),
    ...report.notes.slice(0, 20).map((note) => ({ level: 'warning', message: message(plainText(note, 500)) })),
    ...(hidden > 0
      ? [
          {
            level: 'warning',
            message: message(`${String(hidden)} more results were left out, or have no file to be shown at; see report.json.`),
          },
        ]
      : []),
  ];
}

/** In the text of a message braces are placeholders, and `[text](target)` is a link (SARIF 2.1.0, 3.11.5 and 3.11.6): here they are not. */
function message(text: string): { text: string } {
  return { text: text.replaceAll('{', '{{').replaceAll('}', '}}').replaceAll('](', '] (') };
}
