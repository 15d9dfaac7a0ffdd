import { once } from 'node:events';
import { BroadcastChannel, MessageChannel, Worker } from 'node:worker_threads';
import { test } from 'leak/fixtures';

const idleWorker = new URL('./support/idleWorker.js', import.meta.url);

test.describe('worker thread', () => {
  test('leaky', async () => {
    const worker = new Worker(idleWorker); // leak: handle
    await once(worker, 'online');
  });
  test('clean', async () => {
    const worker = new Worker(idleWorker);
    await once(worker, 'online');
    await worker.terminate();
  });
});

test.describe('a worker thread that ends by itself', () => {
  test('leaky', async () => {
    const worker = new Worker('setTimeout(() => {}, 600_000)', { eval: true }); // leak: handle
    await once(worker, 'online');
  });
  test('clean', async () => {
    const worker = new Worker('1 + 1', { eval: true });
    await once(worker, 'exit');
  });
});

test.describe('MessageChannel', () => {
  test('leaky', () => {
    const { port1 } = new MessageChannel(); // leak: handle
    port1.on('message', () => {});
  });
  test('clean', async () => {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', () => {});
    const closed = Promise.all([once(port1, 'close'), once(port2, 'close')]);
    port2.close();
    await closed;
  });
});

test.describe('BroadcastChannel', () => {
  test('leaky', () => {
    new BroadcastChannel('orders').onmessage = () => {}; // leak: handle
  });
  test('clean', () => {
    const channel = new BroadcastChannel('orders');
    channel.onmessage = () => {};
    channel.close();
  });
});
