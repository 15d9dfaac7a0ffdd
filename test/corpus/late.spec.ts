import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { chromium } from '@playwright/test';
import { test } from 'leak/fixtures';
import { portOf } from './support/localServer.ts';
import { retained } from './support/retained.ts';

// What closes by itself soon after its test is late, and no leak. The clean twin waits for it.

// Longer than a busy machine may let a worker wait between the end of a test and the first look.
const soon = 1500;
test.use({ leakOptions: { settleTimeout: 10_000 } });

test.describe('browser.close() that nobody awaits', () => {
  test('late', async () => {
    const browser = await chromium.launch(); // late: browser
    retained.push(browser.close());
  });
  test('clean', async () => {
    const browser = await chromium.launch();
    await browser.close();
  });
});

test.describe('context.close() that nobody awaits', () => {
  test('late', async ({ browser }) => {
    const context = await browser.newContext(); // late: context
    await context.newPage();
    retained.push(context.close());
  });
  test('clean', async ({ browser }) => {
    const context = await browser.newContext();
    await context.newPage();
    await context.close();
  });
});

test.describe('a short timer', () => {
  test('late', () => {
    setTimeout(() => {}, soon); // late: handle
  });
  test('clean', async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

test.describe('a child that ends soon', () => {
  test('late', () => {
    spawn('sleep', [String(soon / 1000)]); // late: process
  });
  test('clean', async () => {
    await once(spawn('sleep', ['0.1']), 'close');
  });
});

test.describe('server.close() that nobody awaits', () => {
  test('late', async () => {
    const server = net.createServer((socket) => {
      setTimeout(() => socket.destroy(), soon); // late?: handle
    });
    server.listen(0, '127.0.0.1'); // late?: handle
    await once(server, 'listening');
    const client = net.connect(portOf(server), '127.0.0.1'); // late: handle
    await once(client.resume(), 'connect');
    client.on('error', () => client.destroy());
    server.close();
  });
  test('clean', async () => {
    const server = net.createServer((socket) => {
      setTimeout(() => socket.destroy(), 20);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = net.connect(portOf(server), '127.0.0.1');
    client.on('error', () => client.destroy());
    const closed = Promise.all([once(client.resume(), 'close'), once(server, 'close')]);
    await once(client, 'connect');
    server.close();
    await closed;
  });
});
