import type { LaunchOptions } from '@playwright/test';

/**
 * How the examples launch Chromium: the one that `npm test` and `npm run demo` found (`LEAK_CHROMIUM`), else Playwright's own; without
 * a sandbox as root, where there is none; and without the browser's background traffic.
 */
export const launchOptions: LaunchOptions = {
  ...(process.env.LEAK_CHROMIUM ? { executablePath: process.env.LEAK_CHROMIUM } : {}),
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
