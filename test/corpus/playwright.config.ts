import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { defineConfig } from '@playwright/test';
import type { LeakOptions } from 'leak/fixtures';

/** The Chromium to test with: `LEAK_CHROMIUM`, else Debian's, else Playwright's own download. */
function chromiumPath(): string | undefined {
  if (process.env.LEAK_CHROMIUM) return process.env.LEAK_CHROMIUM;
  return fs.existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined;
}

/** Playwright records video only with its own ffmpeg, which a machine without its downloads does not have. */
function canRecordVideo(): boolean {
  const downloads = process.env.PLAYWRIGHT_BROWSERS_PATH ?? path.join(os.homedir(), '.cache/ms-playwright');
  return fs.existsSync(downloads) && fs.readdirSync(downloads).some((name) => name.startsWith('ffmpeg-'));
}

const executablePath = chromiumPath();

export default defineConfig<LeakOptions>({
  testDir: '.',
  outputDir: process.env.CORPUS_OUTPUT_DIR ?? 'test-results',
  timeout: 60_000,
  reporter: 'line',
  use: {
    browserName: 'chromium',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    { name: 'plain' },
    {
      name: 'recording',
      testMatch: ['traps/pages.spec.ts', 'traps/firstBrowser.spec.ts', 'context.spec.ts', 'page.spec.ts'],
      use: { trace: 'on', screenshot: 'on', video: canRecordVideo() ? 'on' : 'off' },
    },
  ],
});
