import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { sharedHttpPool } from 'leak/resilience';
import { startService } from './service.ts';
import { expect, test } from './test.ts';

test('embeds through one client for the whole process, a few texts at a time', async ({ model }) => {
  await using service = await startService({ modelUrl: model.url, concurrency: 3 });
  const http = sharedHttpPool();
  const texts = Array.from({ length: 30 }, (_, index) => `tea number ${index}`);
  model.behaviour = 'held';
  const vectors = Promise.all(texts.map(async (text) => service.embedder.embed(text)));
  await expect.poll(() => model.held).toBe(3);
  expect(service.embedder.stats()).toEqual({ active: 3, waiting: 27 });
  model.release();
  expect((await vectors)[12]).toEqual([3, 6, 2]);
  expect(http.stats()).toMatchObject({ requests: 31, connections: 3 });
  expect(http.stats().hitRate).toBeGreaterThan(0.7);
  await service.stop();
  await expect.poll(async () => model.connections()).toBe(0);
});

test('shows its health and its metrics to a browser', async ({ model, page }) => {
  await using service = await startService({ modelUrl: model.url });
  const answer = await page.goto(`${service.url}/health`);
  expect([answer?.status(), await answer?.json()]).toMatchObject([200, { status: 'healthy', checks: { model: { open: 0 } } }]);
  await page.goto(`${service.url}/metrics`);
  await expect(page.locator('body')).toContainText('operations_total{operation="embed",outcome="success"} 1');
  await expect(page.locator('body')).toContainText('http_pool_requests_total 1');
});

test('leaves nothing behind when its port is taken, or its model dead', async ({ model, leftOpen }) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const http = sharedHttpPool();
  await expect(startService({ modelUrl: model.url, port })).rejects.toThrow('EADDRINUSE');
  expect(http.closed).toBe(true);
  other.close();
  await once(other, 'close');

  const dead = startService({ modelUrl: `http://127.0.0.1:${port}/` });
  await expect(dead).rejects.toThrow('ECONNREFUSED');
  expect(await leftOpen()).toEqual([]);
  // What failed was its only user and has closed the shared client; the next start gets a new one.
  await using service = await startService({ modelUrl: model.url });
  expect(await service.embedder.embed('green tea')).toEqual([5, 3]);
});

test('leaves the client to another service, however it ends itself; the last to stop closes it', async ({ model, leftOpen }) => {
  await using first = await startService({ modelUrl: model.url });
  const http = sharedHttpPool();
  await expect(startService({ modelUrl: model.url, port: Number(new URL(first.url).port) })).rejects.toThrow('EADDRINUSE');
  await expect(startService({ modelUrl: model.url, concurrency: 0 })).rejects.toThrow(RangeError);
  expect(await first.embedder.embed('green tea')).toEqual([5, 3]);
  model.behaviour = 'broken';
  await expect(startService({ modelUrl: model.url })).rejects.toThrow('without a vector');
  model.behaviour = 'open';
  expect(await first.embedder.embed('tea pot')).toEqual([3, 3]);
  const second = await startService({ modelUrl: model.url });
  await Promise.all([second.stop(), second.stop()]);
  await second.stop();
  expect(await first.embedder.embed('cup')).toEqual([3]);
  expect((await fetch(`${first.url}/health`)).status).toBe(200);
  await first.stop();
  expect(http.closed).toBe(true);
  expect(await leftOpen()).toEqual([]);
});

test('is stopped while it starts', async ({ model, leftOpen }) => {
  model.behaviour = 'held';
  const abort = new AbortController();
  const request = model.request();
  const starting = startService({ modelUrl: model.url, signal: abort.signal });
  await Promise.race([request, starting]);
  abort.abort(new Error('changed my mind'));
  await expect(starting).rejects.toThrow('changed my mind');
  expect(await leftOpen()).toEqual([]);
});

test('finishes what it has before it stops, takes nothing more, and stops once', async ({ model, leftOpen }) => {
  const service = await startService({ modelUrl: model.url, concurrency: 1 });
  model.behaviour = 'held';
  const request = model.request();
  const texts = [service.embedder.embed('green tea'), service.embedder.embed('cup')];
  await Promise.race([request, ...texts]);
  const stops = [service.stop(), service.stop()];
  await expect(service.embedder.embed('tea pot')).rejects.toThrow('closed');
  const draining = await fetch(`${service.url}/health`);
  expect([draining.status, await draining.json()]).toMatchObject([503, { draining: true }]);
  model.release();
  expect(await Promise.all(texts)).toEqual([[5, 3], [3]]);
  const [report, same] = await Promise.all(stops);
  expect(report?.components.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['embedder closed', 'http closed', 'health closed']);
  expect([report === same, (await service.stop()) === same]).toEqual([true, true]);
  expect(await leftOpen()).toEqual([]);
});

test('does not wait for ever for a model that hangs', async ({ model }) => {
  const service = await startService({ modelUrl: model.url, shutdownTimeout: 500 });
  model.behaviour = 'held';
  const texts = Array.from({ length: 10 }, async () => service.embedder.embed('green tea'));
  const ended = Promise.allSettled(texts);
  const report = await service.stop();
  expect(report.components[0]).toMatchObject({ name: 'embedder', outcome: 'killed' });
  expect((await ended).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
  expect(service.embedder.stats()).toEqual({ active: 0, waiting: 0 });
});

test('gives every turn back when its callers leave', async ({ model }) => {
  await using service = await startService({ modelUrl: model.url, concurrency: 3 });
  model.behaviour = 'held';
  const abort = new AbortController();
  const request = model.request();
  const texts = Array.from({ length: 100 }, async () => service.embedder.embed('green tea', { signal: abort.signal }));
  const ended = Promise.allSettled(texts);
  await request;
  expect(service.embedder.stats()).toEqual({ active: 3, waiting: 97 });
  abort.abort();
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
  expect(service.embedder.stats()).toEqual({ active: 0, waiting: 0 });
  await expect.poll(async () => model.connections()).toBe(0);
  model.release();
  expect(await service.embedder.embed('green tea')).toEqual([5, 3]);
});

test('tries again when the model is busy, and not when the answer is wrong', async ({ model }) => {
  await using service = await startService({ modelUrl: model.url });
  model.requests = 0;
  model.behaviour = 'busy';
  expect(await service.embedder.embed('green tea')).toEqual([5, 3]);
  model.behaviour = 'broken';
  await expect(service.embedder.embed('green tea')).rejects.toThrow('without a vector');
  expect(model.requests).toBe(3);
});

test('leaves a dead model alone, and says that its health suffers', async ({ model, page }) => {
  await using service = await startService({ modelUrl: model.url });
  await model[Symbol.asyncDispose]();
  for (let failure = 0; failure < 5; failure += 1) await expect(service.embedder.embed('tea')).rejects.toThrow('ECONNREFUSED');
  await expect(service.embedder.embed('tea')).rejects.toThrow('The circuit of model is open');
  const answer = await page.goto(`${service.url}/health`);
  expect(await answer?.json()).toMatchObject({ status: 'degraded', checks: { model: { status: 'degraded', open: 1 } } });
});
