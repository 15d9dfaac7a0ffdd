import { afterAll, describe, it } from 'vitest';
import { removeExamples } from './exampleSuites.ts';
import { REPRODUCED, runReproduced } from './judgeReproducedLeaks.ts';

/** A thousand pages would take minutes: the full number is run by `npm run bench -- reproducedLeaks`. */
const ITERATIONS = 60;

afterAll(removeExamples);

describe.concurrent('the reproduced leaks', () => {
  it('are found, each by the metric that it shows in', async ({ expect }) => {
    const { run, leaks } = await runReproduced('leaky', ITERATIONS);
    expect(run.exitCode, run.stdout).toBe(1);
    expect(leaks.map(({ title, status, verdict }) => `${title} ${status} ${verdict}`).sort()).toEqual(
      Object.keys(REPRODUCED)
        .map((title) => `${title}: leaky failed leak`)
        .sort(),
    );
    for (const { title, leaking, reasons } of leaks) {
      const metrics = REPRODUCED[title.replace(': leaky', '')] ?? [];
      expect(metrics.filter((name) => leaking.includes(name)).length, `${title}: ${reasons.join('; ')}`).toBeGreaterThan(0);
    }
  });

  it('are gone in their repaired twins', async ({ expect }) => {
    const { run, leaks } = await runReproduced('repaired', ITERATIONS);
    expect(
      run.report?.tests.flatMap(({ findings }) => findings.map(({ summary }) => summary)),
      run.stdout,
    ).toEqual([]);
    expect(leaks.map(({ title, status, leaking }) => `${title} ${status} ${leaking.join()}`).sort(), run.stdout).toEqual(
      Object.keys(REPRODUCED)
        .map((title) => `${title}: repaired passed `)
        .sort(),
    );
  });
});
