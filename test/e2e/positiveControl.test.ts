import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCorpus } from './expectations.ts';
import { judgeResult, resultsOf } from './judgeCorpus.ts';
import { runPlaywright } from './runPlaywright.ts';

const folder = path.resolve(import.meta.dirname, '../corpus');
const corpus = readCorpus(folder);

// Whoever says that nothing leaks must be known to see. Each detector is blinded, and the corpus must notice.
describe('a detector that is switched off', () => {
  for (const [detector, file] of [
    ['fds', 'fd.spec.ts'],
    ['processes', 'process.spec.ts'],
    ['handles', 'timer.spec.ts'],
    ['heap', 'heap.spec.ts'],
    ['objects', 'object.spec.ts'],
    ['browser', 'context.spec.ts'],
  ] as const) {
    it(`${detector}: every leak of ${file} is missed, and the report says what was not measured`, async () => {
      const { report } = await runPlaywright({
        cwd: folder,
        args: ['--reporter=leak', '--workers=2', '--project=plain', '--grep=leaky', file],
        env: { PLAYWRIGHT_LEAK_DISABLE: detector },
      });
      const states = new Map(report?.environment.detectors.map((state) => [state.name, state]));
      expect(states.get(detector)).toMatchObject({
        available: false,
        reason: expect.stringContaining('PLAYWRIGHT_LEAK_DISABLE') as string,
      });
      const leaky = corpus.cases.filter((one) => one.file === file && one.marks.length > 0);
      expect(leaky.length).toBeGreaterThan(1);
      for (const one of leaky) {
        const results = report === undefined ? [] : resultsOf(report, one);
        expect(results, one.group).not.toEqual([]);
        expect(
          results.flatMap((result) => judgeResult(result, one)).map(({ sort }) => sort),
          one.group,
        ).toContain('missed');
      }
    });
  }
});
