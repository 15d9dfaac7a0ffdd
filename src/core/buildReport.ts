import { EMPTY_BASELINE, type NamedBaseline } from './baseline.ts';
import { describeBudget, judgeBudgets, type BudgetOutcome, type Limits } from './budgets.ts';
import type { Verdict } from './finding.ts';
import { judgeGate, tally, type FailOn } from './gate.ts';
import { goneLeaks } from './goneLeaks.ts';
import { markKnown } from './knownLeaks.ts';
import { expiredRules } from './policy.ts';
import type { DetectorState } from './record.ts';
import {
  allFindings,
  countedFindings,
  isLeak,
  joinResults,
  type LeakReport,
  type ReportEnvironment,
  type ReportRun,
  type ReportTest,
  type ReportWorker,
} from './report.ts';
import { describeUnused, unusedRules } from './ruleUse.ts';
import { buildPart, type PartInput, type RunPart } from './runPart.ts';

/** What is true of the whole run, whether it was one or in shards. */
export interface RunFacts {
  /** `null`: there is none. */
  readonly baseline: NamedBaseline | null;
  /** What the whole run may use, beside what the baseline says. */
  readonly budgets: Limits;
  readonly failOn: FailOn;
  readonly environment: Omit<ReportEnvironment, 'detectors'>;
  readonly run: Omit<ReportRun, 'outsideView'>;
  readonly outcomes: Outcomes;
  readonly notes: readonly string[];
  /** Parts of the run of which nothing, or not all, is known, in a few words each: a missing shard. Absent: there are none. */
  readonly gaps?: readonly string[];
}

/** Tests by how they ended, and errors outside of any test. */
export interface Outcomes {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly flaky: number;
  readonly errors: number;
}

/** Expired rules that the gate names. */
const MAX_EXPIRED = 5;

export type ReportInput = PartInput & RunFacts;

/** Joins everything that was collected in one run into the report. Linear in results and findings. */
export function buildReport(input: ReportInput): LeakReport {
  return joinParts([buildPart(input)], input);
}

/** Joins the shards of a run, or its only part, into the report: what is decided over all of them is decided here. */
export function joinParts(parts: readonly RunPart[], facts: RunFacts): LeakReport {
  const baseline = facts.baseline ?? EMPTY_BASELINE;
  const { tests, workers, scenarios } = markKnown(joinResults(parts), baseline);
  const inconclusive = tests.reduce((count, test) => count + (test.verdict === 'inconclusive' ? 1 : 0), 0);
  const counts = tally(countedFindings({ tests, workers }), inconclusive);
  const gaps = facts.gaps ?? [];
  const environment = { ...facts.environment, detectors: joinDetectors(parts.flatMap((part) => part.detectors)) };
  const run = { ...facts.run, outsideView: parts.some((part) => part.outsideView) };
  const budgets = judgeBudgets({ tests, workers, scenarios }, [facts.budgets, baseline.budgets]);
  const more = [
    ...expiredRules(allFindings({ tests, workers })).slice(0, MAX_EXPIRED),
    ...budgets.filter(({ held }) => held === false).map(describeBudget),
  ];
  const gone = goneLeaks(baseline, [{ tests, workers, scenarios, environment, run }]);
  return {
    schemaVersion: 1,
    verdict: verdictOfRun(tests, workers, gaps),
    gate: { ...judgeGate(counts, facts.failOn, scenarios, more, gaps), failOn: facts.failOn },
    environment,
    run,
    baseline: facts.baseline === null ? null : { file: facts.baseline.name, leaks: baseline.leaks.size, gone },
    budgets,
    totals: { results: tests.length, ...facts.outcomes, ...counts, overheadMs: median(tests.flatMap((test) => test.overheadMs ?? [])) },
    tests,
    workers,
    scenarios,
    notes: [...facts.notes, ...parts.flatMap((part) => part.notes), ...unmeasured(budgets), ...unusedNotes(parts, facts)],
  };
}

function unmeasured(budgets: readonly BudgetOutcome[]): string[] {
  const missing = budgets.filter(({ held }) => held === null);
  return missing.map(({ name }) => `The budget ${name} was held against nothing: it was not measured here.`);
}

/** Rules that matched nothing are told of only when everything they could have matched was looked at. */
function unusedNotes(parts: readonly RunPart[], { run }: RunFacts): string[] {
  const complete = parts.every(({ workers }) => workers.every(({ workerIndex, ended }) => workerIndex < 0 || ended === 'in order'));
  return complete && run.status === 'passed' && run.partial === null ? describeUnused(unusedRules(parts.map(({ rules }) => rules))) : [];
}

/** A detector that was missing in one worker is reported as missing: what it did not see there must not read as nothing. */
function joinDetectors(states: readonly DetectorState[]): DetectorState[] {
  const joined = new Map<string, DetectorState>();
  for (const state of states) {
    if (joined.get(state.name)?.available !== false) joined.set(state.name, state);
  }
  return [...joined.values()];
}

function verdictOfRun(tests: readonly ReportTest[], workers: readonly ReportWorker[], gaps: readonly string[]): Verdict {
  if (tests.some((test) => test.verdict === 'leak') || workers.some((worker) => worker.findings.some(isLeak))) return 'leak';
  const unknown =
    tests.length === 0 ||
    gaps.length > 0 ||
    tests.some((test) => test.verdict === 'inconclusive') ||
    workers.some(({ ended, courses }) => ended === 'died' || (ended === 'unknown' && Object.keys(courses).length > 0));
  return unknown ? 'inconclusive' : 'pass';
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const other = sorted[Math.ceil((sorted.length - 1) / 2)];
  return middle === undefined || other === undefined ? null : (middle + other) / 2;
}
