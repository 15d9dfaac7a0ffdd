import { describe, expect, it } from 'vitest';
import { Pool } from '../../../src/resilience/pool.ts';
import { PoolClosedError } from '../../../src/resilience/poolErrors.ts';
import type { PoolOptions } from '../../../src/resilience/poolOptions.ts';
import { Factory, gate, type Item } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

function setUp(options: Partial<PoolOptions<Item>> = {}) {
  const time = new FakeTime();
  const factory = new Factory();
  const { create, destroy, kill } = factory;
  const pool = new Pool<Item>({ create, destroy, kill, max: 2, clock: time, closeTimeout: 3_000, ...options });
  return { time, factory, pool };
}

describe('closing a pool', () => {
  it('turns away whoever comes or waits, at once', async () => {
    const { pool } = setUp({ max: 1 });
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    const closed = pool.close();
    await expect(waiting).rejects.toThrow(PoolClosedError);
    await expect(pool.acquire()).rejects.toThrow('pool is closed');
    await lease.release();
    expect(await closed).toEqual({ killed: [], revoked: 0, abandoned: 0, durationMs: 0 });
    await expect(pool.acquire()).rejects.toThrow(PoolClosedError);
  });

  it('ends what rests at once and what is leased when it comes back, and leaves no timer', async () => {
    const { pool, factory, time } = setUp({ idleTimeout: 1_000 });
    const [a, b] = await Promise.all([pool.acquire(), pool.acquire()]);
    await a.release();
    const closed = pool.close();
    expect(factory.destroyed).toEqual([1]);
    await time.advance(5_000);
    await b.release();
    expect(await closed).toMatchObject({ killed: [], durationMs: 5_000 });
    expect([factory.destroyed, factory.existing, time.timers]).toEqual([[1, 2], 0, 0]);
  });

  it('leaves no timer for what rested', async () => {
    const { pool, time } = setUp({ idleTimeout: 60_000, superviseInterval: 15_000 });
    await (await pool.acquire()).release();
    expect(time.timers).toBe(1);
    await pool.close();
    expect(time.timers).toBe(0);
  });

  it('kills a second before its time is over what is still leased, and tells the holder', async () => {
    const { pool, factory, time } = setUp();
    const leaked = await pool.acquire();
    const told: unknown[] = [];
    leaked.signal.addEventListener('abort', () => told.push(leaked.signal.reason));
    const closed = pool.close({ timeout: 10_000 });
    await time.advance(8_999);
    expect(factory.killed).toEqual([]);
    await time.advance(1);
    expect(await closed).toMatchObject({ killed: [{ resource: { number: 1 } }], revoked: 1, abandoned: 0, durationMs: 9_000 });
    expect([told, factory.existing, time.timers]).toMatchObject([[{ name: 'PoolClosedError' }], 0, 0]);
    await leaked.release();
    await expect(leaked.release()).rejects.toThrow(/released before/);
  });

  it('settles in its time also when nothing can be killed, and says what it left', async () => {
    const { pool, factory, time } = setUp();
    factory.onDestroy = async () => gate().promise;
    factory.onKill = async () => gate().promise;
    await (await pool.acquire()).release();
    const closed = pool.close({ timeout: 10_000 });
    await time.advance(10_000);
    expect(await closed).toMatchObject({ abandoned: 1, durationMs: 9_900 });
    expect(time.timers).toBe(0);
  });

  it('is over once, also when what it left ends after all', async () => {
    const { pool, factory, time } = setUp();
    const [destroyed, phases] = [gate(), [] as string[]];
    factory.onDestroy = async () => destroyed.promise;
    factory.onKill = async () => gate().promise;
    pool.observe((event) => event.type === 'shutdown' && phases.push(event.phase));
    await (await pool.acquire()).release();
    const closed = pool.close({ timeout: 10_000 });
    await time.advance(9_000);
    void pool.close({ timeout: 0 });
    await time.advance(1_000);
    await closed;
    destroyed.open();
    await microtasks();
    expect([phases, pool.stats().closing]).toEqual([['drain', 'force', 'done'], 0]);
  });

  it('tells what is starting to stop, and ends what starts all the same', async () => {
    const { pool, factory } = setUp();
    const started = gate();
    factory.onCreate = async () => started.promise;
    const waiting = pool.acquire();
    waiting.catch(() => {});
    const closed = pool.close();
    await expect(waiting).rejects.toThrow(PoolClosedError);
    expect(factory.contexts[0]?.signal.aborted).toBe(true);
    started.open();
    expect(await closed).toMatchObject({ killed: [], abandoned: 0 });
    expect([factory.created, factory.destroyed, factory.existing]).toEqual([1, [1], 0]);
  });

  it('waits for a start that fails because it was told to stop', async () => {
    const { pool, factory, time } = setUp();
    factory.onCreate = async ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    pool.acquire().catch(() => {});
    expect(await pool.close()).toMatchObject({ abandoned: 0, durationMs: 0 });
    expect([factory.existing, time.timers, pool.stats().launchFailures]).toEqual([0, 0, 0]);
  });

  it('starts nothing any more, also when a start had failed and was to be tried again', async () => {
    const { pool, factory, time } = setUp();
    await pool.acquire();
    factory.onCreate = () => {
      throw new Error('not now');
    };
    pool.acquire({ timeout: Infinity }).catch(() => {});
    await microtasks();
    const closed = pool.close({ timeout: 0 });
    await closed;
    await time.advance(60_000);
    expect([factory.created, time.timers]).toEqual([2, 0]);
  });

  it('does not wait for a health check', async () => {
    const { pool, factory, time } = setUp({ validate: async () => gate().promise.then(() => true) });
    await (await pool.acquire()).release();
    await time.advance(1_000);
    pool.acquire().catch(() => {});
    expect(await pool.close()).toMatchObject({ killed: [], durationMs: 0 });
    expect(factory.destroyed).toEqual([1]);
    await time.advance(60_000);
    expect([factory.destroyed, pool.stats().live, pool.stats().replaced.health]).toEqual([[1], 0, 0]);
  });

  it('does not hand out what comes back from its clean-up', async () => {
    const cleaned = gate();
    const { pool, factory } = setUp({ reset: async () => cleaned.promise });
    const released = (await pool.acquire()).release();
    const closed = pool.close();
    cleaned.open();
    await released;
    expect(await closed).toMatchObject({ abandoned: 0 });
    expect(factory.existing).toBe(0);
  });

  it('kills what is being cleaned up when there is no time left, and takes no lease away with it', async () => {
    const { pool, factory, time } = setUp({ reset: async () => gate().promise });
    const released = (await pool.acquire()).release();
    expect(await pool.close({ timeout: 0 })).toMatchObject({ killed: [{ resource: { number: 1 } }], revoked: 0, abandoned: 0 });
    await time.advance(3_000);
    await released;
    expect([factory.killed, pool.stats().replaced.health]).toEqual([[1], 0]);
  });

  it('neither cleans up nor checks what comes back, whatever came of its use', async () => {
    const asked: string[] = [];
    const cleaned = gate();
    const reset = async ({ number }: Item): Promise<void> => {
      asked.push(`clean-up of ${String(number)}`);
      await cleaned.promise;
    };
    const validate = ({ number }: Item): boolean => asked.push(`check of ${String(number)}`) > 0;
    const { pool, factory } = setUp({ reset, validate });
    const [early, late] = await Promise.all([pool.acquire(), pool.acquire()]);
    const released = early.release({ failed: true });
    const closed = pool.close();
    await late.release({ failed: true });
    cleaned.open();
    await released;
    await closed;
    expect([asked, factory.destroyed]).toEqual([['clean-up of 1'], [2, 1]]);
  });

  it('is one shutdown for all who ask, and the most urgent of them counts', async () => {
    const { pool, factory, time } = setUp();
    await pool.acquire();
    const patient = pool.close({ timeout: 10_000 });
    const patientToo = pool.close({ timeout: 20_000 });
    const urgent = pool.close({ timeout: 0 });
    expect(factory.killed).toEqual([1]);
    expect(await urgent).toBe(await patient);
    expect(await patientToo).toBe(await patient);
    expect([(await patient).revoked, time.timers]).toEqual([1, 0]);
  });

  it('asked for again with more time keeps to the time it had, and with less to that', async () => {
    const { pool, factory, time } = setUp();
    await pool.acquire();
    const closed = pool.close({ timeout: 5_000 });
    void pool.close({ timeout: 3_000 });
    void pool.close({ timeout: 9_000 });
    await time.advance(1_999);
    expect(factory.killed).toEqual([]);
    await time.advance(1);
    expect(factory.killed).toEqual([1]);
    expect(await closed).toMatchObject({ durationMs: 2_000, revoked: 1 });
    expect(await pool.close({ timeout: 0 })).toBe(await closed);
    expect([factory.killed, time.timers]).toEqual([[1], 0]);
  });

  it('that is over before its time stays over, however urgent somebody finds it', async () => {
    const { pool, time } = setUp();
    await (await pool.acquire()).release();
    const closed = await pool.close({ timeout: 10_000 });
    expect(await pool.close({ timeout: 0 })).toBe(closed);
    expect(time.timers).toBe(0);
  });

  it('with no more time than killing takes kills at once', async () => {
    const { pool, factory } = setUp();
    await pool.acquire();
    const closed = pool.close({ timeout: 1_000 });
    expect(factory.killed).toEqual([1]);
    expect(await closed).toMatchObject({ durationMs: 0 });
  });

  it('kills nothing twice, and reports only what it killed itself', async () => {
    const { pool, factory, time } = setUp();
    const dying = gate();
    factory.onDestroy = ({ number }) => (number === 1 ? undefined : gate().promise);
    factory.onKill = ({ number }) => (number === 2 ? dying.promise : undefined);
    const [a, b] = await Promise.all([pool.acquire(), pool.acquire()]);
    await b.release({ discard: true });
    await time.advance(3_000);
    expect(factory.killed).toEqual([2]);
    const closed = pool.close({ timeout: 0 });
    expect(factory.killed).toEqual([2, 1]);
    await microtasks();
    expect(pool.stats().closing).toBe(1);
    dying.open();
    expect(await closed).toMatchObject({ killed: [{ resource: { number: 1 } }], revoked: 1, abandoned: 0 });
    expect(pool.stats()).toMatchObject({ killed: 2, closing: 0 });
    await a.release();
  });

  it('of an unused pool is immediate, and `await using` closes', async () => {
    const { pool, factory } = setUp();
    {
      await using closing = pool;
      await closing.use(() => {});
    }
    expect(factory.existing).toBe(0);
    expect(await setUp().pool.close()).toMatchObject({ abandoned: 0, durationMs: 0 });
  });

  it('without a way to kill still lets go in time', async () => {
    const factory = new Factory();
    const time = new FakeTime();
    const pool = new Pool<Item>({ create: factory.create, destroy: factory.destroy, max: 1, clock: time });
    factory.onDestroy = async () => gate().promise;
    await pool.acquire();
    const closed = pool.close();
    await time.advance(10_000);
    expect(await closed).toMatchObject({ killed: [], revoked: 1, abandoned: 1 });
  });

  it.each([-1, NaN, '1' as unknown as number])('refuses %s as a timeout, and goes on', async (timeout) => {
    const { pool } = setUp();
    expect(() => pool.close({ timeout })).toThrow(/^timeout must be milliseconds of at least 0, or Infinity, got/);
    expect(await pool.use(({ number }) => number)).toBe(1);
  });
});

describe('options', () => {
  const create = (): number => 1;
  it.each([
    [{ create, max: 0 }, RangeError, 'max must be a whole number of at least 1, got 0'],
    [{ create, max: 1.5 }, RangeError, 'max must be a whole number of at least 1, got 1.5'],
    [{ create, max: NaN }, RangeError, 'max must be a whole number of at least 1, got NaN'],
    [{ create, max: Infinity }, RangeError, 'max must be a whole number of at least 1, got Infinity'],
    [{ create }, TypeError, 'max must be a whole number of at least 1, got undefined'],
    [{ create, max: '3' }, TypeError, 'max must be a whole number of at least 1, got "3"'],
    [{ max: 1 }, TypeError, 'create must be a function, got undefined'],
    [{ create, max: 1, destroy: {} }, TypeError, 'destroy must be a function, got an object'],
    [{ create, max: 1, acquireTimeout: -1 }, RangeError, 'acquireTimeout must be milliseconds of at least 0, or Infinity, got -1'],
    [{ create, max: 1, idleTimeout: NaN }, RangeError, 'idleTimeout must be milliseconds of at least 0, or Infinity, got NaN'],
    [{ create, max: 1, maxUses: 0 }, RangeError, 'maxUses must be a whole number of at least 1 or Infinity, got 0'],
    [{ create, max: 1, maxAge: '5m' }, TypeError, 'maxAge must be milliseconds of at least 0, or Infinity, got "5m"'],
  ])('%o are refused by name', (options, type, message) => {
    const make = (): unknown => new Pool(options as unknown as PoolOptions<number>);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });

  it('of an acquire are checked too, and nobody is left waiting', async () => {
    const pool = new Pool({ create, max: 1 });
    await expect((async () => pool.acquire({ timeout: -5 }))()).rejects.toThrow('timeout must be');
    expect(pool.stats().waiting).toBe(0);
  });
});
