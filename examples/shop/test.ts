import { test as leakTest, expect } from 'leak/fixtures';
import { openShop, type Shop } from './shop.ts';

export { expect };

/** The suites' `test`: every test is checked for leaks, and each worker has a shop of its own. */
export const test = leakTest.extend<object, { shop: Shop }>({
  shop: [
    // Playwright requires the braces.
    async ({}, use) => {
      const shop = await openShop();
      await use(shop);
      await shop.close();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ shop }, use) => {
    await use(shop.url);
  },
});
