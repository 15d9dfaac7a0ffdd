import { defineConfig } from '@playwright/test';
import { launchOptions } from './examples/chromium.ts';

/** `npx playwright test` in this repository runs the examples. What `npm test` runs is in `test/`, and mostly not Playwright tests. */
export default defineConfig({
  reporter: [['leak']],
  use: { launchOptions },
  projects: ['clean-shop', 'leaky-shop', 'market-scanner', 'session', 'embedder'].map((name) => ({ name, testDir: `examples/${name}` })),
});
