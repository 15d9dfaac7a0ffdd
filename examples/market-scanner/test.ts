import { test as leakTest, expect } from 'leak/fixtures';
import { launchOptions } from '../chromium.ts';
import { Marketplace } from './marketplace.ts';
import { MarketScanner, type MarketScannerOptions } from './marketScanner.ts';

export { expect };

interface Market {
  /** Where the scanners of this test start. */
  home: Marketplace;
  /** Opens a marketplace that closes with the test. */
  openMarketplace: (port?: number) => Promise<Marketplace>;
  /** A scanner that is not started. */
  createScanner: (options?: Partial<MarketScannerOptions>) => MarketScanner;
  /** What is open at this moment, apart from the marketplaces. */
  leftOpen: () => Promise<readonly string[]>;
}

/** Every test is checked for leaks. The scanners are the tests' own to stop: whether they leave something is what is tested. */
export const test = leakTest.extend<Market>({
  openMarketplace: async ({}, use) => {
    const marketplaces: Marketplace[] = [];
    await use(async (port) => {
      const marketplace = await Marketplace.open(port);
      marketplaces.push(marketplace);
      return marketplace;
    });
    for (const marketplace of marketplaces) await marketplace[Symbol.asyncDispose]();
  },
  home: async ({ openMarketplace }, use) => {
    await use(await openMarketplace());
  },
  createScanner: async ({ playwright, home }, use) => {
    await use((options) => new MarketScanner({ browserType: playwright.chromium, launchOptions, home: home.url, ...options }));
  },
  leftOpen: async ({ leak }, use) => {
    await use(async () => {
      const findings = await leak.check();
      return findings.filter(({ evidence }) => evidence['openedIn'] !== 'fixture').map(({ summary }) => summary);
    });
  },
});
