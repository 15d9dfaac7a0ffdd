import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more, the longest first: begun last, one of them would keep one core waiting at the end. */
const LONGEST = ['corpus', 'suites', 'package', 'reporterBadLuck', 'shards', 'examples', 'stabilityPages', 'stability', 'soak'].map(
  (name) => `/e2e/${name}.test.ts`,
);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((end) => moduleId.endsWith(end));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** Two suites: `unit` (fast, no browser needed) and `e2e` (real Playwright runs, which wait as much as they compute: two at a time). */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          globalSetup: 'test/setup/unitSetup.mjs',
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          // Vitest runs projects with different numbers of workers one after the other only (`npm run coverage` has both).
          sequence: { groupOrder: 1 },
          // Ends what hangs, on the slowest of machines; nothing here is about time.
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
