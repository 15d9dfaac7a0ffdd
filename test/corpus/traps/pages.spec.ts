import type http from 'node:http';
import net from 'node:net';
import type { BrowserContext, Page } from '@playwright/test';
import { test, expect } from 'leak/fixtures';
import { startShop, stop, urlOf } from '../support/localServer.ts';

// Ordinary browser tests that leave nothing behind, whatever their pages and contexts open in between.

let shop: http.Server;

test.beforeAll(async () => {
  shop = await startShop();
});
test.afterAll(async () => {
  await stop(shop);
});

test('popup left open in the fixture context', async ({ page }) => {
  await page.goto(urlOf(shop, '/opener'));
  const popup = page.waitForEvent('popup');
  await page.getByRole('button').click();
  await expect(await popup).toHaveTitle('Popup');
});

test('second page left open in the fixture context', async ({ page, context }) => {
  await page.goto(urlOf(shop));
  await (await context.newPage()).goto(urlOf(shop, '/popup'));
});

test('popup closed with its own context', async ({ browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(urlOf(shop, '/opener'));
  const popup = page.waitForEvent('popup');
  await page.getByRole('button').click();
  await expect(await popup).toHaveTitle('Popup');
  await context.close();
});

test('download', async ({ page }) => {
  await page.goto(urlOf(shop, '/download'));
  const download = page.waitForEvent('download');
  await page.getByRole('link').click();
  expect(await (await download).path()).toContain('playwright');
});

test('download saved', async ({ page }, testInfo) => {
  await page.goto(urlOf(shop, '/download'));
  const download = page.waitForEvent('download');
  await page.getByRole('link').click();
  await (await download).saveAs(testInfo.outputPath('file.txt'));
});

test('route handlers', async ({ page }) => {
  await page.route('**/api', (route) => route.fulfill({ body: 'mocked' }));
  await page.goto(urlOf(shop, '/fetching'));
  await expect(page).toHaveTitle('mocked');
});

test('web socket of the page', async ({ page }) => {
  await page.routeWebSocket('ws://shop.test/orders', (socket) => {
    socket.onMessage((message) => socket.send(message));
  });
  await page.goto(urlOf(shop));
  const echoed = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket('ws://shop.test/orders');
        socket.onopen = () => socket.send('order');
        socket.onmessage = (event) => resolve(String(event.data));
      }),
  );
  expect(echoed).toBe('order');
});

test('fake clock', async ({ page }) => {
  await page.clock.install({ time: new Date('2026-01-01') });
  await page.goto(urlOf(shop));
  await page.clock.fastForward('01:00');
});

test('storage state', async ({ page, context, browser }) => {
  await page.goto(urlOf(shop));
  const storageState = await context.storageState();
  const other = await browser.newContext({ storageState });
  await other.close();
});

test('waiting, polling, retrying', async ({ page }) => {
  await page.goto(urlOf(shop));
  await page.waitForTimeout(20);
  await expect.poll(() => page.title()).toBe('Shop');
  await expect(async () => {
    expect(await page.getByRole('heading').count()).toBe(1);
  }).toPass();
  await page.getByRole('button').click();
  await expect(page).toHaveTitle('Clicked');
});

test('screenshot and tracing by hand', async ({ page }) => {
  await page.goto(urlOf(shop));
  expect((await page.screenshot()).byteLength).toBeGreaterThan(0);
});

test('exposed function, handles and a CDP session', async ({ page, context }) => {
  await page.exposeFunction('price', () => 9.9);
  await page.goto(urlOf(shop));
  await page.evaluateHandle(() => document.body);
  await (await context.newCDPSession(page)).send('Runtime.enable');
});

test('reload and navigate often', async ({ page }) => {
  for (let round = 0; round < 5; round += 1) await page.goto(urlOf(shop, round % 2 === 0 ? '/' : '/popup'));
});

test.describe('with another context', () => {
  test.use({ locale: 'de-DE', viewport: { width: 400, height: 800 } });

  test('a phone', async ({ page }) => {
    await page.goto(urlOf(shop));
    expect(await page.evaluate(() => innerWidth)).toBe(400);
  });
});

test.describe('a page shared by a serial suite', () => {
  test.describe.configure({ mode: 'serial' });
  let context: BrowserContext;
  let page: Page;

  test.beforeAll(async ({ browser }) => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  test.afterAll(async () => {
    await context.close();
  });

  test('first', async () => {
    await page.goto(urlOf(shop));
  });
  test('second', async () => {
    await page.getByRole('button').click();
  });
});

test('a page that the server answers slowly, closed in between', async ({ browser }) => {
  const sockets = new Set<net.Socket>();
  const silent = net.createServer((socket) => sockets.add(socket.on('error', () => socket.destroy())));
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  const page = await browser.newPage();
  const { port } = silent.address() as net.AddressInfo;
  const going = page.goto(`http://127.0.0.1:${String(port)}`).catch(() => 'closed');
  await page.close();
  await going;
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => {
    silent.close(() => resolve());
  });
});
