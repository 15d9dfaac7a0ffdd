// A program as a user would write it: pools under load, closed by a Lifecycle. Started by resilienceProcess.test.ts, as a process of its own.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from '@playwright/test';
import { BrowserPool, HttpPool, Lifecycle } from 'leak/resilience';

const { mode, launchOptions } = JSON.parse(process.argv[2]);
// Written at once: the process may end with the next line.
const say = (fields) => writeSync(1, `${JSON.stringify(fields)}\n`);
const heard = ({ event, ...fields }) => event === 'lifecycle.closed' && say({ shutdown: fields });

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

/** Every other is answered; the others wait for an answer that does not come, until they are cancelled. */
async function request(number) {
  if (number % 2 === 0) return (await http.request(url)).body.text();
  const abort = new AbortController();
  setImmediate(() => abort.abort(new Error('task cancelled')));
  return http.request(`${url}/silent`, { signal: abort.signal });
}

const lifecycle = new Lifecycle({ timeout: 10_000, logger: { debug: heard, info: heard, warn: heard, error: heard } });
lifecycle.add('server', () => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
lifecycle.add('http', http);
lifecycle.add('browsers', pool);

lifecycle.handleSignals();
const endless = async (task) => {
  for (let number = 0; lifecycle.ready; number += 1) await task(number).catch(() => {});
};
for (const task of [browse, browse, request, request]) void endless(task);
if (mode === 'stuck') {
  const lease = await pool.acquire();
  process.kill(lease.pid, 'SIGSTOP');
}
await pool.withPage((page) => page.evaluate(() => 1)).catch(() => {});
say({ ready: true });
