// A program as a user would write it: pools under load, closed by a Lifecycle. Started by resilienceProcess.test.ts, as a process of its own.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from '@playwright/test';
import { BrowserPool, HttpPool, Lifecycle } from 'leak/resilience';

const { mode, launchOptions, tasks } = JSON.parse(process.argv[2]);
const fds = () => readdirSync('/proc/self/fd').length;
const say = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);

const pool = new BrowserPool({ browserType: chromium, launchOptions, max: 2, maxFailures: Infinity });
const http = new HttpPool({ connections: 10 });
const server = createServer((request, response) => (request.url === '/silent' ? undefined : response.end('ok')));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

/** Every third succeeds, every third fails, every third is cancelled. */
async function browse(number) {
  const abort = new AbortController();
  await pool.withPage(
    async (page) => {
      if (number % 3 === 1) throw new Error('task failed');
      if (number % 3 === 0) return page.evaluate(() => 1);
      setImmediate(() => abort.abort(new Error('task cancelled')));
      return page.evaluate(() => new Promise(() => {}));
    },
    { signal: abort.signal, timeout: Infinity },
  );
}

async function request(number) {
  if (number % 3 === 2) {
    const abort = new AbortController();
    const silent = http.request(`${url}/silent`, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('task cancelled')));
    return silent;
  }
  const { body } = await http.request(url);
  if (number % 3 === 1) throw new Error('task failed');
  return body.text();
}

/** Runs one after the other, and says how far the descriptors ever rose above the start. */
async function inSequence(count, task) {
  let most = 0;
  const outcomes = { ok: 0, failed: 0, cancelled: 0, other: [] };
  const before = fds();
  for (let number = 0; number < count; number += 1) {
    try {
      await task(number);
      outcomes.ok += 1;
    } catch (error) {
      if (error.message === 'task failed') outcomes.failed += 1;
      else if (error.message === 'task cancelled') outcomes.cancelled += 1;
      else outcomes.other.push(String(error));
    }
    most = Math.max(most, fds() - before);
  }
  return { ...outcomes, most };
}

const lifecycle = new Lifecycle({ timeout: 10_000 });
lifecycle.add('server', () => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
lifecycle.add('http', http);
lifecycle.add('browsers', pool);

if (mode === 'limits') {
  await request(0);
  const before = fds();
  say({ http: await inSequence(tasks.http, request) });
  say({ hits: http.stats() });
  await Promise.allSettled(Array.from({ length: 100 }, (_, number) => request(number)));
  say({ browsers: await inSequence(tasks.browsers, browse) });
  const together = await Promise.allSettled(Array.from({ length: 12 }, (_, number) => browse(number * 3)));
  say({ together: together.filter(({ status }) => status === 'fulfilled').length });
  await lifecycle.shutdown('done');
  say({ grown: fds() - before });
} else {
  lifecycle.handleSignals();
  const endless = async () => {
    for (let number = 0; ; number += 1) await browse(number).catch((error) => error.name === 'PoolClosedError' && new Promise(() => {}));
  };
  void endless();
  void endless();
  if (mode === 'stuck') {
    const lease = await pool.acquire();
    process.kill(lease.pid, 'SIGSTOP');
  }
  await pool.withPage((page) => page.evaluate(() => 1)).catch(() => {});
  say({ ready: true });
}
