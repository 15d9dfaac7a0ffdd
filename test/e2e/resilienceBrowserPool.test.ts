import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from '@playwright/test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrowserPool } from '../../src/resilience/browserPool.ts';
import type { BrowserPoolOptions } from '../../src/resilience/browserPoolOptions.ts';
import { PoolClosedError, PoolCreateError } from '../../src/resilience/poolErrors.ts';
import { chromiumOptions, createMark, openFds, type Mark } from './markedProcesses.ts';

let mark: Mark;
let pools: BrowserPool<Browser>[];

beforeEach(() => {
  mark = createMark();
  pools = [];
});

afterEach(async () => {
  for (const pool of pools) await pool.close({ timeout: 0 });
  await mark.allGone();
});

function createPool(options: Partial<BrowserPoolOptions<Browser>> = {}): BrowserPool<Browser> {
  const pool = new BrowserPool({ browserType: chromium, launchOptions: chromiumOptions(mark), ...options });
  pools.push(pool);
  return pool;
}

describe('a pool of browsers', () => {
  it('gives pages that work, closes them, and reuses the browser', async () => {
    const pool = createPool();
    const title = async (text: string): Promise<string> =>
      pool.withPage(
        async (page, { context }) => {
          await page.setContent(`<title>${text}</title>`);
          expect(context.pages()).toEqual([page]);
          return `${await page.title()} ${await page.evaluate(() => navigator.userAgent)}`;
        },
        { contextOptions: { userAgent: 'leak' } },
      );
    expect([await title('a'), await title('b')]).toEqual(['a leak', 'b leak']);
    const { browsers, ...counts } = pool.stats();
    expect(counts).toMatchObject({ launched: 1, reused: 1, idle: 1, leased: 0 });
    expect(browsers).toMatchObject([{ uses: 2, failures: 0, contexts: 0 }]);
    expect([browsers[0]?.fds, browsers[0]?.rssBytes].every((value) => Number(value) > 0)).toBe(true);
    expect(await pool.close()).toMatchObject({ killed: [], abandoned: 0 });
    await mark.allGone();
  });

  it('closes what a holder leaves open before the next one gets the browser', async () => {
    const pool = createPool({ max: 1 });
    const lease = await pool.acquire();
    await lease.browser.newPage();
    await (await lease.browser.newContext()).newPage();
    expect(lease.browser.contexts()).toHaveLength(2);
    await lease.release();
    const next = await pool.acquire();
    expect([next.browser === lease.browser, next.browser.contexts()]).toEqual([true, []]);
    await expect(lease.release()).rejects.toThrow('released before');
    expect(pool.stats().leased).toBe(1);
    await next.release();
  });

  it('leaves descriptors and processes as they were after work that succeeds, fails and is cancelled', async () => {
    await using warm = createPool({ max: 1 });
    await warm.withPage(() => {});
    await warm.close();
    await mark.allGone();
    const before = openFds();
    // On a busy machine a browser that is merely slow would be replaced, which is not what this is about.
    const patient = { openTimeout: 60_000, healthCheckTimeout: 60_000, closeTimeout: 60_000 };
    const pool = createPool({ max: 3, maxFailures: Infinity, ...patient });
    const tasks = Array.from({ length: 18 }, async (_, number) => {
      const abort = new AbortController();
      return pool.withPage(
        async (page) => {
          if (number % 3 === 1) throw new Error('task failed');
          if (number % 3 === 0) return page.evaluate(() => 'fine');
          const endless = page.evaluate(async () => new Promise<string>(() => {}));
          abort.abort(new Error('task cancelled'));
          return endless;
        },
        { signal: abort.signal, timeout: Infinity },
      );
    });
    const results = await Promise.allSettled(tasks);
    const outcomes = results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message));
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => ['fine', 'task failed', 'task cancelled']).flat());
    expect(pool.stats()).toMatchObject({ launched: 3, leased: 0, waiting: 0, killed: 0 });
    // Also a cancelled task is over only when its context is closed.
    expect(pool.stats().browsers.map(({ contexts }) => contexts)).toEqual([0, 0, 0]);
    await pool.close();
    await mark.allGone();
    expect(openFds() - before).toBeLessThanOrEqual(10);
  });

  it('replaces a browser that was killed, wherever it was', async () => {
    const pool = createPool({ max: 1 });
    const lease = await pool.acquire();
    const told = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    process.kill(lease.pid, 'SIGKILL');
    await told;
    await lease.release();
    expect(await pool.withPage(async (page) => page.evaluate(() => 1))).toBe(1);
    const [resting] = pool.stats().browsers;
    // Pid 0 would be the whole group, this process included.
    if (resting === undefined) throw new Error('no browser rests');
    const replaced = new Promise<void>((resolve) => {
      pool.observe(({ type }) => {
        if (type === 'close') resolve();
      });
    });
    process.kill(resting.pid, 'SIGKILL');
    await replaced;
    expect(pool.stats()).toMatchObject({ live: 0, replaced: { disconnected: 2 } });
    expect(await pool.withPage(async (page) => page.evaluate(() => 2))).toBe(2);
  });

  it('survives a page that crashes', async () => {
    const pool = createPool({ max: 1 });
    const crashing = pool.withPage(async (page) => {
      const crashed = page.waitForEvent('crash');
      page.goto('chrome://crash').catch(() => {});
      await crashed;
      await page.evaluate(() => 1);
    });
    await expect(crashing).rejects.toThrow(/crash/i);
    expect(await pool.withPage(async (page) => page.evaluate(() => 1))).toBe(1);
  });

  it('gives back the slot of a page that hangs, as soon as its task is cancelled', async () => {
    const pool = createPool({ max: 1, closeTimeout: 2_000 });
    const abort = new AbortController();
    const hanging = pool.withPage(
      async (page) => {
        const endless = page.evaluate(() => {
          for (;;);
        });
        setImmediate(() => abort.abort(new Error('too long')));
        await endless;
      },
      { signal: abort.signal },
    );
    await expect(hanging).rejects.toThrow('too long');
    expect(await pool.withPage(async (page) => page.evaluate(() => 1))).toBe(1);
  });
});

describe('a browser that is stopped', () => {
  it('at rest is found by the health check, killed and replaced', async () => {
    const pool = createPool({ max: 1, healthCheckTimeout: 1_000, healthCheckBypass: 0, closeTimeout: 500 });
    await pool.withPage(() => {});
    const [{ pid } = { pid: NaN }] = pool.stats().browsers;
    process.kill(pid, 'SIGSTOP');
    expect(await pool.withPage(async (page) => page.evaluate(() => 1))).toBe(1);
    expect(pool.stats()).toMatchObject({ killed: 1, replaced: { health: 1 } });
    expect(mark.processes()).not.toContain(pid);
  });

  it('and held for ever does not keep the pool from closing within 10 s, with its process group', async () => {
    const pool = createPool({ max: 2 });
    const [stopped, resting] = await Promise.all([pool.acquire(), pool.acquire()]);
    await resting.release();
    process.kill(stopped.pid, 'SIGSTOP');
    process.kill(resting.pid, 'SIGSTOP');
    const report = await pool.close();
    expect(report).toMatchObject({ revoked: 1, abandoned: 0 });
    expect(report.killed.map(({ pid }) => pid).toSorted()).toEqual([stopped.pid, resting.pid].toSorted());
    expect(stopped.signal.reason).toBeInstanceOf(PoolClosedError);
    await mark.allGone();
  });
});

describe('a launch', () => {
  it('that fails tells its waiters why', async () => {
    const pool = createPool({ launchOptions: { ...chromiumOptions(mark), executablePath: '/nonexistent/chromium' } });
    const failures = await Promise.allSettled(Array.from({ length: 10 }, async () => pool.acquire()));
    for (const failure of failures) expect(failure).toMatchObject({ status: 'rejected', reason: { name: 'PoolCreateError' } });
    await expect(pool.withPage(() => {})).rejects.toThrow(PoolCreateError);
    expect(pool.stats()).toMatchObject({ starting: 0, live: 0, waiting: 0 });
    expect(pool.stats().launchFailures).toBeLessThanOrEqual(4);
  });

  it('that is under way when the pool closes leaves no process behind', async () => {
    const pool = createPool({ max: 3 });
    const waiting = Promise.allSettled([pool.acquire(), pool.acquire(), pool.acquire()]);
    const report = await pool.close();
    for (const result of await waiting) expect(result).toMatchObject({ status: 'rejected', reason: { name: 'PoolClosedError' } });
    expect(report.abandoned).toBe(0);
    await mark.allGone();
  });

  it('that hangs for ever is found and killed when the pool closes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'leak-hanging-'));
    try {
      const executablePath = path.join(folder, 'hanging-chromium');
      writeFileSync(executablePath, '#!/bin/sh\nsleep 1000\n');
      chmodSync(executablePath, 0o755);
      const pool = createPool({ launchOptions: { ...chromiumOptions(mark), executablePath } });
      const waiting = pool.acquire();
      waiting.catch(() => {});
      while (mark.processes().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await pool.close()).toMatchObject({ abandoned: 0 });
      await expect(waiting).rejects.toThrow(PoolClosedError);
      await mark.allGone();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
