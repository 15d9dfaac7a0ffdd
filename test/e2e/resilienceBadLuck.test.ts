import dns from 'node:dns';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserPool } from '../../src/resilience/browserPool.ts';
import type { BrowserPoolOptions } from '../../src/resilience/browserPoolOptions.ts';
import { PoolClosedError } from '../../src/resilience/poolErrors.ts';
import { serveTcp } from '../unit/resilience/originServer.ts';
import { chromiumOptions, createMark, zombies, type Mark } from './markedProcesses.ts';

let mark: Mark;
let pools: BrowserPool<Browser>[];

beforeEach(() => {
  mark = createMark();
  pools = [];
});

afterEach(async () => {
  for (const pool of pools) expect(await pool.close()).toMatchObject({ abandoned: 0 });
  await mark.allGone();
  expect(zombies()).toEqual([]);
});

/** What is well closes in its own time, on a busy machine too; a test that stops something says for how long it is waited for. */
function createPool(options: Partial<BrowserPoolOptions<Browser>> = {}): BrowserPool<Browser> {
  const pool = new BrowserPool({ browserType: chromium, launchOptions: chromiumOptions(mark), max: 1, closeTimeout: 20_000, ...options });
  pools.push(pool);
  return pool;
}

const works = async (pool: BrowserPool<Browser>): Promise<boolean> => pool.withPage(async (page) => page.evaluate(() => true));

/** Signals a process; never the group that pid 0 would mean. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) throw new Error(`no process to send ${name} to`);
  process.kill(pid, name);
}

/** The processes of pages; the browser's own user interface has one, too. */
function renderers(): number[] {
  const isPage = (command: string): boolean => command.includes('--type=renderer') && !command.includes('--top-chrome-webui');
  return mark.processes().filter((pid) => isPage(readFileSync(`/proc/${pid}/cmdline`, 'latin1')));
}

describe('a browser', () => {
  it.each<NodeJS.Signals>(['SIGSEGV', 'SIGKILL'])(
    'that %s ends in the middle of a task fails that task, and those who wait get another',
    async (name) => {
      const pool = createPool();
      const task = pool.use(async (browser) => {
        const page = await browser.newPage();
        const endless = page.evaluate(async () => new Promise(() => {}));
        signal(pool.stats().browsers[0]?.pid, name);
        await endless;
      });
      const waiting = [works(pool), works(pool)];
      await expect(task).rejects.toThrow();
      expect(await Promise.all(waiting)).toEqual([true, true]);
      const { replaced, ...stats } = pool.stats();
      expect(stats).toMatchObject({ launched: 2, leased: 0, waiting: 0 });
      // The task may fail before the disconnect is known; then the check that follows a failed use finds out.
      expect(replaced.disconnected + replaced.health).toBe(1);
    },
  );

  it('that ends while its server is being opened leaves no socket, however slow names are to resolve', async () => {
    const sockets = (): string[] => process.getActiveResourcesInfo().filter((type) => type.startsWith('TCP'));
    const before = sockets();
    const launches: Promise<unknown>[] = [];
    const launchServer: typeof chromium.launchServer = async (launchOptions) => {
      const launch = chromium.launchServer(launchOptions);
      launches.push(launch);
      return launch;
    };
    const pool = createPool({ browserType: { launchServer, connect: async (endpoint) => chromium.connect(endpoint) } });
    const lookup = dns.lookup as (...args: readonly unknown[]) => unknown;
    // A resolver that answers when the pool has closed.
    const slow = vi.spyOn(dns, 'lookup').mockImplementation((host: string, ...rest: readonly unknown[]) => {
      if (host === 'localhost') void pool.close({ timeout: 0 }).then(() => lookup(host, ...rest));
      else lookup(host, ...rest);
    });
    try {
      await pool.use(() => {}).catch(() => {});
      await pool.close({ timeout: 0 });
      await Promise.allSettled(launches);
      await expect.poll(sockets).toEqual(before);
    } finally {
      slow.mockRestore();
    }
  });

  it('that is stopped in the middle of a task is replaced when the task is cancelled, with all its processes', async () => {
    const pool = createPool({ closeTimeout: 500 });
    const abort = new AbortController();
    let stopped = NaN;
    const task = pool.withPage(
      async (page) => {
        stopped = pool.stats().browsers[0]?.pid ?? NaN;
        signal(stopped, 'SIGSTOP');
        setImmediate(() => abort.abort(new Error('it does not answer')));
        await page.evaluate(() => 1);
      },
      { signal: abort.signal },
    );
    await expect(task).rejects.toThrow('it does not answer');
    expect(await works(pool)).toBe(true);
    expect(pool.stats()).toMatchObject({ killed: 1, live: 1 });
    expect(mark.processes()).not.toContain(stopped);
  });
});

describe('a page', () => {
  it('whose process is killed fails its task only', async () => {
    const pool = createPool();
    const task = pool.withPage(async (page) => {
      const crashed = page.waitForEvent('crash');
      for (const renderer of renderers()) signal(renderer, 'SIGKILL');
      await crashed;
      await page.evaluate(() => 1);
    });
    await expect(task).rejects.toThrow(/crash/i);
    expect(await works(pool)).toBe(true);
    expect(pool.stats()).toMatchObject({ launched: 1, killed: 0 });
  });

  it('whose process is stopped does not keep the slot, and the browser is as good as ever or replaced', async () => {
    const pool = createPool({ closeTimeout: 500 });
    const title = await pool.withPage(async (page) => {
      await page.setContent('<title>before</title>');
      const found = await page.title();
      for (const renderer of renderers()) signal(renderer, 'SIGSTOP');
      return found;
    });
    expect([title, await works(pool)]).toEqual(['before', true]);
    expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0 });
  });

  it.each<[string, (socket: Socket) => void, RegExp | undefined]>([
    ['never answers', () => {}, undefined],
    ['stops in the middle of its answer', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'), undefined],
    ['hangs up', (socket) => socket.end(), /ERR_EMPTY_RESPONSE/],
    ['resets the connection', (socket) => socket.resetAndDestroy(), /ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/],
  ])('that goes to a server that %s costs its task, and leaves neither a context nor a connection', async (_name, answer, error) => {
    const abort = new AbortController();
    await using server = await serveTcp((socket) => {
      socket.on('end', () => socket.end());
      socket.on('data', () => {
        answer(socket);
        // What never ends is cancelled.
        if (error === undefined) setImmediate(() => abort.abort(new Error('cancelled')));
      });
    });
    const pool = createPool();
    const task = pool.withPage(async (page) => page.goto(server.url, { waitUntil: 'load' }), { signal: abort.signal });
    await expect(task).rejects.toThrow(error ?? 'cancelled');
    await server.deserted();
    await expect.poll(() => pool.stats().browsers.map(({ contexts }) => contexts)).toEqual([0]);
    expect(await works(pool)).toBe(true);
    expect(pool.stats()).toMatchObject({ launched: 1, killed: 0 });
  });
});

describe('a launch', () => {
  it.each([
    ['ends at once', 'exit 1'],
    ['crashes', 'kill -SEGV $$'],
    ['speaks no protocol', 'echo hello; exit 0'],
  ])('of a program that %s is a failed launch, and leaves nothing', async (_name, script) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'leak-broken-'));
    try {
      const executablePath = path.join(folder, 'broken-chromium');
      writeFileSync(executablePath, `#!/bin/sh\n${script}\n`);
      chmodSync(executablePath, 0o755);
      const before = readdirSync('/proc/self/fd').length;
      const pool = createPool({ launchOptions: { ...chromiumOptions(mark), executablePath } });
      await expect(pool.acquire()).rejects.toMatchObject({ name: 'PoolCreateError' });
      expect(pool.stats()).toMatchObject({ starting: 0, live: 0, waiting: 0, launchFailures: 1 });
      await mark.allGone();
      await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it('closing with everything stuck at once (stopped in use, stopped at rest, starting) takes what it has to by force', async () => {
  const pool = createPool({ max: 3, healthCheckBypass: 0 });
  const [held, resting] = await Promise.all([pool.acquire(), pool.acquire()]);
  await resting.release();
  for (const { pid } of [held, resting]) signal(pid, 'SIGSTOP');
  const others = Promise.allSettled([pool.acquire(), pool.acquire()]);
  const report = await pool.close({ timeout: 2_000 });
  for (const other of await others) expect(other).toMatchObject({ status: 'rejected', reason: { name: PoolClosedError.name } });
  expect(report).toMatchObject({ revoked: 1, abandoned: 0 });
  expect(report.killed.map(({ pid }) => pid)).toEqual(expect.arrayContaining([held.pid, resting.pid]));
});
