import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import type { Lease } from '../../../src/resilience/lease.ts';
import { Pool } from '../../../src/resilience/pool.ts';
import { LeaseReleasedError, PoolClosedError } from '../../../src/resilience/poolErrors.ts';
import type { PoolOptions } from '../../../src/resilience/poolOptions.ts';
import { Factory, gate, type Item } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

function setUp(options: Partial<PoolOptions<Item>> = {}) {
  const time = new FakeTime();
  const factory = new Factory();
  const { create, destroy } = factory;
  const pool = new Pool<Item>({ create, destroy, max: 1, clock: time, ...options });
  return { time, factory, pool };
}

describe('leases', () => {
  it('start a resource for the first user and reuse it for the next', async () => {
    const { pool, factory } = setUp({ max: 3 });
    const first = await pool.acquire();
    expect([first.resource.number, pool.stats()]).toMatchObject([1, { live: 1, leased: 1, idle: 0, reused: 0, reuseRatio: 0 }]);
    await first.release();
    const second = await pool.acquire();
    expect([second.resource.number, factory.created]).toEqual([1, 1]);
    expect(pool.stats()).toMatchObject({ launched: 1, reused: 1, reuseRatio: 0.5, leased: 1, idle: 0 });
    expect(second.id).not.toBe(first.id);
  });

  it('are reused to no share where there have been none', () => {
    expect(setUp().pool.stats()).toMatchObject({ reuseRatio: 0, launched: 0 });
  });

  it('reuse what was used last, so that the surplus goes idle', async () => {
    const { pool } = setUp({ max: 3 });
    const [a, b, c] = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const lease of [b, a, c]) await lease?.release();
    expect((await pool.acquire()).resource).toBe(c?.resource);
    expect((await pool.acquire()).resource).toBe(a?.resource);
  });

  it('serve users in the order in which they came', async () => {
    const { pool } = setUp();
    const order: number[] = [];
    const holder = await pool.acquire();
    const users = [0, 1, 2, 3].map(async (user) => pool.use(() => order.push(user)));
    await holder.release();
    await Promise.all(users);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('are refused a second release, which leaves the next holder alone', async () => {
    const { pool } = setUp();
    const stale = await pool.acquire();
    await stale.release();
    const holder = await pool.acquire();
    await expect(stale.release()).rejects.toThrow(LeaseReleasedError);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0 });
    const waiting = pool.acquire();
    await microtasks();
    expect(pool.stats().waiting).toBe(1);
    await holder.release();
    expect((await waiting).resource).toBe(holder.resource);
  });

  it.each([null, 'failed', 1])('are not lost where a release is told %o', async (how) => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    expect(() => lease.release(how as unknown as object)).toThrow('options must be an object');
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0 });
    await lease.release();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('have one signal, however often it is asked for', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    const { signal } = lease;
    expect(lease.signal).toBe(signal);
    lease.resource.lost();
    expect(signal.aborted).toBe(true);
    await lease.release();
  });

  it('can be disposed of any number of times, also after a release', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    await lease.release();
    await lease[Symbol.asyncDispose]();
    const holder = await pool.acquire();
    await lease[Symbol.asyncDispose]();
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0 });
    await holder[Symbol.asyncDispose]();
    await holder[Symbol.asyncDispose]();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('end with their block', async () => {
    const { pool } = setUp();
    {
      await using lease = await pool.acquire();
      expect(lease.resource.number).toBe(1);
      expect(pool.stats().leased).toBe(1);
    }
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });
});

describe('waiting', () => {
  it('ends at once on abort: the gauge falls, listener and timer are gone, the next release reaches the next one', async () => {
    const { pool, time } = setUp();
    const holder = await pool.acquire();
    const abort = new AbortController();
    const leaving = pool.acquire({ signal: abort.signal, timeout: 5_000 });
    const staying = pool.acquire({ timeout: Infinity });
    expect([pool.stats().waiting, abortListeners(abort.signal), time.timers]).toEqual([2, 1, 1]);
    const reason = new Error('changed my mind');
    abort.abort(reason);
    expect([pool.stats().waiting, abortListeners(abort.signal), time.timers]).toEqual([1, 0, 0]);
    await expect(leaving).rejects.toBe(reason);
    await holder.release();
    expect((await staying).resource).toBe(holder.resource);
    expect(pool.stats().unserved).toBe(1);
  });

  it.each([
    ['its own time-out', 200],
    ['the pool’s time-out', undefined],
  ])('ends with %s, and leaves no timer behind', async (_name, timeout) => {
    const { pool, time } = setUp({ acquireTimeout: 200 });
    const holder = await pool.acquire();
    const late = pool.acquire(timeout === undefined ? {} : { timeout });
    const failed = expect(late).rejects.toThrow(TimeoutError);
    await time.advance(199);
    expect(pool.stats().waiting).toBe(1);
    await time.advance(1);
    await failed;
    expect([pool.stats().waiting, time.timers]).toEqual([0, 0]);
    await holder.release();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  it('of a thousand with one signal costs one listener and no warning, and ends for all of them and for nobody else', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown): number => warnings.push(warning);
    process.on('warning', onWarning);
    const { pool } = setUp();
    const holder = await pool.acquire();
    const abort = new AbortController();
    const waiting = Array.from({ length: 1_000 }, async () => pool.acquire({ signal: abort.signal, timeout: Infinity }));
    const other = pool.acquire({ timeout: Infinity });
    expect([pool.stats().waiting, abortListeners(abort.signal)]).toEqual([1_001, 1]);
    abort.abort(new Error('all of them'));
    const outcomes = await Promise.allSettled(waiting);
    await microtasks();
    process.off('warning', onWarning);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1_000);
    expect([pool.stats().waiting, abortListeners(abort.signal), warnings]).toEqual([1, 0, []]);
    await holder.release();
    expect((await other).resource).toBe(holder.resource);
  });

  it('ends for each at its own time, however they are mixed', async () => {
    const { pool, time } = setUp({ acquireTimeout: 100 });
    await pool.acquire();
    const ended: string[] = [];
    const wait = (name: string, options: { timeout?: number }): void => {
      pool.acquire(options).catch(() => ended.push(name));
    };
    wait('default', {});
    wait('never', { timeout: Infinity });
    wait('short', { timeout: 30 });
    await time.advance(50);
    wait('later', {});
    await time.advance(49);
    expect(ended).toEqual(['short']);
    await time.advance(1);
    expect(ended).toEqual(['short', 'default']);
    await time.advance(50);
    expect([ended, pool.stats().waiting, time.timers]).toEqual([['short', 'default', 'later'], 1, 0]);
  });

  it('for ever needs no timer', async () => {
    const { pool, time } = setUp({ acquireTimeout: Infinity });
    const lease = await pool.acquire();
    const [next, another] = [pool.acquire(), pool.acquire({ timeout: Infinity })];
    expect([pool.stats().waiting, time.timers]).toEqual([2, 0]);
    await lease.release();
    await (await next).release();
    await (await another).release();
  });

  it('ends once for each, also where the pool is closed by who hears of the first', async () => {
    const { pool, time } = setUp({ acquireTimeout: 100 });
    const lease = await pool.acquire();
    const closing: Promise<unknown>[] = [];
    pool.observe(({ type }) => type === 'acquireFailed' && closing.push(pool.close()));
    const outcomes = Promise.allSettled([pool.acquire(), pool.acquire()]);
    await time.advance(100);
    expect(await outcomes).toMatchObject([{ reason: { name: 'TimeoutError' } }, { reason: { name: 'PoolClosedError' } }]);
    expect(pool.stats()).toMatchObject({ waiting: 0, unserved: 2 });
    await lease.release();
    await Promise.all(closing);
  });

  it('takes no note of a wall clock that jumps', async () => {
    const { pool, time } = setUp({ acquireTimeout: 100 });
    await pool.acquire();
    let ended = false;
    pool.acquire().catch(() => (ended = true));
    const real = Date.now;
    try {
      Date.now = () => real() + 3_600_000;
      await time.advance(99);
      expect(ended).toBe(false);
      Date.now = () => real() - 3_600_000;
      await time.advance(1);
      expect(ended).toBe(true);
    } finally {
      Date.now = real;
    }
  });

  it('hands over a lease that was granted in the turn of the abort, and loses none', async () => {
    const { pool } = setUp();
    const holder = await pool.acquire();
    const abort = new AbortController();
    const granted = pool.acquire({ signal: abort.signal });
    const released = holder.release();
    abort.abort();
    await released;
    const lease = await granted;
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, waiting: 0 });
    await lease.release();
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
  });

  it('does not run the work of a use whose abort came with the grant, and gives the resource back', async () => {
    const { pool } = setUp();
    const holder = await pool.acquire();
    const abort = new AbortController();
    let ran = false;
    const used = pool.use(() => (ran = true), { signal: abort.signal });
    void holder.release();
    abort.abort(new Error('no'));
    await expect(used).rejects.toThrow('no');
    expect([ran, abortListeners(abort.signal), pool.stats().idle]).toEqual([false, 0, 1]);
    expect(pool.stats().replaced.failures).toBe(0);
  });

  it('does not run the work of a use whose resource was taken away with the grant', async () => {
    const { pool } = setUp();
    await pool.use(() => {});
    let ran = false;
    const use = pool.use(() => (ran = true));
    const closed = pool.close({ timeout: 0 });
    await expect(use).rejects.toThrow(PoolClosedError);
    expect(await closed).toMatchObject({ revoked: 1, abandoned: 0 });
    expect(ran).toBe(false);
  });

  it.each([0, 1])('is refused a limit that is none, as a rejection, with %d resources at rest', async (rest) => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    if (rest === 1) await lease.release();
    const wrong: [object, RegExp][] = [
      [{ timeout: -1 }, /^timeout must be /],
      [{ signal: null }, /^signal must be an AbortSignal, got null/],
    ];
    for (const [options, message] of wrong) {
      const refused = pool.acquire(options);
      await expect(refused).rejects.toThrow(message);
    }
    expect(pool.stats().waiting).toBe(0);
  });

  it('is not begun with a signal that has aborted', async () => {
    const { pool, factory } = setUp();
    await expect(pool.acquire({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect([factory.created, pool.stats().waiting]).toEqual([0, 0]);
  });

  it('keeps each user’s async context, and gives none to the resource', async () => {
    const { pool, factory } = setUp();
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    factory.onCreate = () => seen.push(storage.getStore());
    const holder = await storage.run('first', async () => pool.acquire());
    const used = ['a', 'b'].map(async (name) => storage.run(name, async () => pool.use(() => seen.push(storage.getStore()))));
    await storage.run('releaser', async () => holder.release());
    await Promise.all(used);
    expect(seen).toEqual([undefined, 'a', 'b']);
  });

  it('gives no user’s async context to what is done for all of them', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const validate = (): boolean => {
      seen.push(storage.getStore());
      return true;
    };
    const { pool, time } = setUp({ max: 1, validate, superviseInterval: 1_000, acquireTimeout: 100 });
    await storage.run('first user', async () => pool.use(() => {}));
    await time.advance(3_000);
    expect(seen).toEqual([undefined, undefined, undefined]);
    const lease = await pool.acquire();
    pool.observe(({ type }) => seen.push(type, storage.getStore()));
    seen.length = 0;
    const late = storage.run('second user', () => pool.acquire());
    await Promise.all([expect(late).rejects.toThrow('Timed out'), time.advance(100)]);
    expect(seen).toEqual(['exhausted', 'second user', 'acquireFailed', undefined]);
    await lease.release();
  });

  it('counts those who came while everything was taken', async () => {
    const { pool } = setUp({ max: 2 });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    expect(pool.stats().exhausted).toBe(0);
    const third = pool.acquire();
    expect(pool.stats().exhausted).toBe(1);
    await leases[0].release();
    await (await third).release();
    expect(pool.stats().exhausted).toBe(1);
  });
});

describe('a use', () => {
  it('gives back what it returns, and its resource, also when it throws before its first await', async () => {
    const { pool } = setUp();
    expect(await pool.use(({ number }) => number * 2)).toBe(2);
    const throwing = pool.use(() => {
      throw new Error('at once');
    });
    await expect(throwing).rejects.toThrow('at once');
    await expect(pool.use(async () => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
    expect([...pool.entries()][0]?.failures).toBe(2);
  });

  it('hands its work the abort, and settles when the work has ended', async () => {
    const { pool, time } = setUp();
    const abort = new AbortController();
    const started = gate();
    const told: unknown[] = [];
    const used = pool.use(
      async (_resource, { signal }) => {
        started.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        told.push(signal.reason);
        throw new Error('torn down');
      },
      { signal: abort.signal },
    );
    await started.promise;
    abort.abort(new Error('enough'));
    await expect(used).rejects.toThrow('enough');
    expect(told).toMatchObject([{ message: 'enough' }]);
    expect([pool.stats().idle, abortListeners(abort.signal), time.timers]).toEqual([1, 0, 0]);
    expect([...pool.entries()][0]?.failures).toBe(0);
  });

  it('leaves work behind that ignores its abort, and replaces what that may still touch', async () => {
    const { pool, time, factory } = setUp({ closeTimeout: 3_000 });
    const abort = new AbortController();
    const never = gate();
    const used = pool.use(async () => never.promise, { signal: abort.signal });
    const failed = expect(used).rejects.toThrow('enough');
    await microtasks();
    abort.abort(new Error('enough'));
    await time.advance(2_999);
    expect(pool.stats().leased).toBe(1);
    await time.advance(1);
    await failed;
    await microtasks();
    expect([factory.destroyed, pool.stats().live, time.timers]).toEqual([[1], 0, 0]);
    expect((await pool.acquire()).resource.number).toBe(2);
  });
});

it('a pool of one serves 10,000 users one after the other, each alone', async () => {
  const { pool } = setUp();
  let holders = 0;
  let most = 0;
  const use = async (lease: Lease<Item>): Promise<void> => {
    holders += 1;
    most = Math.max(most, holders);
    await Promise.resolve();
    holders -= 1;
    await lease.release();
  };
  await Promise.all(Array.from({ length: 10_000 }, async () => use(await pool.acquire())));
  expect([most, pool.stats()]).toMatchObject([1, { idle: 1, leased: 0, waiting: 0, launched: 1, reused: 9_999 }]);
});
