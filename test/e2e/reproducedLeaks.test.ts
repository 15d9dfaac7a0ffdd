import { afterAll, describe, it } from 'vitest';
import { removeExamples } from './exampleSuites.ts';
import { REPRODUCED, runReproduced } from './judgeReproducedLeaks.ts';

/** Those that need no page for each iteration, which takes minutes: `npm run bench -- reproducedLeaks` runs all, a thousand times. */
const TITLES = ['a client that nobody closes', 'a permit lost to an exception'];
const ITERATIONS = 100;

afterAll(removeExamples);

describe.concurrent('the reproduced leaks', () => {
  it('are found, each by the metric that it shows in', async ({ expect }) => {
    const { run, leaks } = await runReproduced('leaky', ITERATIONS, TITLES);
    expect(run.exitCode, run.stdout).toBe(1);
    expect(leaks.map(({ title, status, verdict }) => `${title} ${status} ${verdict}`).sort()).toEqual(
      TITLES.map((title) => `${title}: leaky failed leak`),
    );
    for (const { title, leaking, reasons } of leaks) {
      const metrics = REPRODUCED[title.replace(': leaky', '')] ?? [];
      expect(metrics.filter((name) => leaking.includes(name)).length, `${title}: ${reasons.join('; ')}`).toBeGreaterThan(0);
    }
  });

  it('are gone in their repaired twins', async ({ expect }) => {
    const { run, leaks } = await runReproduced('repaired', ITERATIONS, TITLES);
    expect(run.exitCode, run.stdout).toBe(0);
    expect(leaks.map(({ title, status, verdict }) => `${title} ${status} ${verdict}`).sort()).toEqual(
      TITLES.map((title) => `${title}: repaired passed pass`),
    );
  });
});
