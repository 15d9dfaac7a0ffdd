import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';

export default defineConfig<LeakOptions>({
  testDir: '.',
  reporter: [['leak']],
});
