import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';

export default defineConfig<LeakOptions>({
  testDir: '.',
  // What is awaited comes late on a busy machine, and that is no failure.
  timeout: 120_000,
  expect: { timeout: 60_000 },
  reporter: [['leak']],
});
