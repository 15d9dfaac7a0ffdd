import type { LeakReport, ReportTest } from '../core/report.ts';

/** The scenario that a test is inconclusive for, when it has no reason of its own. */
export function undecidedScenario(test: ReportTest, { scenarios }: Pick<LeakReport, 'scenarios'>): string | undefined {
  if (test.notes.length > 0) return undefined;
  return scenarios.find(({ testId, verdict }) => testId === test.id && verdict === 'inconclusive')?.name;
}

/** What a test says itself, as a sentence. */
export function ownReason({ notes }: Pick<ReportTest, 'notes'>): string {
  return notes[0] ?? 'The reason is not known.';
}

/** Why a test is inconclusive, as a sentence. */
export function undecidedReason(test: ReportTest, report: Pick<LeakReport, 'scenarios'>): string {
  const scenario = undecidedScenario(test, report);
  return scenario === undefined ? ownReason(test) : `Its scenario ${scenario} is inconclusive.`;
}
