import type http from 'node:http';
import { request } from '@playwright/test';
import { test, expect } from 'leak/fixtures';
import { startShop, stop, urlOf } from './support/localServer.ts';

let shop: http.Server;

test.beforeAll(async () => {
  shop = await startShop();
});
test.afterAll(async () => {
  await stop(shop);
});

test.describe('playwright.request.newContext', () => {
  test('leaky', async ({ playwright }) => {
    const api = await playwright.request.newContext(); // leak: request
    expect(await (await api.get(urlOf(shop, '/api'))).text()).toBe('ok');
  });
  test('clean', async ({ playwright }) => {
    const api = await playwright.request.newContext();
    expect(await (await api.get(urlOf(shop, '/api'))).text()).toBe('ok');
    await api.dispose();
  });
});

test.describe('request.newContext by import', () => {
  test('leaky', async () => {
    await request.newContext(); // leak: request
  });
  test('clean', async () => {
    const api = await request.newContext();
    await api.dispose();
  });
});
