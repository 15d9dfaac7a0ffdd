import { isPlaywrightFrame, type Frame } from './stack.ts';

/** What Playwright was running when a resource was opened. `unknown`: its stack does not reach down to Playwright. */
export type Phase = 'test' | 'hook' | 'fixture' | 'unknown';

const FIXTURE_SETUP = /\bFixture\._?setup/;
const ALL_HOOKS = /_runAllHooksForSuite|_run(?:Before|After)AllHooksForSuite/;
const RUN_TEST = /_runTest\b/;

/**
 * Reads off a stack whether a test's body (or its beforeEach and afterEach), a beforeAll or afterAll hook, or a fixture was running.
 *
 * Playwright starts a fixture detached from the test that asks for it: once the fixture has awaited anything, its stack ends in
 * Playwright's worker without passing through the function that runs tests. Names as of Playwright 1.50 to 1.65; where they change,
 * the answer becomes `unknown`, never wrong.
 */
export function phaseOf(frames: readonly Frame[]): Phase {
  const names = frames.filter(isPlaywrightFrame).map((frame) => frame.function ?? '');
  if (names.length === 0) return 'unknown';
  if (names.some((name) => FIXTURE_SETUP.test(name))) return 'fixture';
  if (names.some((name) => ALL_HOOKS.test(name))) return 'hook';
  if (names.some((name) => RUN_TEST.test(name))) return 'test';
  return names.every((name) => name === '') ? 'fixture' : 'unknown';
}
