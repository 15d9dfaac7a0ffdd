import { afterAll, expect, it } from 'vitest';
import { removeExamples } from '../e2e/exampleSuites.ts';
import { REPRODUCED, runReproduced } from '../e2e/judgeReproducedLeaks.ts';

afterAll(removeExamples);

it.each(['leaky', 'repaired'] as const)('1000 iterations of the reproduced leaks: %s', async (twin) => {
  const { leaks } = await runReproduced(twin, 1_000);
  const lines = leaks.map(({ title, verdict, iterations, leaking, reasons }) => {
    const why = verdict === 'pass' ? '' : leaking.length > 0 ? leaking.join(', ') : reasons.join('; ');
    return `${title.padEnd(40)} ${verdict.padEnd(12)} ${String(iterations).padStart(5)}   ${why}`;
  });
  console.log(`\nreproduced leaks                         verdict      iterations\n${lines.join('\n')}\n`);
  expect(leaks).toHaveLength(Object.keys(REPRODUCED).length);
  expect(new Set(leaks.map(({ verdict }) => verdict))).toEqual(new Set([twin === 'leaky' ? 'leak' : 'pass']));
});
