import { expect, test } from '../shop/test.ts';

// Every test here passes. A comment `leak:` or `late:` marks each line that opens what is left behind.

test('shows the catalogue', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('listitem')).toHaveCount(3);
});

test('puts tea into the basket', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Add Green tea' }).click();
  await expect(page.getByRole('status')).toHaveText('1');
});

test('keeps the baskets of two shoppers apart', async ({ page, browser, shop }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Add Cup' }).click();

  const other = await browser.newContext(); // leak: context
  const otherPage = await other.newPage();
  await otherPage.goto(shop.url);
  await expect(otherPage.getByRole('status')).toHaveText('0');
});

test('tells the stock', async ({ playwright, shop }) => {
  const api = await playwright.request.newContext({ baseURL: shop.url }); // leak: request
  const response = await api.get('/api/stock');
  expect(await response.json()).toHaveLength(3);
});
