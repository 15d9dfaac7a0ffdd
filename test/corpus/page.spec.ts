import type { BrowserContext, Page } from '@playwright/test';
import { test } from 'leak/fixtures';

test.describe('browser.newPage', () => {
  test('leaky', async ({ browser }) => {
    await browser.newPage(); // leak: page
  });
  test('clean', async ({ browser }) => {
    const page = await browser.newPage();
    await page.close();
  });
});

test.describe('a page in a context that beforeAll made and nobody closes', () => {
  let context: BrowserContext;
  let mine: Page | undefined;

  test.beforeAll(async ({ browser }) => {
    context = await browser.newContext(); // leak: context worker scope=hook
  });
  test.afterEach(async () => {
    await mine?.close();
  });

  test('leaky', async () => {
    await context.newPage(); // leak: page
  });
  test('clean', async () => {
    mine = await context.newPage();
    await mine.setContent('<h1>Shop</h1>');
  });
});

test.describe('two pages from one line', () => {
  test('leaky', async ({ browser }) => {
    for (let tab = 0; tab < 2; tab += 1) {
      await browser.newPage(); // leak: page x2
    }
  });
  test('clean', async ({ browser }) => {
    const pages = [await browser.newPage(), await browser.newPage()];
    for (const page of pages) await page.close();
  });
});
