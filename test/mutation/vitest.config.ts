import { defineConfig } from 'vitest/config';

/** What a mutation of `src/resilience` is to be caught by: see `../unit/resilience/mutants.md`. Doc examples are read from what is mutated. */
export default defineConfig({
  test: {
    include: ['test/unit/resilience/**/*.test.ts'],
    exclude: ['**/docExamples.test.ts'],
    testTimeout: 60_000,
  },
});
