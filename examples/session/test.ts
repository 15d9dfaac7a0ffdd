import type { Browser } from '@playwright/test';
import { test as leakTest, expect } from 'leak/fixtures';
import { BrowserPool } from 'leak/resilience';
import { launchOptions } from '../chromium.ts';
import { ChatSite } from './chatSite.ts';

export { expect };

interface Chat {
  site: ChatSite;
  /** One for each test: some of them kill its browsers. */
  pool: BrowserPool<Browser>;
}

/** Every test is checked for leaks. */
export const test = leakTest.extend<Chat>({
  site: async ({}, use) => {
    await using site = await ChatSite.open();
    await use(site);
  },
  pool: async ({ playwright }, use) => {
    await using pool = new BrowserPool({ browserType: playwright.chromium, launchOptions, max: 2 });
    await use(pool);
    // What the sessions left behind would be closed by the pool, and nobody would know. A browser in which something failed is
    // being checked for a moment, with a page.
    const held = (): number[] => [pool.stats().leased, pool.stats().waiting, ...pool.stats().browsers.map(({ contexts }) => contexts)];
    await expect.poll(() => held().every((count) => count === 0)).toBe(true);
  },
});
