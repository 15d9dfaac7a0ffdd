import { test } from 'leak/fixtures';
import { signIn } from './support/openings.ts';

test.describe('browser.newContext', () => {
  test('leaky', async ({ browser }) => {
    await browser.newContext(); // leak: context
  });
  test('clean', async ({ browser }) => {
    const context = await browser.newContext();
    await context.close();
  });
});

test.describe('a context with pages', () => {
  test('leaky', async ({ browser }) => {
    const context = await browser.newContext(); // leak: context
    await context.newPage();
    await context.newPage();
  });
  test('clean', async ({ browser }) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await context.newPage();
    await page.close();
    await context.close();
  });
});

test.describe('a context made in another file', () => {
  test('leaky', async ({ browser }) => {
    await signIn(browser); // charged: #signIn
  });
  test('clean', async ({ browser }) => {
    await (await signIn(browser)).close();
  });
});

test.describe('a context beside the fixture page', () => {
  test('leaky', async ({ page, browser }) => {
    await page.setContent('<h1>Shop</h1>');
    await browser.newContext({ locale: 'de-DE' }); // leak: context
  });
  test('clean', async ({ page, browser }) => {
    await page.setContent('<h1>Shop</h1>');
    const other = await browser.newContext({ locale: 'de-DE' });
    await (await other.newPage()).setContent('<h1>Laden</h1>');
    await other.close();
  });
});
