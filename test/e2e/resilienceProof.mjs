// One pool under a thousand tasks of a kind, watched by the framework's own detector. Started by resilienceProof.ts, as a process of its own.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as playwright from '@playwright/test';
import { createLeakDetector } from 'leak/detector';
import { BrowserPool, HttpPool } from 'leak/resilience';

const { kind: poolKind, counts, launchOptions, softFdLimit, forgetful } = JSON.parse(process.argv[2]);
const SAMPLE = 100;
const CONNECTIONS = 10;

// Node raises its soft limit to the hard one as it starts, so that only what runs can be limited (`ulimit -Sn` in a shell is undone).
if (softFdLimit !== null) execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${softFdLimit}:`]);
const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);

const say = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`);
const fds = () => readdirSync('/proc/self/fd').length;
const isOurs = (pid) => {
  try {
    return ['environ', 'cmdline'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(process.env.LEAK_TEST_MARK));
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return false;
    throw error;
  }
};
const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isOurs(name)).length;

class TaskError extends Error {}
const cancel = (abort) => abort.abort(new Error('task cancelled'));

const browserTasks = {
  create: () =>
    new BrowserPool({ browserType: playwright.chromium, launchOptions, max: 2, maxFailures: Infinity, acquireTimeout: 600_000 }),
  async sequential(pool, number) {
    if (number % 2 === 0) return pool.withPage((page) => page.setContent(`<title>${number}</title>`));
    // What is left open here is the pool's to close.
    return pool.use(async (browser) => void (await browser.newPage()));
  },
  async failing(pool, number) {
    if (number % 3 === 0) {
      return pool.withPage(() => {
        throw new TaskError();
      });
    }
    if (number % 3 === 1)
      return pool.withPage((page) => page.evaluate('no such thing')).catch((error) => Promise.reject(new TaskError('', { cause: error })));
    return pool.use(async (browser) => {
      await browser.newPage();
      throw new TaskError();
    });
  },
  async cancelled(pool, number) {
    const abort = new AbortController();
    const { signal } = abort;
    if (number % 3 === 0) {
      return pool.withPage(
        async (page) => {
          setImmediate(cancel, abort);
          await page.evaluate(() => new Promise(() => {}));
        },
        { signal },
      );
    }
    if (number % 3 === 1) {
      const task = pool.withPage((page) => page.content(), { signal });
      cancel(abort);
      return task;
    }
    const held = await Promise.all([pool.acquire(), pool.acquire()]);
    const waiting = pool.withPage((page) => page.content(), { signal });
    setImmediate(cancel, abort);
    return waiting.finally(() => Promise.all(held.map((lease) => lease.release())));
  },
};

const server = createServer((request, response) => {
  if (request.url === '/silent') return;
  if (request.url === '/reset') request.socket.resetAndDestroy();
  else if (request.url === '/half') response.writeHead(200, { 'content-length': 100 }).write('half');
  else if (request.url === '/long') response.end(Buffer.alloc(2_000_000));
  else response.writeHead(request.url === '/error' ? 500 : 200).end('x'.repeat(1_000));
});
let url = '';

const httpTasks = {
  create: () => new HttpPool({ connections: CONNECTIONS, bodyTimeout: 100 }),
  /** Idle connections are let go of by themselves; one with a request under way is not. */
  async hold(pool) {
    const asked = once(server, 'request');
    pool.request(`${url}/silent`).catch(() => {});
    await asked;
  },
  async sequential(pool) {
    return (await pool.request(url)).body.text();
  },
  async failing(pool, number) {
    if (number % 4 === 0) return pool.request(`${url}/reset`).catch((error) => Promise.reject(new TaskError('', { cause: error })));
    // The body is never read: a short one, a long one; or read and refused.
    const { body, statusCode } = await pool.request(`${url}${['', '/', '/long', '/error'][number % 4]}`);
    if (statusCode === 500) await body.dump();
    throw new TaskError();
  },
  async cancelled(pool, number) {
    const abort = new AbortController();
    const { signal } = abort;
    if (number % 3 === 0) {
      const silent = pool.request(`${url}/silent`, { signal });
      setImmediate(cancel, abort);
      return silent;
    }
    if (number % 3 === 1) {
      const { body } = await pool.request(`${url}/half`, { signal });
      setImmediate(cancel, abort);
      return body.text();
    }
    const others = Array.from({ length: CONNECTIONS + 1 }, () => pool.request(`${url}/silent`, { signal }));
    setImmediate(cancel, abort);
    return Promise.all(others);
  },
};

/** Settled outcomes, by what the task itself made of it; whatever was not meant is told. */
class Outcomes {
  ok = 0;
  failed = 0;
  cancelled = 0;
  other = [];

  async add(task) {
    try {
      await task;
      this.ok += 1;
    } catch (error) {
      if (error instanceof TaskError) this.failed += 1;
      else if (error.message === 'task cancelled') this.cancelled += 1;
      else this.other.push(String(error));
    }
  }
}

async function prove(tasks, kind, count) {
  const beganAt = Date.now();
  const start = { fds: fds(), processes: processes() };
  const watch = createLeakDetector({ playwright, settleTimeout: forgetful ? 500 : 5_000 });
  const pool = tasks.create();
  const outcomes = new Outcomes();
  const above = [];
  let running = 0;
  const sample = () => {
    above.push(fds() - start.fds);
    running = Math.max(running, processes() - start.processes);
  };
  if (kind === 'concurrent') {
    const all = Array.from({ length: count }, (_, number) => outcomes.add(tasks.sequential(pool, number)));
    await Promise.race(all);
    sample();
    await Promise.all(all);
    sample();
  } else {
    for (let number = 0; number < count; number += 1) {
      await outcomes.add(tasks[kind](pool, number));
      if ((number + 1) % SAMPLE === 0) sample();
    }
    if (above.length === 0) sample();
  }
  const { active, leased, waiting, launched, requests } = pool.stats();
  const held = (active ?? leased) + waiting;
  if (forgetful) await tasks.hold?.(pool);
  else await pool.close();
  const findings = (await watch.check()).map(({ kind: what, severity, summary }) => `${severity} ${what}: ${summary}`);
  if (forgetful) await pool.close({ timeout: 0 });
  else await watch[Symbol.asyncDispose]();
  const end = { fds: fds() - start.fds, processes: processes() - start.processes };
  const made = launched ?? requests;
  say({
    kind,
    count,
    limit,
    ...outcomes,
    above: Math.max(...above),
    samples: above.length,
    running,
    held,
    made,
    end,
    findings,
    ms: Date.now() - beganAt,
  });
}

await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
url = `http://127.0.0.1:${server.address().port}`;
const tasks = poolKind === 'browser' ? browserTasks : httpTasks;
{
  // What is loaded on first use, by Node, Playwright and undici, is nobody's leak.
  const pool = tasks.create();
  await tasks.sequential(pool, 0);
  await pool.close();
}
for (const [kind, count] of Object.entries(counts)) await prove(tasks, kind, count);
server.closeAllConnections();
server.close();
// It ends by itself, or something still holds it.
