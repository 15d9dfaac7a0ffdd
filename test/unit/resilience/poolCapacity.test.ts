import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/resilience/lease.ts';
import { Pool } from '../../../src/resilience/pool.ts';
import { PoolCreateError } from '../../../src/resilience/poolErrors.ts';
import type { PoolOptions } from '../../../src/resilience/poolOptions.ts';
import { Factory, gate, type Gate, type Item } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

function setUp(options: Partial<PoolOptions<Item>> = {}) {
  const time = new FakeTime();
  const factory = new Factory();
  const { create, destroy } = factory;
  const pool = new Pool<Item>({ create, destroy, max: 1, clock: time, random: () => 0.5, ...options });
  return { time, factory, pool };
}

/** After how many milliseconds each start that fails is tried again, as it happens. */
function retriesOf(pool: Pool<Item>): readonly number[] {
  const retries: number[] = [];
  pool.observe((event) => {
    if (event.type === 'launchFailed') retries.push(event.retryInMs);
  });
  return retries;
}

describe('capacity', () => {
  it('counts what is ending until it is gone, so that there are never more than max', async () => {
    const { pool, factory } = setUp({ max: 2, maxUses: 1 });
    const ends: Gate[] = [];
    factory.onDestroy = async () => {
      const end = gate();
      ends.push(end);
      await end.promise;
    };
    const [a, b] = await Promise.all([pool.acquire(), pool.acquire()]);
    await Promise.all([a.release(), b.release()]);
    const third = pool.acquire();
    const fourth = pool.acquire();
    await microtasks();
    expect(pool.stats()).toMatchObject({ closing: 2, live: 0, starting: 0, waiting: 2 });
    expect([factory.created, factory.mostExisting]).toEqual([2, 2]);
    ends[0]?.open();
    expect((await third).resource.number).toBe(3);
    expect(factory.mostExisting).toBe(2);
    ends[1]?.open();
    expect((await fourth).resource.number).toBe(4);
    expect([factory.mostExisting, pool.stats().replaced.uses]).toEqual([2, 2]);
  });

  it('is not exceeded by 100 users who come at once, who cause as many starts as there are slots', async () => {
    const { pool, factory } = setUp({ max: 3 });
    const started = gate();
    factory.onCreate = async () => started.promise;
    const used = Array.from({ length: 100 }, async () => pool.use(({ number }) => number));
    await microtasks();
    expect(pool.stats()).toMatchObject({ starting: 3, live: 0, waiting: 100 });
    started.open();
    const numbers = await Promise.all(used);
    expect([factory.created, new Set(numbers).size, factory.mostExisting]).toEqual([3, 3, 3]);
  });

  it('is used for one user by one start', async () => {
    const { pool, factory } = setUp({ max: 3 });
    await Promise.all([pool.acquire(), pool.acquire()]);
    expect(factory.created).toBe(2);
  });

  it('is held by what cannot be ended, and not given out twice', async () => {
    const { pool, factory } = setUp({ maxUses: 1 });
    factory.onDestroy = async () => gate().promise;
    await (await pool.acquire()).release();
    const late = pool.acquire({ timeout: 1 });
    await expect(Promise.race([late, microtasks()])).resolves.toBeUndefined();
    expect([factory.created, pool.stats().closing]).toEqual([1, 1]);
    late.catch(() => {});
  });

  it('is not said to be exhausted while what rests is looked at', async () => {
    const checks = [gate(), gate()];
    let asked = 0;
    const { pool } = setUp({
      max: 2,
      validate: () => checks[asked++]?.promise.then(() => true) ?? true,
      validateBypass: 0,
    });
    const both = await Promise.all([pool.acquire(), pool.acquire()]);
    await Promise.all(both.map((lease) => lease.release()));
    const before = pool.stats().exhausted;
    const first = pool.acquire();
    const second = pool.acquire();
    expect(pool.stats().exhausted).toBe(before);
    for (const check of checks) check.open();
    for (const lease of await Promise.all([first, second])) await lease.release();
  });

  it('is asked for by no timer where nothing could be killed when it rings', async () => {
    const { pool, factory, time } = setUp({ kill: undefined });
    const end = gate();
    factory.onDestroy = () => end.promise;
    await (await pool.acquire()).release({ discard: true });
    expect([pool.stats().closing, time.timers]).toEqual([1, 0]);
    end.open();
    await pool.close();
  });

  it('is free again after an end that fails', async () => {
    const { pool, factory } = setUp({ maxUses: 1 });
    factory.onDestroy = () => {
      throw new Error('cannot close');
    };
    await (await pool.acquire()).release();
    expect((await pool.acquire()).resource.number).toBe(2);
  });

  it('goes by force to the next when an end takes longer than closeTimeout', async () => {
    const factory = new Factory();
    const { pool, time } = setUp({ create: factory.create, destroy: factory.destroy, kill: factory.kill, maxUses: 1, closeTimeout: 3_000 });
    factory.onDestroy = async () => gate().promise;
    await (await pool.acquire()).release();
    const next = pool.acquire();
    await time.advance(2_999);
    expect([factory.killed, pool.stats().closing]).toEqual([[], 1]);
    await time.advance(1);
    expect((await next).resource.number).toBe(2);
    expect([factory.killed, pool.stats().killed, factory.mostExisting]).toEqual([[1], 1, 1]);
  });

  it('is held by an end that is late, also where force fails, and free as soon as it comes', async () => {
    const { pool, factory, time } = setUp({ kill: () => Promise.reject(new Error('not allowed')), maxUses: 1, closeTimeout: 50 });
    const end = gate();
    factory.onDestroy = () => end.promise;
    await (await pool.acquire()).release();
    const next = pool.acquire();
    await time.advance(500);
    expect([factory.mostExisting, pool.stats().closing, pool.stats().waiting]).toEqual([1, 1, 1]);
    end.open();
    expect((await next).resource.number).toBe(2);
    expect(factory.mostExisting).toBe(1);
  });

  it('is free when an end that is late comes, although force hangs, and when force has worked, although the end hangs', async () => {
    for (const [destroyed, killed] of [
      [gate(), undefined],
      [undefined, gate()],
    ]) {
      const hang = gate();
      const { pool, factory, time } = setUp({ kill: () => (killed ?? hang).promise, maxUses: 1, closeTimeout: 50 });
      factory.onDestroy = () => (destroyed ?? hang).promise;
      await (await pool.acquire()).release();
      const next = pool.acquire();
      await time.advance(50);
      expect(pool.stats()).toMatchObject({ closing: 1, killed: 1 });
      (destroyed ?? killed)?.open();
      expect((await next).resource.number).toBe(2);
    }
  });

  it('is free again where an end and force both fail, in whatever order', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const ends = [gate(), gate()];
      const { pool, factory, time } = setUp({ kill: () => ends[1]?.promise, maxUses: 1, closeTimeout: 50 });
      factory.onDestroy = () => ends[0]?.promise;
      await (await pool.acquire()).release();
      await time.advance(50);
      ends[order[0] ?? 0]?.fail(new Error('first'));
      await microtasks();
      expect(pool.stats().closing).toBe(1);
      ends[order[1] ?? 0]?.fail(new Error('second'));
      await microtasks();
      expect(pool.stats().closing).toBe(0);
    }
  });

  it('is free once a resource is killed that there is no other way to end', async () => {
    const { create, kill, ...factory } = new Factory();
    const pool = new Pool<Item>({ create, kill, max: 1, maxUses: 1 });
    for (let use = 0; use < 3; use += 1) await pool.use(() => undefined);
    await pool.close();
    expect(factory.killed).toEqual([1, 2, 3]);
    expect(pool.stats()).toMatchObject({ closing: 0, live: 0 });
  });

  it('is not asked for a second time from what there is no other way to end', async () => {
    const factory = new Factory();
    const time = new FakeTime();
    const pool = new Pool<Item>({ create: factory.create, kill: factory.kill, max: 1, closeTimeout: 1_000, clock: time });
    const dying = gate();
    factory.onKill = () => dying.promise;
    await (await pool.acquire()).release({ discard: true });
    await time.advance(10_000);
    expect([factory.killed, pool.stats().killed, pool.stats().closing]).toEqual([[1], 0, 1]);
    dying.open();
    await pool.close();
  });
});

describe('a start', () => {
  it('that always fails rejects its waiters with the cause, and is tried ever more rarely', async () => {
    const { pool, factory, time } = setUp({ max: 3 });
    factory.onCreate = () => {
      throw new Error('no such file');
    };
    const all = await Promise.allSettled(Array.from({ length: 100 }, async () => pool.acquire()));
    const reasons = all.map((result) => (result.status === 'rejected' ? (result.reason as Error) : undefined));
    expect(reasons.every((reason) => reason instanceof PoolCreateError)).toBe(true);
    expect(reasons[0]?.cause).toMatchObject({ message: 'no such file' });
    expect(factory.created).toBe(3);
    const gaps: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const before = time.now();
      const failed = expect(pool.acquire({ timeout: Infinity })).rejects.toThrow('no such file');
      const tried = factory.created;
      while (factory.created === tried) await time.advance(5);
      await failed;
      gaps.push(time.now() - before);
    }
    // Half of it certain, half of it at random, which is 0.5 here.
    expect(gaps).toEqual([75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750, 3_750]);
    expect(pool.stats()).toMatchObject({ starting: 0, live: 0, waiting: 0, launchFailures: 12, unserved: 109 });
    expect(time.timers).toBe(0);
  });

  it.each([
    ['has no words', Object.create(null) as unknown],
    ['throws when it is read', Object.defineProperty(new Error(), 'message', { get: () => assert.fail('no') })],
  ])('that fails with what %s is a failed one all the same', async (_, failure) => {
    const { pool, factory } = setUp();
    factory.onCreate = () => {
      throw failure as Error;
    };
    await expect(pool.acquire()).rejects.toThrow('pool could not start anything: [object ');
  });

  it('that fails turns away who waits for it, and not who comes again on hearing of that', async () => {
    const { pool, factory } = setUp();
    factory.onCreate = () => {
      throw new Error('not now');
    };
    let times = 0;
    pool.observe(({ type }) => {
      if (type !== 'acquireFailed' || times > 100) return;
      times += 1;
      pool.acquire({ timeout: Infinity }).catch(() => {});
    });
    await expect(pool.acquire()).rejects.toThrow(PoolCreateError);
    expect([times, pool.stats().waiting]).toEqual([1, 1]);
    await pool.close();
  });

  it('that fails is tried again as soon as at first once another has worked', async () => {
    const { pool, factory, time } = setUp({ max: 2 });
    const broken = new Error('no such file');
    const retries = retriesOf(pool);
    const attempt = async (works: boolean): Promise<void> => {
      factory.onCreate = () => (works ? undefined : Promise.reject(broken));
      const settled = pool.acquire().then(
        (lease) => lease.release({ discard: true }),
        () => undefined,
      );
      await time.advance(10_000);
      await settled;
    };
    for (const works of [false, false, true, false]) await attempt(works);
    expect(retries).toEqual([75, 150, 75]);
  });

  it('that is gone as soon as it has started is a failed one, tried ever more rarely', async () => {
    const { pool, factory, time } = setUp({ max: 1 });
    const retries = retriesOf(pool);
    factory.onCreate = ({ lost }) => {
      lost();
    };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const failed = expect(pool.acquire()).rejects.toThrow('was gone as soon as it had started');
      await time.advance(10_000);
      await failed;
    }
    expect(retries).toEqual([75, 150, 300]);
  });

  it('that fails leaves waiters to another that is still under way', async () => {
    const { pool, factory } = setUp({ max: 3 });
    const held = await pool.acquire();
    const starts = [gate(), gate()];
    factory.onCreate = () => starts[factory.created - 2]?.promise;
    const waiting = [pool.acquire(), pool.acquire()];
    starts[0]?.fail(new Error('no such file'));
    await microtasks();
    expect(pool.stats()).toMatchObject({ waiting: 2, starting: 1, live: 1 });
    starts[1]?.open();
    const first = await waiting[0];
    await held.release();
    await (await waiting[1])?.release();
    await first?.release();
  });

  it('that failed is tried again for those who still wait when others have left', async () => {
    const { pool, factory, time } = setUp({ max: 2 });
    const held = await pool.acquire();
    factory.onCreate = () => Promise.reject(new Error('no such file'));
    const left = expect(pool.acquire({ timeout: 10 })).rejects.toThrow('Timed out');
    const stays = pool.acquire();
    await microtasks();
    factory.onCreate = () => undefined;
    await time.advance(10);
    await left;
    await time.advance(10_000);
    await (await stays).release();
    await held.release();
    expect(pool.stats()).toMatchObject({ waiting: 0, live: 2 });
    expect(time.timers).toBe(0);
  });

  it('that throws before its first await is a failed start', async () => {
    const { pool } = setUp({
      create: () => {
        throw new Error('at once');
      },
    });
    await expect(pool.acquire()).rejects.toThrow(/at once/);
    expect(pool.stats().starting).toBe(0);
  });

  it('that fails leaves its waiter to what is leased, and is tried again for it', async () => {
    const { pool, factory, time } = setUp({ max: 2 });
    const holder = await pool.acquire();
    factory.onCreate = () => {
      throw new Error('not now');
    };
    const first = pool.acquire();
    const second = pool.acquire();
    await microtasks();
    expect(pool.stats()).toMatchObject({ waiting: 2, launchFailures: 1 });
    await holder.release();
    expect((await first).resource.number).toBe(1);
    factory.onCreate = () => undefined;
    await time.advance(75);
    expect((await second).resource.number).toBe(3);
  });

  it('is no longer tried for users who have left', async () => {
    const { pool, factory, time } = setUp({ max: 2 });
    await pool.acquire();
    factory.onCreate = () => {
      throw new Error('not now');
    };
    const abort = new AbortController();
    const leaving = pool.acquire({ signal: abort.signal, timeout: Infinity });
    await microtasks();
    expect([factory.created, time.timers]).toEqual([2, 1]);
    abort.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    expect(time.timers).toBe(0);
    await time.advance(60_000);
    expect(factory.created).toBe(2);
  });

  it('is no longer tried for a user who was served by another', async () => {
    const { pool, factory, time } = setUp({ max: 2 });
    const holder = await pool.acquire();
    factory.onCreate = () => {
      throw new Error('not now');
    };
    const waiting = pool.acquire({ timeout: Infinity });
    await microtasks();
    expect([factory.created, time.timers]).toEqual([2, 1]);
    await holder.release();
    expect((await waiting).resource.number).toBe(1);
    expect(time.timers).toBe(0);
  });

  it('that ends after its waiter has left serves the next one', async () => {
    const { pool, factory } = setUp();
    const started = gate();
    factory.onCreate = async () => started.promise;
    const abort = new AbortController();
    const leaving = pool.acquire({ signal: abort.signal });
    abort.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    started.open();
    await microtasks();
    expect(pool.stats()).toMatchObject({ starting: 0, live: 1, idle: 1 });
    expect((await pool.acquire()).resource.number).toBe(1);
    expect(factory.created).toBe(1);
  });

  it('is made for who comes while a check hangs that was begun for somebody who has left', async () => {
    const { pool, time, factory } = setUp({ max: 2, validate: () => gate().promise.then(() => true), validateTimeout: 5_000 });
    await (await pool.acquire()).release();
    await time.advance(500);
    const impatient = expect(pool.acquire({ timeout: 1_000 })).rejects.toThrow('Timed out');
    await time.advance(1_000);
    await impatient;
    expect(factory.created).toBe(1);
    const next = pool.acquire({ timeout: 1_000 });
    await microtasks();
    expect((await next).resource.number).toBe(2);
  });

  it('is told when it takes longer than createTimeout, and counts until it has listened', async () => {
    const { pool, factory, time } = setUp({ createTimeout: 100 });
    factory.onCreate = async ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const failed = expect(pool.acquire()).rejects.toThrow(/Timed out after 100 ms waiting for pool-\w+-1 to start/);
    await time.advance(99);
    expect(pool.stats().starting).toBe(1);
    await time.advance(1);
    await failed;
    expect([pool.stats().starting, time.timers]).toEqual([0, 0]);
  });

  it('that ends in its time is not told to give up afterwards', async () => {
    const { pool, factory, time } = setUp({ createTimeout: 100 });
    await pool.acquire();
    expect(time.timers).toBe(0);
    await time.advance(1_000);
    expect(factory.contexts[0]?.signal.aborted).toBe(false);
  });

  it('that does not listen is not waited for while there is room for another', async () => {
    const { pool, factory, time } = setUp({ max: 2, createTimeout: 100 });
    const hang = gate();
    factory.onCreate = () => (factory.created === 1 ? hang.promise : undefined);
    const lease = pool.acquire();
    await time.advance(99);
    expect(factory.created).toBe(1);
    await time.advance(1);
    expect((await lease).resource.number).toBe(2);
    expect(pool.stats()).toMatchObject({ starting: 1, leased: 1 });
    const third = pool.acquire();
    await microtasks();
    expect(factory.created).toBe(2);
    hang.open();
    expect((await third).resource.number).toBe(1);
  });

  it('that does not listen does not keep the waiters of one that fails', async () => {
    const { pool, factory, time } = setUp({ max: 2, createTimeout: 100 });
    factory.onCreate = () => {
      if (factory.created > 1) throw new Error('no more');
      return gate().promise;
    };
    const refused = expect(pool.acquire()).rejects.toThrow(PoolCreateError);
    await time.advance(100);
    await refused;
  });
});

it('whatever happens in whatever order, there are never more than max, nobody shares, and nothing is lost', async () => {
  const step = fc.constantFrom('acquire', 'abort', 'release', 'fail', 'started', 'startFails', 'ended', 'lost', 'second', 'hour');
  const run = async (max: number, steps: string[]): Promise<void> => {
    const time = new FakeTime();
    const factory = new Factory();
    const starts: Gate[] = [];
    const ends: Gate[] = [];
    const wait = async (list: Gate[]): Promise<void> => {
      const one = gate();
      list.push(one);
      await one.promise;
    };
    factory.onCreate = async () => wait(starts);
    factory.onDestroy = async () => wait(ends);
    const { create, destroy } = factory;
    const limits = { acquireTimeout: 60_000, maxUses: 5, maxFailures: 2, maxAge: 7_200_000, idleTimeout: 1_800_000 };
    const pool = new Pool<Item>({ create, destroy, max, clock: time, ...limits });
    const held = new Map<Item, Lease<Item>>();
    const waiting = new Set<AbortController>();
    let shared = false;
    const actions: Record<string, () => unknown> = {
      acquire: () => {
        const abort = new AbortController();
        waiting.add(abort);
        const granted = (lease: Lease<Item>): void => {
          shared ||= held.has(lease.resource);
          held.set(lease.resource, lease);
        };
        void pool
          .acquire({ signal: abort.signal })
          .then(granted, () => {})
          .finally(() => waiting.delete(abort));
      },
      abort: () => [...waiting][0]?.abort(),
      release: () => give(false),
      fail: () => give(true),
      started: () => starts.shift()?.open(),
      startFails: () => starts.shift()?.fail(new Error('no')),
      ended: () => ends.shift()?.open(),
      lost: () => [...held.keys()][0]?.lost(),
      second: async () => time.advance(1_000),
      hour: async () => time.advance(3_600_000),
    };
    const give = (failed: boolean): void => {
      for (const [item, lease] of [...held].slice(0, 1)) {
        held.delete(item);
        void lease.release({ failed });
      }
    };
    for (const name of steps) {
      await actions[name]?.();
      await microtasks();
      const { starting, live, closing, idle, leased, waiting: queued } = pool.stats();
      expect(factory.existing).toBe(starting + live + closing);
      expect(factory.existing).toBeLessThanOrEqual(max);
      expect([leased, queued, live]).toEqual([held.size, waiting.size, idle + leased]);
      expect(shared).toBe(false);
      // Nobody waits while something rests.
      expect(Math.min(queued, idle)).toBe(0);
    }
    for (const abort of waiting) abort.abort();
    for (const lease of held.values()) void lease.release();
    const closed = pool.close();
    for (let round = 0; round < 3; round += 1) {
      for (const one of [...starts.splice(0), ...ends.splice(0)]) one.open();
      await microtasks();
    }
    await time.advance(20_000);
    expect(await closed).toMatchObject({ abandoned: 0, revoked: 0 });
    expect([factory.existing, time.timers, waiting.size]).toEqual([0, 0, 0]);
  };
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 40 }), run), { numRuns: 150 });
});
