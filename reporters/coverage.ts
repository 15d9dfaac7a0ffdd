import type { FullConfig, Suite, TestCase } from '@playwright/test/reporter';
import type { CollectedResult } from '../src/core/runPart.ts';
import type { ReportRun } from '../src/core/report.ts';
import { partialBecause, selectionOf, type Selection } from '../src/core/runCoverage.ts';

/** Why a run does not show all of its suite; `null`: it does. */
export function coverageOf(status: ReportRun['status'], suite: Suite | null, selection: Selection | undefined): string | null {
  return partialBecause({ status, notRun: countNotRun(suite), parts: [selection] });
}

/** Tests without any result. */
export function countNotRun(suite: Suite | null): number {
  return (suite?.allTests() ?? []).filter((test) => test.results.length === 0).length;
}

/** What this process was asked to run. */
export function ownSelection(config: FullConfig | null, suite: Suite | null): Selection | undefined {
  if (suite?.allTests().some(isFocused) === true) return { chosenBy: 'test.only' };
  // A Playwright that tells what it was called with leaves alone what follows `--`; before, that chose tests like the rest.
  const told: unknown = config === null ? undefined : Reflect.get(config, 'argv');
  const argv = Array.isArray(told) && told.length > 0 ? (told as string[]) : process.argv.filter((argument) => argument !== '--');
  return selectionOf(argv, config?.shard ?? null);
}

/** What tests' records say of the processes that took part, one for each; records of one process say the same. */
export function selectionsOf(results: readonly CollectedResult[]): (Selection | undefined)[] {
  const parts = new Map<string, Selection | undefined>();
  for (const { record } of results) if (record !== null) parts.set(JSON.stringify(record.selection ?? null), record.selection);
  return [...parts.values()];
}

/** Playwright does not tell reporters that `test.only` left out the rest; its tests do, in a field that may go away. */
function isFocused(test: TestCase): boolean {
  for (let suite: Suite | undefined = test.parent; suite !== undefined; suite = suite.parent) {
    if (Reflect.get(suite, '_only') === true) return true;
  }
  return Reflect.get(test, '_only') === true;
}
