import type { Baseline } from './baseline.ts';
import type { Finding, Verdict } from './finding.ts';
import { judgeGate, tally, type FailOn } from './gate.ts';
import type { Counts, DetectorState, TestRecord } from './record.ts';
import { relativeFinding, relativePath } from './relativePath.ts';
import {
  allFindings,
  isLeak,
  type Course,
  type LeakReport,
  type ReportEnvironment,
  type ReportRun,
  type ReportScenario,
  type ReportTest,
  type ReportWorker,
  type TestIdentity,
} from './report.ts';
import type { Scenario } from './scenario.ts';
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
}

export interface ReportInput {
  readonly root: string;
  readonly failOn: FailOn;
  readonly baseline: Baseline;
  readonly environment: Omit<ReportEnvironment, 'detectors'>;
  /** Detectors of the outside view, for workers that kept no journal. */
  readonly outsideDetectors: readonly DetectorState[];
  readonly run: Omit<ReportRun, 'outsideView'>;
  readonly outcomes: {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly flaky: number;
    readonly errors: number;
  };
  readonly results: readonly CollectedResult[];
  readonly journals: ReadonlyMap<number, WorkerJournal>;
  readonly outside: OutsideFindings;
  readonly notes: readonly string[];
}

const MAX_SAMPLES = 40;

/** Joins everything that was collected into the report. Linear in results and findings. */
export function buildReport(input: ReportInput): LeakReport {
  const closings = joinClosings(input.journals);
  const lastOfWorker = new Map(input.results.map((result, index) => [result.workerIndex, index]));
  const tests = input.results.map((result, index) =>
    buildTest(input, result, index, closings, lastOfWorker.get(result.workerIndex) === index),
  );
  const workers = buildWorkers(input, closings);
  const inconclusive = tests.reduce((count, test) => count + (test.verdict === 'inconclusive' ? 1 : 0), 0);
  const scenarios = input.results.flatMap((result) => scenariosOf(input, result));
  const counts = tally(allFindings({ tests, workers }), inconclusive);
  const outsideView = input.results.some((result) => needsOutsideView(input, result));
  return {
    schemaVersion: 1,
    verdict: verdictOfRun(tests, workers),
    gate: { ...judgeGate(counts, input.failOn, scenarios), failOn: input.failOn },
    environment: { ...input.environment, detectors: joinDetectors(input, outsideView) },
    run: { ...input.run, outsideView },
    totals: { results: tests.length, ...input.outcomes, ...counts, overheadMs: median(tests.flatMap((test) => test.overheadMs ?? [])) },
    tests,
    workers,
    scenarios,
    notes: [...input.notes, ...[...input.journals.values()].flatMap((journal) => journal.problems)],
  };
}

function buildTest(
  input: ReportInput,
  result: CollectedResult,
  index: number,
  closings: ReadonlyMap<string, Closing>,
  isLast: boolean,
): ReportTest {
  const { record, problems, ...identity } = result;
  const own = record === null ? (input.outside.byResult.get(index) ?? []) : amend(record.findings, closings);
  const findings = own.map((finding) => finish(input, finding));
  const judged = record === null ? judgeWithoutRecord(input, result, isLast) : { verdict: record.verdict, notes: record.notes };
  const scenarios = record?.scenarios ?? [];
  return {
    ...identity,
    file: relativePath(input.root, result.file),
    verdict: verdictOfTest(findings, scenarios, judged.verdict),
    overheadMs: record?.overheadMs ?? null,
    counts: record?.counts ?? null,
    findings,
    notes: [...problems, ...judged.notes],
  };
}

/** A record's `leak` counts only as far as its findings still do: what it accused may have been closed by a hook since. */
function verdictOfTest(findings: readonly Finding[], scenarios: readonly Scenario[], judged: Verdict): Verdict {
  if (findings.some(isLeak) || scenarios.some((scenario) => scenario.verdict === 'leak')) return 'leak';
  if (scenarios.some((scenario) => scenario.verdict === 'inconclusive')) return 'inconclusive';
  return judged === 'leak' ? 'pass' : judged;
}

function scenariosOf(input: ReportInput, { id, record }: CollectedResult): readonly ReportScenario[] {
  return (record?.scenarios ?? []).map((scenario) => ({
    ...scenario,
    testId: id,
    findings: scenario.findings.map((finding) => finish(input, finding)),
  }));
}

/** A test that brought no record: was it skipped, not to be checked, watched from outside, or lost with its worker? */
function judgeWithoutRecord(input: ReportInput, result: CollectedResult, isLast: boolean): { verdict: Verdict; notes: readonly string[] } {
  if (result.problems.length > 0) return { verdict: 'inconclusive', notes: [] };
  if (result.status === 'skipped') return { verdict: 'pass', notes: [] };
  const journal = input.journals.get(result.workerIndex);
  if (journal === undefined) {
    if (input.outside.observed.has(result.workerIndex)) return { verdict: 'pass', notes: [] };
    return {
      verdict: 'inconclusive',
      notes: ['It was not checked: it does not use leak/fixtures, and its worker could not be observed from outside.'],
    };
  }
  if (journal.end === null && isLast) return { verdict: 'inconclusive', notes: ['Its worker ended before it could be checked.'] };
  if (result.status === 'passed') return { verdict: 'pass', notes: ["It was not checked: leakOptions.mode is 'off'."] };
  return { verdict: 'inconclusive', notes: ['It ended before it could be checked.'] };
}

function buildWorkers(input: ReportInput, closings: ReadonlyMap<string, Closing>): ReportWorker[] {
  const counts = new Map<number, Counts[]>();
  for (const { workerIndex, record } of input.results) {
    if (record === null) continue;
    const list = counts.get(workerIndex);
    if (list === undefined) counts.set(workerIndex, [record.counts]);
    else list.push(record.counts);
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
    workers.push({
      workerIndex,
      pid: journal?.pid ?? null,
      ended: journal === undefined ? 'unknown' : journal.end === null ? 'died' : 'in order',
      findings: findings.map((finding) => finish(input, finding)),
      courses: coursesOf(counts.get(workerIndex) ?? []),
      notes: [
        ...(journal?.end?.notes ?? []),
        ...(journal?.end === null
          ? [
              'It ended without finishing its checks (killed, crashed or process.exit): what its hooks and fixtures left behind is not known.',
            ]
          : []),
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

function finish(input: ReportInput, finding: Finding): Finding {
  const relative = relativeFinding(input.root, finding);
  return relative.status === 'new' && relative.severity === 'leak' && input.baseline.has(relative.fingerprint)
    ? { ...relative, status: 'known' }
    : relative;
}

function needsOutsideView(input: ReportInput, result: CollectedResult): boolean {
  return result.record === null && result.status !== 'skipped' && result.problems.length === 0 && !input.journals.has(result.workerIndex);
}

/** Identifiers are unique in the run, so one map serves all workers. */
function joinClosings(journals: ReadonlyMap<number, WorkerJournal>): ReadonlyMap<string, Closing> {
  return new Map([...journals.values()].flatMap((journal) => [...journal.closings]));
}

/** A detector that was missing in one worker is reported as missing: what it did not see there must not read as nothing. */
function joinDetectors(input: ReportInput, outsideView: boolean): DetectorState[] {
  const joined = new Map<string, DetectorState>();
  const states = [...input.journals.values()].flatMap((journal) => journal.detectors);
  for (const state of outsideView ? [...states, ...input.outsideDetectors] : states) {
    if (joined.get(state.name)?.available !== false) joined.set(state.name, state);
  }
  return [...joined.values()];
}

function verdictOfRun(tests: readonly ReportTest[], workers: readonly ReportWorker[]): Verdict {
  if (tests.some((test) => test.verdict === 'leak') || workers.some((worker) => worker.findings.some(isLeak))) return 'leak';
  const unknown =
    tests.length === 0 || tests.some((test) => test.verdict === 'inconclusive') || workers.some((worker) => worker.ended === 'died');
  return unknown ? 'inconclusive' : 'pass';
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const other = sorted[Math.ceil((sorted.length - 1) / 2)];
  return middle === undefined || other === undefined ? null : (middle + other) / 2;
}
