import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';
import { launchOptions } from '../chromium.ts';

export default defineConfig<LeakOptions>({
  testDir: '.',
  // What is awaited comes late on a busy machine, and that is no failure.
  timeout: 120_000,
  expect: { timeout: 60_000 },
  reporter: [['leak']],
  use: { launchOptions },
});
