import { inconclusiveTests, judgeGate, tally, type FailOn } from './gate.ts';
import { type LeakReport, type ReportScenario } from './report.ts';

/** What is known of a run that left no report. */
export interface LostRun {
  readonly node: string;
  readonly playwright: string;
  readonly platform: string;
  readonly durationMs: number;
  readonly status: 'passed' | 'failed' | 'interrupted';
  readonly failOn: FailOn;
}

/** The report of a run that left none: nothing is known of its tests, so it is never a `pass`. One that was killed has failed its gate. */
export function reportOfLostRun({ node, playwright, platform, durationMs, status, failOn }: LostRun): LeakReport {
  const reasons = status === 'interrupted' && failOn !== 'never' ? ['the run was killed before it could report'] : [];
  const counts = tally([], 0);
  return {
    schemaVersion: 1,
    verdict: 'inconclusive',
    gate: { failed: reasons.length > 0, reasons, failOn },
    environment: { node, playwright, platform, detectors: [] },
    run: { status, durationMs: Math.max(0, Math.round(durationMs)), outsideView: false, partial: 'the run left no report' },
    baseline: null,
    budgets: [],
    totals: { results: 0, passed: 0, failed: 0, skipped: 0, flaky: 0, errors: 0, ...counts, overheadMs: null },
    tests: [],
    workers: [],
    scenarios: [],
    notes: [],
  };
}

/** A report with scenarios that it does not have yet: verdict, counts and gate follow. */
export function withScenarios(report: LeakReport, scenarios: readonly ReportScenario[], notes: readonly string[]): LeakReport {
  const added = scenarios.filter((scenario) => !hasScenario(report, scenario));
  const verdicts = [report.verdict, ...added.map(({ verdict }) => verdict)];
  const failOn = report.gate.failOn as FailOn;
  const unjudged = newlyInconclusive(report, added);
  const inconclusive = report.totals.inconclusive + unjudged;
  // Said once, of all of them: the report may have said it of its own.
  const kept = report.gate.reasons.filter((reason) => unjudged === 0 || reason !== inconclusiveTests(report.totals.inconclusive));
  const reasons = [...kept, ...judgeGate(tally([], unjudged === 0 ? 0 : inconclusive), failOn, added).reasons];
  return {
    ...report,
    verdict: verdicts.find((verdict) => verdict === 'leak') ?? verdicts.find((verdict) => verdict === 'inconclusive') ?? 'pass',
    gate: { failed: report.gate.failed || reasons.length > 0, reasons, failOn },
    totals: { ...report.totals, inconclusive },
    scenarios: [...report.scenarios, ...added],
    notes: [...report.notes, ...notes],
  };
}

/** Tests that these scenarios leave without a verdict, and that the report does not count as such yet. */
function newlyInconclusive({ tests }: LeakReport, scenarios: readonly ReportScenario[]): number {
  const counted = new Set(tests.flatMap(({ id, verdict }) => (verdict === 'inconclusive' ? [id] : [])));
  const unjudged = scenarios.flatMap(({ testId, verdict }) => (verdict === 'inconclusive' && !counted.has(testId) ? [testId] : []));
  return new Set(unjudged).size;
}

/** Whether a report has the verdict of this scenario of this test. */
export function hasScenario(
  { scenarios }: Pick<LeakReport, 'scenarios'>,
  { name, testId }: Pick<ReportScenario, 'name' | 'testId'>,
): boolean {
  return scenarios.some((scenario) => scenario.name === name && scenario.testId === testId);
}
