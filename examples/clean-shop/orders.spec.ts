import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from '../shop/test.ts';

test('exports the orders', async ({ request }, testInfo) => {
  const file = testInfo.outputPath('orders.csv');
  await fs.writeFile(file, await (await request.get('/orders.csv')).body());
  const orders = await fs.open(file);
  try {
    expect(await orders.readFile('utf8')).toContain('tea');
  } finally {
    await orders.close();
  }
});

test('is told of a payment', async ({ request }) => {
  const webhook = createServer((_request, response) => response.end('paid'));
  webhook.listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  const { port } = webhook.address() as AddressInfo;
  const answer = await request.post(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toBe('paid');
  webhook.close();
  webhook.closeAllConnections();
  await once(webhook, 'close');
});

test('counts the stock again in the background', async () => {
  const job = fork(path.join(import.meta.dirname, '../shop/recount.mjs'));
  job.send('now');
  expect(await once(job, 'message')).toEqual([{ cups: 40 }, undefined]);
  job.kill();
  await once(job, 'exit');
});

test('polls the order queue', async ({ request }) => {
  let polls = 0;
  const timer = setInterval(() => (polls += 1), 10);
  await expect.poll(() => polls).toBeGreaterThan(1);
  clearInterval(timer);
  expect((await request.get('/orders.csv')).ok()).toBe(true);
});

test('renders a long receipt', async () => {
  const receipt = Buffer.alloc(16_000_000, 'tea 4.50\n');
  expect(receipt.subarray(0, 3).toString()).toBe('tea');
});
