import { test, expect } from 'leak/fixtures';

// The first use of the shared browser starts processes that stay until the worker ends.

test('a test before the browser starts', () => {
  expect(1 + 1).toBe(2);
});

test('a test that only launches the browser', async ({ browser }) => {
  expect(browser.isConnected()).toBe(true);
});

test('a test with the first page', async ({ page }) => {
  await page.setContent('<h1>Shop</h1>');
  await expect(page.locator('h1')).toHaveText('Shop');
});

test('a test with the second page', async ({ page }) => {
  await page.setContent('<h1>Shop</h1>');
  await expect(page.locator('h1')).toHaveText('Shop');
});

test('a test without a page', () => {
  expect(1 + 1).toBe(2);
});
