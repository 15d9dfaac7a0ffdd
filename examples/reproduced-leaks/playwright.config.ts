import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';
import { launchOptions } from '../chromium.ts';

export default defineConfig<LeakOptions>({
  testDir: '.',
  reporter: [['leak']],
  // A thousand pages take their time, on a busy machine half an hour.
  timeout: 1_800_000,
  use: { launchOptions },
});
