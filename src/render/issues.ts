import type { Finding, FindingKind, Severity, Status } from '../core/finding.ts';
import { isKnownFailure } from '../core/gate.ts';
import type { LeakReport, ReportScenario, ReportTest } from '../core/report.ts';
import type { RepositoryPath } from '../core/repositoryPath.ts';
import { describeFailure } from '../core/scenario.ts';
import { causesOf } from '../core/scenarioCauses.ts';
import type { Location } from '../core/stack.ts';
import { ownerText, sentence } from './findingBlock.ts';
import { groupFindings, type FindingGroup, type Owner } from './findingGroups.ts';
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
  const manyProjects = new Set(report.tests.map(({ project }) => project)).size > 1;
  const testById = new Map(report.tests.map((test) => [test.id, test]));
  const firstOfWorker = new Map([...report.tests].reverse().map((test) => [test.workerIndex, test]));
  const placeOf = ({ file, line, column }: Location): Place | null => {
    const path = repositoryPath(file);
    return path === null || NO_SOURCE.test(path) ? null : { file: path, line, column };
  };
  const placeOfTest = (test: ReportTest | undefined): Place | null => {
    const path = test === undefined ? null : repositoryPath(test.file);
    return test === undefined || path === null || NO_SOURCE.test(path) ? null : { file: path, line: test.line };
  };
  const ownerOf = (owner: Owner, finding: Finding): IssueOwner => ({
    label: ownerText(owner, finding.scope, manyProjects),
    place: owner.type === 'test' ? placeOfTest(owner.test) : null,
  });

  const leaks = groupFindings(report).map((group): Issue => {
    const { finding, count, owners } = group;
    const [first] = owners;
    const place = (finding.origin && placeOf(finding.origin)) ?? (first?.type === 'test' ? placeOfTest(first.test) : null);
    const beside = first?.type === 'worker' ? firstOfWorker.get(first.workerIndex) : undefined;
    const file = placeOfTest(beside ?? report.tests[0])?.file;
    const reason = finding.evidence['allowedBecause'];
    return {
      rule: finding.kind,
      group,
      title: `${finding.kind} · ${plainText(sentence(finding), 300)}${count > 1 ? ` (${String(count)} times)` : ''}`,
      hint: plainText(finding.hint, 400),
      fingerprint: finding.fingerprint,
      severity: finding.severity,
      status: finding.status,
      level: levelOf(finding, report.gate.failOn),
      place,
      vicinity: place ?? (file === undefined ? null : { file, line: 1 }),
      openedAt: finding.origin === null ? null : textOf(finding.origin),
      owners: owners.slice(0, MAX_OWNERS).map((owner) => ownerOf(owner, finding)),
      ownerCount: owners.length,
      stack: finding.stack,
      allowedBecause: finding.status === 'allowed' ? plainText(typeof reason === 'string' ? reason : '', 400) : null,
    };
  });

  const scenarios = report.scenarios.filter(({ failed }) => failed);
  const failures = scenarios.map((scenario): Issue => {
    const test = testById.get(scenario.testId);
    const origin = scenario.findings.find((finding) => finding.origin !== null)?.origin ?? null;
    const place = (origin && placeOf(origin)) ?? placeOfTest(test);
    const status = scenarioStatus(scenario);
    return {
      rule: 'scenario',
      group: null,
      title: plainText(describeFailure(scenario), 300),
      hint: plainText(scenario.findings[0]?.hint ?? '', 400),
      fingerprint: scenarioFingerprint(scenario, test),
      severity: 'leak',
      status,
      level: failsGate({ severity: 'leak', status }, report.gate.failOn) ? 'error' : 'warning',
      place,
      vicinity: place,
      openedAt: origin === null ? null : textOf(origin),
      owners: test === undefined ? [] : [{ label: ownerText({ type: 'test', test }, 'test', manyProjects), place: placeOfTest(test) }],
      ownerCount: test === undefined ? 0 : 1,
      stack: scenario.findings.find((finding) => finding.origin === origin)?.stack ?? [],
      allowedBecause: null,
    };
  });
  return [...leaks, ...failures].sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/** Whether a finding fails the gate by itself: as `judgeGate` counts. */
export function failsGate({ severity, status }: Pick<Finding, 'severity' | 'status'>, failOn: string): boolean {
  return severity === 'leak' && failOn !== 'never' && (status === 'new' || (status === 'known' && failOn !== 'new'));
}

/** What the baseline knows of a scenario that failed. */
export function scenarioStatus(scenario: ReportScenario): Exclude<Status, 'allowed'> {
  return isKnownFailure(scenario) ? 'known' : 'new';
}

function levelOf(finding: Finding, failOn: string): Issue['level'] {
  if (finding.severity === 'late' || finding.status === 'allowed') return 'note';
  return failsGate(finding, failOn) ? 'error' : 'warning';
}

/** As a baseline knows it: of the first cause that is new, or of the first. */
function scenarioFingerprint(scenario: ReportScenario, test: ReportTest | undefined): string {
  const causes = scenario.causes ?? causesOf(scenario, test ?? { file: '', titlePath: [] });
  return (causes.find(({ status }) => status === 'new') ?? causes[0])?.fingerprint ?? '';
}

function textOf({ file, line, column }: Location): string {
  return plainText(`${file}:${String(line)}:${String(column)}`, 500);
}
