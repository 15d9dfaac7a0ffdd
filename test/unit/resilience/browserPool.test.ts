import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import { BrowserPool } from '../../../src/resilience/browserPool.ts';
import { killGroup, killLeftBehind } from '../../../src/resilience/browserProcess.ts';
import { resolveBrowserPoolOptions, type BrowserPoolOptions } from '../../../src/resilience/browserPoolOptions.ts';
import { PoolClosedError, PoolCreateError } from '../../../src/resilience/poolErrors.ts';
import type { PoolEvent } from '../../../src/resilience/poolEvents.ts';
import { ChildBrowserType, type ChildBrowser, type ChildServer } from './childBrowser.ts';
import { gate } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

let browserType: ChildBrowserType;
let time: FakeTime;

beforeEach(() => {
  browserType = new ChildBrowserType();
  time = new FakeTime();
});

afterEach(async () => {
  await browserType[Symbol.asyncDispose]();
});

function setUp(options: Partial<BrowserPoolOptions<ChildBrowser>> = {}) {
  const pool = new BrowserPool({
    browserType,
    max: 1,
    clock: time,
    healthCheckBypass: 0,
    maxAge: Infinity,
    idleTimeout: Infinity,
    ...options,
  });
  const events: PoolEvent[] = [];
  pool.observe((event) => events.push(event));
  const of = <T extends PoolEvent['type']>(type: T) => events.filter((event): event is PoolEvent & { type: T } => event.type === type);
  return { pool, events, of };
}

/** Waits for something that only the operating system's own time brings about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await microtasks();
}

function runs(pid: number | undefined): boolean {
  if (pid === undefined || !existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Resident memory by the system's own word. */
function residentBytes(pid: number): number {
  const words = readFileSync(`/proc/${pid}/status`, 'utf8').split(/\s+/);
  return Number(words[words.indexOf('VmRSS:') + 1]) * 1024;
}

function server(index = 0): ChildServer {
  const found = browserType.servers[index];
  if (found === undefined) throw new Error(`there is no browser number ${index}`);
  return found;
}

/** Has a browser start a program in its group, and tells its number. */
async function startIn(browser: ChildServer, program: string): Promise<number> {
  const { stdout } = browser.process();
  const answer = new Promise<string>((resolve) => stdout?.once('data', (chunk) => resolve(String(chunk))));
  await browser.tell(`${program} >/dev/null & echo $!`);
  return Number.parseInt(await answer, 10);
}

const endless = async (): Promise<never> => new Promise(() => {});

describe('the watch on descriptors', () => {
  it('warns once when a resting browser has too many, and again only after it had fewer', async () => {
    const { pool, of } = setUp({ fdAlertThreshold: 5, superviseInterval: 15_000 });
    await pool.withPage(() => {});
    const supervise = async (order: string): Promise<number> => {
      await server().tell(order);
      await time.advance(15_000);
      return of('fds').length;
    };
    expect(await supervise(':')).toBe(0);
    expect(await supervise('exec 5</dev/null 6</dev/null 7</dev/null 8</dev/null')).toBe(1);
    expect(await supervise('exec 9</dev/null')).toBe(1);
    expect(of('fds')).toMatchObject([{ pid: server().process().pid, threshold: 5, resource: pool.stats().browsers[0]?.id }]);
    expect(of('fds')[0]?.fds).toBeGreaterThan(5);
    expect(await supervise('exec 5<&- 6<&- 7<&- 8<&- 9<&-')).toBe(1);
    expect(await supervise('exec 5</dev/null 6</dev/null 7</dev/null 8</dev/null')).toBe(2);
    await pool.close();
  });

  it('does not warn at the threshold itself', async () => {
    const { pool } = setUp();
    await pool.use(() => {});
    const fds = readdirSync(`/proc/${String(server().process().pid)}/fd`).length;
    await pool.close();
    for (const [fdAlertThreshold, warnings] of [
      [fds, 0],
      [fds - 1, 1],
    ] as const) {
      const { pool: watching, of } = setUp({ fdAlertThreshold });
      await watching.use(() => {});
      expect(of('fds')).toHaveLength(warnings);
      await watching.close();
    }
  });

  it('looks when a browser comes back from its user, too, and says so in the log as a warning', async () => {
    const lines: object[] = [];
    const quiet = (): void => {};
    const logger = { debug: quiet, info: quiet, error: quiet, warn: (fields: object) => void lines.push(fields) };
    const { pool } = setUp({ fdAlertThreshold: 5, logger });
    await pool.use(async () => server().tell('exec 5</dev/null 6</dev/null 7</dev/null 8</dev/null'));
    expect(lines).toMatchObject([{ event: 'browser.fds', threshold: 5 }]);
    await pool.close();
  });
});

describe('a launch', () => {
  it('that cannot be connected to leaves no process, and tells its waiter why', async () => {
    browserType.faults.onConnect = async () => Promise.reject(new Error('handshake failed'));
    const { pool } = setUp();
    const failure = await pool.acquire().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PoolCreateError);
    expect(failure).toMatchObject({ cause: { message: 'handshake failed' } });
    expect(runs(server().process().pid)).toBe(false);
    await pool.close();
  });

  it('that hangs when the pool closes is found by its mark and killed, again and again until it is gone', async () => {
    browserType.faults.onLaunch = endless;
    const { pool } = setUp();
    const kills: string[] = [];
    pool.observe((event) => event.type === 'kill' && kills.push(event.resource));
    const waiting = expect(pool.acquire()).rejects.toThrow(PoolClosedError);
    await until(() => browserType.servers.length === 1);
    const closed = pool.close();
    await until(() => !runs(server().process().pid));
    await until(() => pool.stats().starting === 0);
    const { id, pid } = { id: expect.stringMatching(/^browser-\w+-1$/) as string, pid: server().process().pid };
    expect(await closed).toMatchObject({ abandoned: 0, killed: [{ id, pid }] });
    expect([pool.stats().killed, kills]).toEqual([1, [id]]);
    await waiting;
    expect(time.timers).toBe(0);
  });

  it('keeps the environment it is given and adds its mark; signals are left to the Lifecycle unless asked for', async () => {
    const { pool } = setUp({ launchOptions: { env: { TEA: 'green' }, handleSIGTERM: true, args: ['--x'] } });
    const lease = await pool.acquire();
    expect(browserType.launchOptions).toEqual([
      {
        env: { TEA: 'green', LEAK_BROWSER_POOL: pool.stats().browsers[0]?.id },
        host: '127.0.0.1',
        handleSIGINT: false,
        handleSIGTERM: true,
        handleSIGHUP: false,
        args: ['--x'],
      },
    ]);
    await lease.release();
    await pool.close();
  });

  it('inherits the environment where none is given, and leaves all signals to the Lifecycle', async () => {
    const { pool } = setUp();
    await pool.use(() => {});
    expect(browserType.launchOptions).toMatchObject([
      { env: { PATH: process.env['PATH'] }, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    ]);
    await pool.close();
  });
});

describe('a browser in which something hangs', () => {
  it.each<[string, 'onNewContext' | 'onNewPage', string]>([
    ['a context', 'onNewContext', 'a browser context'],
    ['a page', 'onNewPage', 'a page'],
  ])('while opening %s: the task is told in its time, and the browser is replaced by force', async (_name, fault, what) => {
    const { pool, of } = setUp({ acquireTimeout: Infinity, openTimeout: 1_000, closeTimeout: 100 });
    browserType.faults[fault] = endless;
    browserType.faults.onServerClose = endless;
    const task = pool.withPage(() => 'never');
    const failed = expect(task).rejects.toThrow(new TimeoutError(`Timed out after 1000 ms waiting for ${what}`, 1_000));
    await until(() => pool.stats().leased === 1 && time.timers > 0);
    await time.advance(1_000);
    // Closing what had been opened has its own time.
    await time.advance(200);
    await failed;
    expect(pool.stats()).toMatchObject({ replaced: { health: 1 }, leased: 0 });
    await time.advance(100);
    await until(() => pool.stats().closing === 0);
    expect([runs(server().process().pid), of('kill').length, pool.stats().killed]).toEqual([false, 1, 1]);
    await pool.close();
  });

  it('while closing a page: the task has its result all the same, and the slot is not lost', async () => {
    const { pool, of } = setUp({ closeTimeout: 100 });
    browserType.faults.onPageClose = endless;
    const task = pool.withPage(() => 'done');
    await until(() => pool.stats().leased === 1 && time.timers > 0);
    await time.advance(100);
    expect(await task).toBe('done');
    expect(of('pageClose')).toMatchObject([{ hung: true, durationMs: 100 }]);
    browserType.faults.onPageClose = () => {};
    expect(await pool.withPage(() => 'again')).toBe('again');
    expect(pool.stats()).toMatchObject({ launched: 2, replaced: { health: 1 } });
    expect(of('pageClose')[1]).toMatchObject({ hung: false });
    await pool.close();
  });

  it('while closing a context: the browser is replaced, whose end is forced after closeTimeout', async () => {
    const { pool } = setUp({ closeTimeout: 100 });
    browserType.faults.onContextClose = endless;
    const task = pool.withPage(() => 'done');
    await until(() => pool.stats().leased === 1 && time.timers > 0);
    await time.advance(100);
    expect(await task).toBe('done');
    expect(pool.stats().replaced.health).toBe(1);
    await pool.close();
  });

  it.each(['onNewContext', 'onNewPage'] as const)(
    'is told from one that says no (%s): that is the task’s error, and the browser stays',
    async (fault) => {
      const { pool } = setUp({ closeTimeout: 100 });
      browserType.faults[fault] = async () => {
        browserType.faults[fault] = () => {};
        return Promise.reject(new Error('no such locale'));
      };
      await expect(pool.withPage(() => 'never')).rejects.toThrow('no such locale');
      expect(await pool.withPage(() => 'again')).toBe('again');
      expect(pool.stats()).toMatchObject({ launched: 1, replaced: { health: 0 } });
      await pool.close();
    },
  );

  it('is not asked to open a page when the task was cancelled meanwhile', async () => {
    const opening = gate();
    const { pool } = setUp();
    browserType.faults.onNewContext = () => opening.promise;
    const abort = new AbortController();
    let ran = false;
    const task = pool.withPage(() => (ran = true), { signal: abort.signal });
    const failed = expect(task).rejects.toThrow('too late');
    await until(() => pool.stats().leased === 1);
    abort.abort(new Error('too late'));
    opening.open();
    await failed;
    expect([ran, pool.stats().leased, pool.stats().browsers[0]?.contexts]).toEqual([false, 0, 0]);
    await pool.close();
  });
});

describe('the end of a browser', () => {
  it('takes its whole process group with it, also what its main process leaves behind', async () => {
    const { pool } = setUp();
    let left = NaN;
    await pool.use(async (browser) => {
      left = await startIn(browser.server, 'sleep 1000');
    });
    expect(runs(left)).toBe(true);
    await pool.close();
    await until(() => !runs(left));
  });

  it.each<[string, (browser: ChildBrowser) => void]>([
    ['a signal', (browser) => void browser.server.process().kill('SIGKILL')],
    ['itself', (browser) => void browser.server.process().stdin?.end()],
  ])('by %s, long past, is not followed by a signal to its number, which may be somebody else’s by now', async (_name, end) => {
    const { pool } = setUp({ closeTimeout: 0 });
    const lease = await pool.acquire();
    const told = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    end(lease.browser);
    await told;
    const kill = vi.spyOn(process, 'kill');
    try {
      await lease.release();
      await pool.close({ timeout: 0 });
      expect(kill).not.toHaveBeenCalled();
    } finally {
      kill.mockRestore();
    }
  });

  it('by force is told of when the pool has closed, with the browser’s number', async () => {
    browserType.faults.onServerClose = endless;
    const { pool } = setUp({ closeTimeout: 100 });
    await pool.use(() => {});
    const [browser] = pool.stats().browsers;
    const closed = pool.close();
    await until(() => time.timers > 0);
    await time.advance(100);
    expect((await closed).killed).toEqual([{ id: browser?.id, pid: server().process().pid }]);
  });

  it('waits a while for what Playwright has to tidy up, warns when that does not come, and goes on', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const { pool } = setUp();
    await pool.use(() => {});
    browserType.faults.tidies = false;
    const id = pool.stats().browsers[0]?.id ?? '';
    const closed = pool.close();
    await until(() => !runs(server().process().pid) && time.timers > 1);
    await time.advance(2_000);
    await closed;
    expect((await warned).message).toBe(
      `${id} left something behind: TimeoutError: Timed out after 2000 ms waiting for Playwright to tidy up`,
    );
  });

  it('by itself, at rest: it is replaced when its process has ended, though its connection looks alive, and once', async () => {
    browserType.faults.disconnects = false;
    const { pool, of } = setUp({ healthCheckBypass: Infinity });
    const dead = await pool.use((browser) => browser);
    dead.server.process().kill('SIGKILL');
    await dead.server.exited;
    expect(await pool.use((browser) => browser.server === server(1))).toBe(true);
    dead.emit('disconnected');
    await until(() => pool.stats().closing === 0);
    expect([pool.stats().replaced.disconnected, of('replace').length, pool.stats().live]).toEqual([1, 1, 1]);
    await pool.close();
  });

  it('while it was being connected to is a failed start', async () => {
    Object.assign(browserType.faults, { disconnects: false, tidies: false });
    browserType.faults.onConnect = async () => {
      browserType.faults.onConnect = () => {};
      server().process().kill('SIGKILL');
      await server().exited;
    };
    const { pool } = setUp();
    await expect(pool.acquire()).rejects.toThrow('was gone as soon as it had started');
    expect(pool.stats()).toMatchObject({ launchFailures: 1, live: 0, replaced: { disconnected: 0 } });
    server().emit('close');
    await pool.close();
  });

  it('while it was being connected to is waited for no longer than Playwright needed to tidy up', async () => {
    browserType.faults.onConnect = async () => {
      server().process().kill('SIGKILL');
      await server().exited;
    };
    const { pool } = setUp();
    await expect(pool.acquire()).rejects.toThrow('was gone as soon as it had started');
    await until(() => time.timers === 0);
    await pool.close();
  });

  it('by itself, in use: the holder is told, and the browser is not given out again', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    expect([lease.pid, lease.browser.server]).toEqual([server().process().pid, server()]);
    expect(lease.id).toMatch(/^browser-lease-[0-9a-f]{6}-1$/);
    const told = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    process.kill(lease.pid, 'SIGSEGV');
    await told;
    await lease[Symbol.asyncDispose]();
    await lease[Symbol.asyncDispose]();
    await expect(lease.release()).rejects.toThrow('released before');
    expect(await pool.use((browser) => browser.server === server(1))).toBe(true);
    expect(pool.stats().replaced.disconnected).toBe(1);
    await pool.close();
  });
});

describe('what a user leaves open in a browser', () => {
  it('is closed before the next one gets it', async () => {
    const { pool } = setUp();
    await pool.use(async (browser) => browser.newContext());
    expect(await pool.use((browser) => browser.contexts().length)).toBe(0);
    expect(pool.stats().launched).toBe(1);
    await pool.close();
  });

  it('is closed at once when its task is cancelled while it is being opened, and the browser stays', async () => {
    const opening = gate();
    browserType.faults.onNewPage = async () => {
      opening.open();
      await endless();
    };
    const { pool } = setUp();
    const abort = new AbortController();
    const cancelled = expect(pool.withPage(() => {}, { signal: abort.signal })).rejects.toThrow('enough');
    await opening.promise;
    abort.abort(new Error('enough'));
    await cancelled;
    await until(() => pool.stats().idle === 1);
    expect(pool.stats()).toMatchObject({ live: 1, killed: 0, replaced: { failures: 0, health: 0 }, browsers: [{ contexts: 0 }] });
    browserType.faults.onNewPage = () => {};
    expect(await pool.withPage(() => 'works')).toBe('works');
    await pool.close();
  });

  it('is not left to the next holder when the last was told to stop while it was being opened', async () => {
    const [asked, opened] = [gate(), gate()];
    let contexts = 0;
    // As in Chromium, what was asked for first is there first.
    browserType.faults.onNewContext = () => {
      contexts += 1;
      (contexts === 1 ? asked : opened).open();
      return contexts === 1 ? opened.promise : undefined;
    };
    const { pool } = setUp({ healthCheckBypass: 1_000 });
    const abort = new AbortController();
    const used = pool.use(
      async (browser, { signal }) => {
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
        await Promise.race([browser.newContext(), aborted]);
      },
      { signal: abort.signal },
    );
    await asked.promise;
    abort.abort(new Error('enough'));
    await used;
    expect(pool.stats()).toMatchObject({ idle: 1, browsers: [{ contexts: 0 }] });
    await pool.use(() => {});
    expect(contexts).toBe(2);
    await pool.close();
  });

  it('is closed at once when its task is cancelled, so that what waits for it there fails', async () => {
    const { pool } = setUp();
    const abort = new AbortController();
    const task = pool.use(
      async (browser, { signal }) => {
        await browser.newContext();
        abort.abort(new Error('enough'));
        await until(() => browser.contexts().length === 0);
        return signal.reason as unknown;
      },
      { signal: abort.signal },
    );
    expect(await task).toMatchObject({ message: 'enough' });
    await pool.close();
  });
});

it('the figures of a browser are of its own process, and its memory that of its group, whatever they are called', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'leak-unit-'));
  const helper = path.join(folder, 'a) b c');
  copyFileSync('/bin/sleep', helper);
  try {
    await time.advance(5_000);
    const { pool } = setUp();
    const lease = await pool.acquire();
    const group = [lease.pid, await startIn(server(), `"${helper}" 1000`)];
    await until(() => group.every((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === (pid === lease.pid ? 'sh\n' : 'a) b c\n')));
    process.kill(-lease.pid, 'SIGSTOP');
    await until(() => group.every((pid) => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))));
    await time.advance(700);
    expect(pool.stats().browsers).toEqual([
      {
        id: expect.stringMatching(/^browser-[0-9a-f]{6}-1$/) as string,
        pid: lease.pid,
        ageMs: 700,
        uses: 1,
        failures: 0,
        contexts: 0,
        fds: readdirSync(`/proc/${lease.pid}/fd`).length,
        rssBytes: group.reduce((sum, pid) => sum + residentBytes(pid), 0),
      },
    ]);
    process.kill(-lease.pid, 'SIGCONT');
    await lease.release();
    await pool.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([0, 1])('a browser that never had a process is nobody to kill (%d)', (pid) => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  try {
    killGroup(pid);
    killLeftBehind(pid);
    expect(kill).not.toHaveBeenCalled();
  } finally {
    kill.mockRestore();
  }
});

it('a pool ends with its block', async () => {
  let pid: number | undefined;
  {
    await using pool = setUp().pool;
    pid = await pool.use((browser) => browser.server.process().pid);
    expect(runs(pid)).toBe(true);
  }
  expect(runs(pid)).toBe(false);
});

it('pages get the options of their context, their browser and a signal', async () => {
  const { pool } = setUp();
  const seen = await pool.withPage(
    (_page, { browser, context, signal }) => [browser.server === server(), context.options, signal.aborted],
    {
      contextOptions: { locale: 'de' },
    },
  );
  expect(seen).toEqual([true, { locale: 'de' }, false]);
  expect(pool.stats().browsers).toMatchObject([{ contexts: 0, uses: 1, failures: 0 }]);
  await pool.close();
});

it('options have the defaults of the documentation, and are kept where they are given', () => {
  const limits = {
    max: 3,
    healthCheckTimeout: 5_000,
    healthCheckBypass: 500,
    openTimeout: 10_000,
    maxAge: 300_000,
    maxUses: 1_000,
    maxFailures: 3,
    idleTimeout: 60_000,
    acquireTimeout: 30_000,
    closeTimeout: 3_000,
    shutdownTimeout: 10_000,
    superviseInterval: 15_000,
    fdAlertThreshold: 800,
  };
  expect(resolveBrowserPoolOptions({ browserType })).toMatchObject({ ...limits, launchOptions: {}, name: 'browser' });
  const given = { ...Object.fromEntries(Object.keys(limits).map((name, index) => [name, index + 1])), name: 'tea' };
  expect(resolveBrowserPoolOptions({ browserType, ...given })).toMatchObject(given);
});

it.each<[object, RegExp]>([
  [{}, /^browserType.launchServer must be a function, got undefined/],
  [{ browserType: {} }, /^browserType.launchServer must be a function, got undefined/],
  [{ browserType: { launchServer: () => {} } }, /^browserType.connect must be a function, got undefined/],
  [
    { browserType: new ChildBrowserType(), fdAlertThreshold: 0 },
    /^fdAlertThreshold must be a whole number of at least 1 or Infinity, got 0/,
  ],
  [{ browserType: new ChildBrowserType(), max: 0 }, /^max must be/],
])('options are refused by name: %o', (options, message) => {
  expect(() => new BrowserPool(options as BrowserPoolOptions<ChildBrowser>)).toThrow(message);
});
