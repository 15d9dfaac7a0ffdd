import { chromium } from '@playwright/test';
import { test } from 'leak/fixtures';

test.describe('chromium.launch', () => {
  test('leaky', async () => {
    await chromium.launch(); // leak: browser
  });
  test('clean', async () => {
    const browser = await chromium.launch();
    await browser.close();
  });
});

test.describe('a launched browser with contexts and pages', () => {
  test('leaky', async ({ playwright }) => {
    const browser = await playwright.chromium.launch(); // leak: browser
    const context = await browser.newContext();
    await context.newPage();
    await browser.newPage();
  });
  test('clean', async ({ playwright }) => {
    const browser = await playwright.chromium.launch();
    await (await browser.newContext()).newPage();
    await browser.newPage();
    await browser.close();
  });
});

test.describe('chromium.launchServer', () => {
  test('leaky', async () => {
    await chromium.launchServer(); // leak: browser
  });
  test('clean', async () => {
    const server = await chromium.launchServer();
    const browser = await chromium.connect(server.wsEndpoint());
    await browser.close();
    await server.close();
  });
});

test.describe('chromium.connect', () => {
  test('leaky', async () => {
    const server = await chromium.launchServer(); // leak: browser
    await chromium.connect(server.wsEndpoint()); // leak: browser
  });
  test('clean', async () => {
    const server = await chromium.launchServer();
    const browser = await chromium.connect(server.wsEndpoint());
    await (await browser.newPage()).close();
    await browser.close();
    await server.close();
  });
});

test.describe('chromium.launchPersistentContext', () => {
  test('leaky', async ({}, testInfo) => {
    await chromium.launchPersistentContext(testInfo.outputPath('profile')); // leak: context
  });
  test('clean', async ({}, testInfo) => {
    const context = await chromium.launchPersistentContext(testInfo.outputPath('profile'));
    await context.close();
  });
});
