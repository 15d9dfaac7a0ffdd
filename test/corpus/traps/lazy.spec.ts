import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { chromium, type Browser } from '@playwright/test';
import { test, expect } from 'leak/fixtures';
import { portOf, startEcho, stop } from '../support/localServer.ts';

// Singletons that the first test to need them opens, and that afterAll closes.

let server: net.Server | undefined;
let client: net.Socket | undefined;
let child: ChildProcess | undefined;
let browser: Browser | undefined;
let ticker: NodeJS.Timeout | undefined;

async function database(): Promise<net.Socket> {
  server ??= await startEcho();
  if (client === undefined) {
    client = net.connect(portOf(server), '127.0.0.1');
    await once(client, 'connect');
  }
  return client;
}

test.afterAll(async () => {
  if (client !== undefined) {
    client.destroy();
    await once(client, 'close');
  }
  if (server !== undefined) await stop(server);
  if (child !== undefined) {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
  await browser?.close();
  clearInterval(ticker);
});

test('the first test that needs the database', async () => {
  const connection = await database();
  connection.write('select 1');
  await once(connection, 'data');
});

test('the second test that needs the database', async () => {
  const connection = await database();
  connection.write('select 2');
  await once(connection, 'data');
});

test('the first test that needs the child', () => {
  child ??= spawn('sleep', ['600']);
  expect(child.pid).toBeGreaterThan(0);
});

test('the first test that needs its own browser', async () => {
  browser ??= await chromium.launch();
  await (await browser.newPage()).close();
});

test('the second test that needs its own browser', async () => {
  browser ??= await chromium.launch();
  await (await browser.newContext()).close();
});

test('a ticker until the end', () => {
  ticker = setInterval(() => {}, 1000);
});

// A pool of threads that grows when it is needed, and whose threads never keep the process.
const threads: Worker[] = [];

for (const number of [1, 2, 3, 4]) {
  test(`thread ${String(number)} of a pool`, async () => {
    const thread = new Worker("require('node:worker_threads').parentPort.on('message', () => {})", { eval: true });
    threads.push(thread);
    await once(thread, 'online');
    thread.unref();
  });
}
