import type { Finding, Verdict } from './finding.ts';
import { appendTo } from './groupBy.ts';
import type { Counts, DetectorState, TestRecord } from './record.ts';
import { redactTitle } from './redact.ts';
import { relativeFinding, relativePath } from './relativePath.ts';
import { isLeak, type Course, type ReportScenario, type ReportTest, type ReportWorker, type TestIdentity } from './report.ts';
import { joinUses, type RuleUse } from './ruleUse.ts';
import type { Scenario } from './scenario.ts';
import { causesOf } from './scenarioCauses.ts';
import { thin } from './thin.ts';
import { amend, type Closing, type WorkerJournal } from './workerJournal.ts';

/** What the reporter keeps of one test result: nothing of Playwright's own objects. File names are still absolute. */
export interface CollectedResult extends TestIdentity {
  readonly record: TestRecord | null;
  /** Sentences about a record that could not be read. */
  readonly problems: readonly string[];
}

/** Findings made from outside of the workers, by result (index into `results`) and by worker. */
export interface OutsideFindings {
  readonly byResult: ReadonlyMap<number, readonly Finding[]>;
  readonly byWorker: ReadonlyMap<number, readonly Finding[]>;
  /** Workers that were really observed from outside. */
  readonly observed: ReadonlySet<number>;
  /** Results of tests that were not to be checked; absent: there are none. */
  readonly unchecked?: ReadonlySet<number>;
}

/** What was collected of one run, or of one shard of a run. */
export interface PartInput {
  /** Playwright's root on the machine that ran the tests. */
  readonly root: string;
  /** Detectors of the outside view, for workers that kept no journal. */
  readonly outsideDetectors: readonly DetectorState[];
  readonly results: readonly CollectedResult[];
  readonly journals: ReadonlyMap<number, WorkerJournal>;
  readonly outside: OutsideFindings;
  /** Keys of allow rules that matched something outside of the workers; absent: none did. */
  readonly usedRules?: readonly string[];
}

/** What a report says of one run, or of one shard of a run; file names are relative to the root. */
export interface RunPart {
  readonly tests: readonly ReportTest[];
  readonly workers: readonly ReportWorker[];
  readonly scenarios: readonly ReportScenario[];
  /** As each worker has them; a name comes more than once. */
  readonly detectors: readonly DetectorState[];
  /** Whether some or all workers could only be observed from outside. */
  readonly outsideView: boolean;
  /** Which allow rules applied, and which of them matched something. */
  readonly rules: RuleUse;
  /** Sentences about journals that could not be read. */
  readonly notes: readonly string[];
}

const MAX_SAMPLES = 40;

const UNFINISHED =
  'It ended without finishing its checks (killed, crashed or process.exit): what its hooks and fixtures left behind is not known.';
const UNWRITTEN = 'Its journal is missing: what its hooks and fixtures left behind, or closed after a test, is not known.';
const LOST = 'Its worker ended before it could be checked.';
const UNCHECKED = "It was not checked: leakOptions.mode is 'off'.";

/** Judges the tests and workers of one run, or of one shard. Linear in results and findings. */
export function buildPart(collected: PartInput): RunPart {
  const input = { ...collected, results: withoutSecrets(collected.results) };
  const closings = joinClosings(input.journals);
  const lastOfWorker = new Map(input.results.map((result, index) => [result.workerIndex, index]));
  const outsideView = input.results.some((result) => needsOutsideView(input, result));
  const journals = [...input.journals.values()];
  return {
    tests: input.results.map((result, index) => buildTest(input, result, index, closings, lastOfWorker.get(result.workerIndex) === index)),
    workers: buildWorkers(input, closings),
    scenarios: input.results.flatMap((result) => reportScenarios(input, result)),
    detectors: [...journals.flatMap((journal) => journal.detectors), ...(outsideView ? input.outsideDetectors : [])],
    outsideView,
    rules: joinUses([
      ...input.results.flatMap(({ record }) => record?.rules ?? []),
      ...journals.flatMap(({ end }) => end?.rules ?? []),
      { set: '', used: input.usedRules ?? [] },
    ]),
    notes: journals.flatMap((journal) => journal.problems),
  };
}

/** What many tests share, their file and suites, is looked at once. */
function withoutSecrets(results: readonly CollectedResult[]): CollectedResult[] {
  const known = new Map<string, string>();
  const redacted = (title: string): string => {
    const before = known.get(title);
    if (before !== undefined) return before;
    const after = redactTitle(title);
    known.set(title, after);
    return after;
  };
  return results.map((result) => ({ ...result, title: redacted(result.title), titlePath: result.titlePath.map(redacted) }));
}

function buildTest(
  input: PartInput,
  result: CollectedResult,
  index: number,
  closings: ReadonlyMap<string, Closing>,
  isLast: boolean,
): ReportTest {
  const { record, problems, ...identity } = result;
  const own = record === null ? (input.outside.byResult.get(index) ?? []) : amend(record.findings, closings);
  const findings = own.map((finding) => relativeFinding(input.root, finding));
  const judged = record === null ? judgeWithoutRecord(input, result, index, isLast) : { verdict: record.verdict, notes: record.notes };
  const scenarios = scenariosOf(input, result);
  const isWhole = problems.length === 0 && record?.lost === undefined;
  return {
    ...identity,
    file: relativePath(input.root, result.file),
    verdict: verdictOfTest(findings, scenarios, judged.verdict, isWhole),
    overheadMs: record?.overheadMs ?? null,
    counts: record?.counts ?? null,
    findings,
    notes: [...problems, ...judged.notes],
  };
}

/**
 * A record's `leak` counts only as far as its findings still do: what it accused may have been closed by a hook since. Of what was lost on
 * the way nobody knows.
 */
function verdictOfTest(findings: readonly Finding[], scenarios: readonly Scenario[], judged: Verdict, isWhole: boolean): Verdict {
  if (findings.some(isLeak) || scenarios.some((scenario) => scenario.verdict === 'leak')) return 'leak';
  if (scenarios.some((scenario) => scenario.verdict === 'inconclusive')) return 'inconclusive';
  if (judged !== 'leak') return judged;
  return isWhole ? 'pass' : 'inconclusive';
}

/** Those of a test that came to no record are known as far as its worker's journal has them. */
function scenariosOf({ journals }: PartInput, { id, retry, workerIndex, record }: CollectedResult): readonly Scenario[] {
  if (record !== null) return record.scenarios ?? [];
  const measured = journals.get(workerIndex)?.measured;
  return measured?.testId === id && measured.retry === retry ? [...measured.scenarios.values()] : [];
}

function reportScenarios(input: PartInput, result: CollectedResult): readonly ReportScenario[] {
  const { id, file, titlePath } = result;
  const { root } = input;
  return scenariosOf(input, result).map((scenario) => ({
    ...scenario,
    testId: id,
    findings: scenario.findings.map((finding) => relativeFinding(root, finding)),
    causes: causesOf(scenario, { file: relativePath(root, file), titlePath }),
  }));
}

/** A test that brought no record: was it skipped, not to be checked, watched from outside, or lost with its worker? */
function judgeWithoutRecord(
  input: PartInput,
  result: CollectedResult,
  index: number,
  isLast: boolean,
): { verdict: Verdict; notes: readonly string[] } {
  if (result.problems.length > 0) return { verdict: 'inconclusive', notes: [] };
  if (result.status === 'skipped') return { verdict: 'pass', notes: [] };
  if (!hasBegun(result)) return { verdict: 'inconclusive', notes: [LOST] };
  const journal = input.journals.get(result.workerIndex);
  if (journal === undefined) {
    if (input.outside.unchecked?.has(index) === true) return { verdict: 'pass', notes: [UNCHECKED] };
    if (input.outside.observed.has(result.workerIndex)) return { verdict: 'pass', notes: [] };
    return {
      verdict: 'inconclusive',
      notes: ['It was not checked: it does not use leak/fixtures, and its worker could not be observed from outside.'],
    };
  }
  if (journal.end === null && isLast) return { verdict: 'inconclusive', notes: [LOST] };
  if (result.status === 'passed') return { verdict: 'pass', notes: [UNCHECKED] };
  return { verdict: 'inconclusive', notes: ['It ended before it could be checked.'] };
}

function buildWorkers(input: PartInput, closings: ReadonlyMap<string, Closing>): ReportWorker[] {
  const counts = new Map<number, Counts[]>();
  for (const { workerIndex, record } of input.results) {
    if (record !== null) appendTo(counts, workerIndex, record.counts);
  }
  const indexes = new Set([
    ...input.results.map((result) => result.workerIndex),
    ...input.journals.keys(),
    ...input.outside.byWorker.keys(),
  ]);
  const workers: ReportWorker[] = [];
  for (const workerIndex of [...indexes].sort((a, b) => a - b)) {
    const journal = input.journals.get(workerIndex);
    const findings = [...amend(journal?.end?.findings ?? [], closings), ...(input.outside.byWorker.get(workerIndex) ?? [])];
    if (workerIndex < 0 && findings.length === 0) continue;
    const courses = coursesOf(counts.get(workerIndex) ?? []);
    workers.push({
      workerIndex,
      pid: journal?.pid ?? null,
      ended: journal === undefined ? 'unknown' : journal.end === null ? 'died' : 'in order',
      findings: findings.map((finding) => relativeFinding(input.root, finding)),
      courses,
      notes: [
        ...(journal?.end?.notes ?? []),
        ...(journal?.end === null ? [UNFINISHED] : []),
        // A worker that checked nothing, and has no courses, keeps none.
        ...(journal === undefined && Object.keys(courses).length > 0 ? [UNWRITTEN] : []),
      ],
    });
  }
  return workers;
}

function coursesOf(counts: readonly Counts[]): ReportWorker['courses'] {
  const courses: { fds?: Course; processes?: Course; handles?: Course; heapBytes?: Course } = {};
  for (const name of ['fds', 'processes', 'handles', 'heapBytes'] as const) {
    const values = counts.map((count) => count[name]).filter((value) => value !== null);
    const first = values[0];
    const last = values.at(-1);
    if (first !== undefined && last !== undefined) courses[name] = { first, last, samples: thin(values, MAX_SAMPLES) };
  }
  return courses;
}

function needsOutsideView(input: PartInput, result: CollectedResult): boolean {
  const { record, status, problems, workerIndex } = result;
  return record === null && status !== 'skipped' && problems.length === 0 && hasBegun(result) && !input.journals.has(workerIndex);
}

/** Playwright gives no worker to a test whose worker ended before the test began, because its file could not be loaded there for instance. */
function hasBegun({ workerIndex }: CollectedResult): boolean {
  return workerIndex >= 0;
}

/** Identifiers are unique in the run, so one map serves all workers. */
function joinClosings(journals: ReadonlyMap<number, WorkerJournal>): ReadonlyMap<string, Closing> {
  return new Map([...journals.values()].flatMap((journal) => [...journal.closings]));
}
