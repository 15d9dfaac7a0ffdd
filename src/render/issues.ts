import type { Finding, FindingKind, Severity, Status } from '../core/finding.ts';
import { isKnownFailure } from '../core/gate.ts';
import type { LeakReport, ReportScenario, ReportTest } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { describeFailure } from '../core/scenario.ts';
import { causesIn } from '../core/observedLeaks.ts';
import type { Location } from '../core/stack.ts';
import { ownerText, titleOf } from './findingBlock.ts';
import { groupFindings, type FindingGroup } from './findingGroups.ts';
import { plainText } from './plainText.ts';

/** A line of the repository. Line and column count from 1. */
export interface Place {
  /** Relative to the root of the repository, with `/`. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

export interface IssueOwner {
  /** Project, file, line and title of a test, or the worker. */
  readonly label: string;
  readonly place: Place | null;
}

/** A leak, or a stability scenario that failed, in the form that code review tools have in common. Its texts are harmless and short. */
export interface Issue {
  readonly rule: FindingKind | 'scenario';
  /** What it was made of; `null` for a scenario. */
  readonly group: FindingGroup | null;
  /** `fd · /tmp/orders.csv is still open (3 times)`. */
  readonly title: string;
  readonly hint: string;
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly status: Status;
  /** `error`: it fails the gate · `warning`: a leak that does not · `note`: an allowed leak, or a late one. */
  readonly level: 'error' | 'warning' | 'note';
  /** The line that opened it; where that lies in a package or outside of the repository, the test. `null`: there is none. */
  readonly place: Place | null;
  /** {@link place}, or without one the file of a test of the worker that left it behind: for formats that demand a file. */
  readonly vicinity: Place | null;
  /** The line that opened it as the report has it, wherever that lies. */
  readonly openedAt: string | null;
  /** The first tests or workers that show it. */
  readonly owners: readonly IssueOwner[];
  readonly ownerCount: number;
  readonly stack: readonly string[];
  /** Why it is allowed, where it is. */
  readonly allowedBecause: string | null;
}

const MAX_OWNERS = 20;
/** Installed packages, and names that no repository holds and not every format can. */
const NO_SOURCE = /(?:^|\/)node_modules\/|[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;
const ORDER = { error: 0, warning: 1, note: 2 } as const;

/** Every leak of a report once, and every scenario that failed; what fails the gate first. */
export function issuesOf(report: LeakReport, repositoryPath: RepositoryPath): Issue[] {
  const scope: Scope = {
    failOn: report.gate.failOn,
    manyProjects: new Set(report.tests.map(({ project }) => project)).size > 1,
    testById: new Map(report.tests.map((test) => [test.id, test])),
    firstTest: report.tests[0],
    firstOfWorker: new Map([...report.tests].reverse().map((test) => [test.workerIndex, test])),
    repositoryPath,
  };
  const leaks = groupFindings(report).map((group) => leakIssue(group, scope));
  const failures = report.scenarios.filter(({ failed }) => failed).map((scenario) => scenarioIssue(scenario, scope));
  return [...leaks, ...failures].sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/** What every issue is made with. */
interface Scope {
  readonly failOn: string;
  readonly manyProjects: boolean;
  readonly testById: ReadonlyMap<string, ReportTest>;
  readonly firstTest: ReportTest | undefined;
  readonly firstOfWorker: ReadonlyMap<number, ReportTest>;
  readonly repositoryPath: RepositoryPath;
}

function leakIssue(group: FindingGroup, scope: Scope): Issue {
  const { finding, owners } = group;
  const { severity, status, origin } = finding;
  const [first] = owners;
  const place = placeOf(origin, scope) ?? (first?.type === 'test' ? placeOf(first.test, scope) : null);
  const beside = first?.type === 'worker' ? scope.firstOfWorker.get(first.workerIndex) : undefined;
  const file = placeOf(beside ?? scope.firstTest, scope)?.file;
  const reason = finding.evidence['allowedBecause'];
  return {
    rule: finding.kind,
    group,
    title: titleOf(group),
    hint: plainText(finding.hint, 400),
    fingerprint: finding.fingerprint,
    severity,
    status,
    level: severity === 'late' || status === 'allowed' ? 'note' : failsGate(finding, scope.failOn) ? 'error' : 'warning',
    place,
    vicinity: place ?? (file === undefined ? null : { file, line: 1 }),
    openedAt: textOf(origin),
    owners: owners.slice(0, MAX_OWNERS).map((owner) => ({
      label: ownerText(owner, finding.scope, scope.manyProjects),
      place: owner.type === 'test' ? placeOf(owner.test, scope) : null,
    })),
    ownerCount: owners.length,
    stack: finding.stack,
    allowedBecause: status === 'allowed' ? plainText(typeof reason === 'string' ? reason : '', 400) : null,
  };
}

function scenarioIssue(scenario: ReportScenario, scope: Scope): Issue {
  const test = scope.testById.get(scenario.testId);
  const [first] = scenario.findings;
  const opened = scenario.findings.find(({ origin }) => origin !== null);
  const place = placeOf(opened?.origin, scope) ?? placeOf(test, scope);
  const status = scenarioStatus(scenario);
  return {
    rule: 'scenario',
    group: null,
    title: plainText(describeFailure(scenario), 300),
    hint: plainText(first?.hint ?? '', 400),
    fingerprint: scenarioFingerprint(scenario, test),
    severity: 'leak',
    status,
    level: failsGate({ severity: 'leak', status }, scope.failOn) ? 'error' : 'warning',
    place,
    vicinity: place,
    openedAt: textOf(opened?.origin),
    owners:
      test === undefined ? [] : [{ label: ownerText({ type: 'test', test }, 'test', scope.manyProjects), place: placeOf(test, scope) }],
    ownerCount: test === undefined ? 0 : 1,
    stack: opened?.stack ?? [],
    allowedBecause: null,
  };
}

/** Of a line that opened something, or of a test; whole numbers, which a report that was written by hand may not have. */
function placeOf(at: Location | ReportTest | null | undefined, { repositoryPath }: Scope): Place | null {
  if (at === null || at === undefined) return null;
  const file = repositoryPath(at.file);
  if (file === null || NO_SOURCE.test(file)) return null;
  const line = Math.max(1, Math.trunc(at.line));
  return 'column' in at ? { file, line, column: Math.max(1, Math.trunc(at.column)) } : { file, line };
}

/** Whether a finding fails the gate by itself: as `judgeGate` counts. */
export function failsGate({ severity, status }: Pick<Finding, 'severity' | 'status'>, failOn: string): boolean {
  return severity === 'leak' && failOn !== 'never' && (status === 'new' || (status === 'known' && failOn !== 'new'));
}

/** What the baseline knows of a scenario that failed. */
export function scenarioStatus(scenario: ReportScenario): Exclude<Status, 'allowed'> {
  return isKnownFailure(scenario) ? 'known' : 'new';
}

/** As a baseline knows it: of the first cause that is new, or of the first. */
function scenarioFingerprint(scenario: ReportScenario, test: ReportTest | undefined): string {
  const causes = causesIn(scenario, test);
  return (causes.find(({ status }) => status === 'new') ?? causes[0])?.fingerprint ?? '';
}

function textOf(origin: Location | null | undefined): string | null {
  if (origin === null || origin === undefined) return null;
  return plainText(`${origin.file}:${String(origin.line)}:${String(origin.column)}`, 500);
}
