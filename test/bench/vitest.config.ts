import { defineConfig } from 'vitest/config';

/** `npm run bench`: one file after the other and nothing beside it, or the figures would measure each other. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.bench.ts'],
    pool: 'forks',
    fileParallelism: false,
    maxConcurrency: 1,
    testTimeout: 60 * 60_000,
    hookTimeout: 10 * 60_000,
    disableConsoleIntercept: true,
  },
});
