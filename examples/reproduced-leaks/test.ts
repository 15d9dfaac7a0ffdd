import { test as leakTest, expect, type StabilityOptions } from 'leak/fixtures';
import { openMarket, type Market } from './market.ts';

export { expect };

/** With fewer iterations than usual, the warm-up must not shrink as well. */
export const RUN: StabilityOptions = { iterations: Number(process.env['REPRODUCED_LEAKS_ITERATIONS'] ?? 1000), warmUp: 50 };
/** Of browsers that nobody closes, this machine can bear only a few. */
export const BROWSERS: StabilityOptions = { iterations: 20, warmUp: 1, extend: false };

export const test = leakTest.extend<object, { market: Market }>({
  market: [
    async ({}, use) => {
      const market = await openMarket();
      await use(market);
      await market.close();
    },
    { scope: 'worker' },
  ],
});
