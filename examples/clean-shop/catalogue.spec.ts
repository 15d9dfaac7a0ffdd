import { expect, test } from '../shop/test.ts';

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

  const other = await browser.newContext();
  try {
    const otherPage = await other.newPage();
    await otherPage.goto(shop.url);
    await expect(otherPage.getByRole('status')).toHaveText('0');
  } finally {
    await other.close();
  }
});

test('looks the same in a fresh browser', async ({ playwright, shop }) => {
  const browser = await playwright.chromium.launch();
  try {
    const page = await browser.newPage();
    await page.goto(shop.url);
    await expect(page).toHaveTitle('Tea shop');
  } finally {
    await browser.close();
  }
});

test('tells the stock', async ({ playwright, shop }) => {
  const api = await playwright.request.newContext({ baseURL: shop.url });
  try {
    const response = await api.get('/api/stock');
    expect(await response.json()).toHaveLength(3);
  } finally {
    await api.dispose();
  }
});
