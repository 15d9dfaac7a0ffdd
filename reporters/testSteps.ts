import type { TestResult, TestStep } from '@playwright/test/reporter';
import type { OutsideTest } from '../src/core/outsideView.ts';
import type { Location } from '../src/core/stack.ts';

/** Titles up to Playwright 1.52 (`browserType.launch`), and since (`Launch browser`). */
const LAUNCH = /^(?:Launch (?:browser|persistent context)|browserType\.launch(?:PersistentContext)?)\b/;
const CLOSE = /^(?:Close browser|browser\.close)\b/;
/** `fixture: browser`, since 1.54 `Fixture "browser"`. */
const FIXTURE = /^(?:fixture: (.+)|Fixture "(.+)")$/;

/** Reads from a test's steps which fixtures outlive it, and how many browsers it launched and closed, where. */
export function readSteps(index: number, title: string, result: TestResult): OutsideTest {
  const fixtures = new Map<string, number>();
  const launches: Location[] = [];
  const seen = { fixtureLaunches: 0, closes: 0 };
  const visit = (steps: readonly TestStep[], inFixture: boolean): void => {
    for (const step of steps) {
      const name = nameOfFixture(step);
      if (name !== null) fixtures.set(name, (fixtures.get(name) ?? 0) + 1);
      if (step.category === 'pw:api') {
        if (CLOSE.test(step.title) && !inFixture) seen.closes += 1;
        if (LAUNCH.test(step.title)) {
          if (inFixture) seen.fixtureLaunches += 1;
          else if (step.location !== undefined) launches.push(step.location);
        }
      }
      visit(step.steps, inFixture || name !== null);
    }
  };
  visit(result.steps, false);
  return {
    result: index,
    title,
    startedAt: result.startTime.getTime(),
    lastingFixture: [...fixtures].some(([name, times]) => times % 2 === 1 && name !== 'browser'),
    fixtureLaunches: seen.fixtureLaunches,
    launches,
    closes: seen.closes,
  };
}

function nameOfFixture(step: TestStep): string | null {
  if (step.category !== 'fixture') return null;
  const match = FIXTURE.exec(step.title);
  return match === null ? step.title : (match[1] ?? match[2] ?? null);
}
