import path from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { removeExamples, runExample, type Breakage } from './exampleSuites.ts';

afterAll(removeExamples);

describe.concurrent('an example', () => {
  for (const [name, tests] of [
    ['market-scanner', 14],
    ['session', 10],
    ['embedder', 10],
  ] as const) {
    it(`passes its tests and the gate: ${name}`, async ({ expect }) => {
      const { exitCode, report, stdout } = await runExample(name);
      expect(
        report?.tests.map(({ status, verdict }) => `${status} ${verdict}`),
        stdout,
      ).toEqual(Array.from({ length: tests }, () => 'passed pass'));
      expect([exitCode, report?.verdict, report?.gate.failed]).toEqual([0, 'pass', false]);
    });
  }
});

/** One for each example: what is forgotten, in which test it shows although the test passes, and as what. */
const BROKEN: readonly { name: string; grep: string; breakage: Breakage; finding: string }[] = [
  {
    name: 'market-scanner',
    grep: 'reads a marketplace and leaves no page open',
    breakage: { file: 'marketScanner.ts', text: 'await run.pool.close();', instead: '' },
    finding: 'browser marketScanner.ts',
  },
  {
    name: 'session',
    grep: 'ends with all others when the server closes',
    breakage: { file: 'chatSession.ts', text: 'this.#page = page;', instead: 'this.#page = page; setInterval(() => page.url(), 60_000);' },
    finding: 'handle chatSession.ts',
  },
  {
    name: 'embedder',
    grep: 'tries again when the model is busy',
    breakage: { file: 'service.ts', text: "lifecycle.add('health', health);", instead: '' },
    finding: 'handle service.ts',
  },
];

describe.concurrent('an example that forgets something', () => {
  for (const { name, grep, breakage, finding } of BROKEN) {
    it(`passes its tests, but not the gate: ${name}`, async ({ expect }) => {
      const { exitCode, report, stdout } = await runExample(name, { grep, breakages: [breakage] });
      expect(
        report?.tests.map(({ status, verdict }) => `${status} ${verdict}`),
        stdout,
      ).toEqual(['passed leak']);
      const found = report?.tests[0]?.findings.map(({ kind, origin }) => `${kind} ${path.basename(origin?.file ?? '?')}`);
      expect(found).toContain(finding);
      expect([exitCode, report?.verdict]).toEqual([1, 'leak']);
    });
  }
});
