import { expect, test } from '../shop/test.ts';

// A browser takes its time to close: up to five seconds here it is late, after that it is a leak.
test.use({ leakOptions: { settleTimeout: 5000 } });

test('looks the same in a fresh browser', async ({ playwright, shop }) => {
  const browser = await playwright.chromium.launch(); // late: browser
  const page = await browser.newPage();
  await page.goto(shop.url);
  await expect(page).toHaveTitle('Tea shop');
  browser.close();
});
