import type { Suite } from '@playwright/test/reporter';
import type { Outcomes } from '../src/core/buildReport.ts';

const NAMES = { expected: 'passed', unexpected: 'failed', skipped: 'skipped', flaky: 'flaky' } as const;

/** How the tests of suites came out, by Playwright's count: a test once, however often it was tried. */
export function outcomesOf(suites: readonly Suite[]): Omit<Outcomes, 'errors'> {
  const counts = { passed: 0, failed: 0, skipped: 0, flaky: 0 };
  for (const suite of suites) for (const test of suite.allTests()) counts[NAMES[test.outcome()]] += 1;
  return counts;
}
