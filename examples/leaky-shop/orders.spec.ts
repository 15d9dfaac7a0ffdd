import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from '../shop/test.ts';
import { firstLine } from './exportOrders.ts';

const receipts = new Map<string, string[]>();

test('exports the orders', async ({ request }, testInfo) => {
  const file = testInfo.outputPath('orders.csv');
  await fs.writeFile(file, await (await request.get('/orders.csv')).body());
  expect(firstLine(file)).toBe('order,product');
});

test('is told of a payment', async ({ request }) => {
  const webhook = createServer((_request, response) => response.end('paid'));
  webhook.listen(0, '127.0.0.1'); // leak: handle
  await once(webhook, 'listening');
  const { port } = webhook.address() as AddressInfo;
  const answer = await request.post(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toBe('paid');
});

test('counts the stock again in the background', async () => {
  const job = fork(path.join(import.meta.dirname, '../shop/recount.mjs')); // leak: process
  job.send('now');
  expect(await once(job, 'message')).toEqual([{ cups: 40 }, undefined]);
});

test('polls the order queue', async ({ request }) => {
  let polls = 0;
  setInterval(() => (polls += 1), 10); // leak: handle
  await expect.poll(() => polls).toBeGreaterThan(1);
  expect((await request.get('/orders.csv')).ok()).toBe(true);
});

test('remembers every receipt', async ({}, testInfo) => {
  // leak: heap
  const receipt = Array.from({ length: 400_000 }, (_, line) => `tea ${line} 4.50 €`);
  receipts.set(testInfo.testId, receipt);
  expect(receipts.size).toBe(1);
});
