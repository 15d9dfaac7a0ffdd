import type { FullConfig, Suite, TestCase } from '@playwright/test/reporter';
import type { CollectedResult } from '../src/core/runPart.ts';
import type { ReportRun } from '../src/core/report.ts';
import { partialBecause, selectionOf, type Selection } from '../src/core/runCoverage.ts';

export interface Run {
  readonly status: ReportRun['status'];
  readonly config: FullConfig | null;
  readonly suite: Suite | null;
  readonly results: readonly CollectedResult[];
  /** Whether shards are merged: then only the tests' records tell what was asked for. */
  readonly merged: boolean;
}

/** Why a run does not show all of its suite; `null`: it does. */
export function coverageOf({ status, config, suite, results, merged }: Run): string | null {
  const tests = suite?.allTests() ?? [];
  const notRun = tests.filter((test) => test.results.length === 0).length;
  if (!merged && tests.some(isFocused)) return partialBecause({ status, notRun, parts: [{ chosenBy: 'test.only' }] });
  return partialBecause({ status, notRun, parts: merged ? partsOf(results) : [ownPart(config)] });
}

function ownPart(config: FullConfig | null): Selection | undefined {
  // A Playwright that tells what it was called with leaves alone what follows `--`; before, that chose tests like the rest.
  const told: unknown = config === null ? undefined : Reflect.get(config, 'argv');
  const argv = Array.isArray(told) && told.length > 0 ? (told as string[]) : process.argv.filter((argument) => argument !== '--');
  return selectionOf(argv, config?.shard ?? null);
}

/** One for each process that took part; records of one process say the same. */
function partsOf(results: readonly CollectedResult[]): (Selection | undefined)[] {
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
