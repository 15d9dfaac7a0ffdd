import { describe, expect, it } from 'vitest';
import { Pool } from '../../../src/resilience/pool.ts';
import type { PoolEvent } from '../../../src/resilience/poolEvents.ts';
import type { PoolOptions } from '../../../src/resilience/poolOptions.ts';
import { Factory, gate, type Gate, type Item } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

function setUp(options: Partial<PoolOptions<Item>> = {}) {
  const time = new FakeTime();
  const factory = new Factory();
  const { create, destroy } = factory;
  const pool = new Pool<Item>({ create, destroy, max: 2, clock: time, ...options });
  return { time, factory, pool };
}

describe('a health check', () => {
  const unfit: [string, () => boolean | Promise<boolean>][] = [
    ['says no', () => false],
    [
      'throws before its first await',
      () => {
        throw new Error('crashed');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('gone'))],
    ['does not answer', async () => gate().promise.then(() => true)],
  ];
  it.each(unfit)('that %s has the resource replaced, and its slot is not lost', async (_name, answer) => {
    const { pool, factory, time } = setUp({ max: 1, validate: ({ number }) => (number === 1 ? answer() : true), validateTimeout: 5_000 });
    await (await pool.acquire()).release();
    await time.advance(500);
    const next = pool.acquire({ timeout: Infinity });
    await time.advance(5_000);
    expect((await next).resource.number).toBe(2);
    expect([factory.destroyed, pool.stats().replaced.health]).toEqual([[1], 1]);
    expect(pool.stats()).toMatchObject({ live: 1, leased: 1, closing: 0, waiting: 0 });
    expect(time.timers).toBe(0);
  });

  it('that fails after its time is over disturbs nobody', async () => {
    const late = gate();
    const { pool, time } = setUp({ max: 1, validate: async ({ number }) => (number === 1 ? late.promise.then(() => true) : true) });
    await (await pool.acquire()).release();
    await time.advance(500);
    const next = pool.acquire({ timeout: Infinity });
    await time.advance(5_000);
    const lease = await next;
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    late.fail(new Error('too late'));
    await microtasks();
    process.off('unhandledRejection', onRejection);
    expect([rejections, lease.resource.number, pool.stats().leased]).toEqual([[], 2, 1]);
  });

  it('is made on what has rested, not on what was used a moment ago', async () => {
    let checks = 0;
    const { pool, time } = setUp({ validate: () => ++checks > 0, validateBypass: 500 });
    const use = async (): Promise<void> => pool.use(() => {});
    await use();
    await time.advance(499);
    await use();
    expect(checks).toBe(0);
    await time.advance(500);
    await use();
    expect(checks).toBe(1);
  });

  it.each([
    ['cleaned up', () => {}],
    ['not', undefined],
  ])(
    'is made on what comes back from a use that failed, however short ago, before the next in the queue gets it (%s)',
    async (_name, reset) => {
      const checked: number[] = [];
      const validate = ({ number }: Item): boolean => checked.push(number) > 1;
      const { pool } = setUp({ max: 1, validate, ...(reset === undefined ? {} : { reset }) });
      const users = [0, 1, 2].map(async (user) =>
        pool.use(({ number }) => {
          if (user === 0) throw new Error('it is dying');
          return number;
        }),
      );
      const outcomes = await Promise.allSettled(users);
      expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))).toEqual(['failed', 2, 2]);
      expect([checked, pool.stats().replaced.health]).toEqual([[1], 1]);
      await expect(pool.use(() => Promise.reject(new Error('not its fault')))).rejects.toThrow();
      await microtasks();
      expect([checked, pool.stats().idle]).toEqual([[1, 2], 1]);
    },
  );

  it('after a failed use does not make the resource rest longer', async () => {
    const { pool, factory, time } = setUp({ validate: () => true, idleTimeout: 60_000 });
    await time.advance(100_000);
    const lease = await pool.acquire();
    await time.advance(100_000);
    await lease.release({ failed: true });
    await time.advance(59_999);
    expect(factory.destroyed).toEqual([]);
    await time.advance(1);
    expect(factory.destroyed).toEqual([1]);
  });

  it('keeps nobody from an order: the first to come is the first to be served', async () => {
    const answer = gate();
    const { pool, time } = setUp({ max: 1, validate: async () => answer.promise.then(() => true) });
    await (await pool.acquire()).release();
    await time.advance(1_000);
    const order: string[] = [];
    const users = ['a', 'b'].map(async (name) => pool.use(() => order.push(name), { timeout: Infinity }));
    answer.open();
    await Promise.all(users);
    expect(order).toEqual(['a', 'b']);
  });

  it('is made in the background on what rests, which is replaced before anybody needs it', async () => {
    let healthy = true;
    const { pool, factory, time } = setUp({ validate: () => healthy, superviseInterval: 15_000, idleTimeout: 60_000 });
    await (await pool.acquire()).release();
    await time.advance(15_000);
    expect(pool.stats()).toMatchObject({ idle: 1, live: 1 });
    healthy = false;
    await time.advance(15_000);
    expect([factory.destroyed, pool.stats().live, time.timers]).toEqual([[1], 0, 0]);
  });

  it('in the background leaves the order alone: what was used last is used next', async () => {
    const { pool, time } = setUp({ validate: () => true, superviseInterval: 15_000 });
    const [a, b] = await Promise.all([pool.acquire(), pool.acquire()]);
    await a.release();
    await time.advance(10_000);
    await b.release();
    await time.advance(5_000);
    expect(pool.stats().idle).toBe(2);
    expect((await pool.acquire({ timeout: Infinity })).resource).toBe(b.resource);
  });

  it('that hangs in the background, or after a failed use, keeps nobody from what is better', async () => {
    for (const cause of ['background', 'failed use']) {
      const { pool, time } = setUp({
        max: 3,
        validate: async ({ number }) => (number === 1 ? gate().promise.then(() => true) : true),
        validateTimeout: 5_000,
        superviseInterval: cause === 'background' ? 1_000 : Infinity,
      });
      const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
      const failed = first.release({ failed: cause === 'failed use' });
      await time.advance(400);
      await second.release();
      // The first is being checked, and hangs; the second has rested long enough to be checked before it is given out.
      await time.advance(600);
      const next = pool.acquire({ timeout: 100 });
      await microtasks();
      expect((await next).resource.number).toBe(2);
      await time.advance(5_000);
      await failed;
      expect(pool.stats().replaced.health).toBe(1);
    }
  });

  it('does not make a resource that rests look used', async () => {
    const { pool, factory, time } = setUp({ validate: () => true, superviseInterval: 15_000, idleTimeout: 60_000 });
    await (await pool.acquire()).release();
    await time.advance(59_000);
    expect(factory.destroyed).toEqual([]);
    await time.advance(2_000);
    expect([factory.destroyed, time.timers]).toEqual([[1], 0]);
  });
});

describe('a resource is replaced', () => {
  it('a few per cent before its age, by chance, so that those that were born together do not die together', async () => {
    const { pool, factory, time } = setUp({ maxAge: 1_000, random: () => 1 });
    await (await pool.acquire()).release();
    await time.advance(974);
    expect(factory.destroyed).toEqual([]);
    await time.advance(1);
    expect(factory.destroyed).toEqual([1]);
  });

  it('after its number of uses', async () => {
    const { pool, factory } = setUp({ maxUses: 3 });
    for (let use = 0; use < 6; use += 1) await pool.use(() => {});
    await microtasks();
    expect([factory.created, factory.destroyed, pool.stats().replaced.uses]).toEqual([2, [1, 2], 2]);
  });

  it('after failing that often in a row, and not for failures that are not in a row', async () => {
    const { pool, factory } = setUp({ maxFailures: 3 });
    const use = async (failed: boolean): Promise<void> => (await pool.acquire()).release({ failed });
    for (const failed of [true, true, false, true, true]) await use(failed);
    expect([factory.destroyed, [...pool.entries()][0]?.failures]).toEqual([[], 4]);
    await use(true);
    expect([factory.destroyed, pool.stats().replaced.failures]).toEqual([[1], 1]);
  });

  it.each([
    [0, 300_000],
    [0.999999, 292_501],
  ])('at its age, less up to 2.5 %% of it at random (%d: %d ms)', async (random, due) => {
    const { pool, factory, time } = setUp({ maxAge: 300_000, random: () => random });
    await (await pool.acquire()).release();
    await time.advance(due - 2);
    expect((await pool.acquire()).resource.number).toBe(1);
    await time.advance(3);
    await microtasks();
    const lease = await pool.acquire();
    expect([lease.resource.number, factory.destroyed]).toEqual([2, []]);
  });

  it('at its age while it rests, and when it comes back from a long use', async () => {
    const { pool, factory, time } = setUp({ maxAge: 1_000, random: () => 0 });
    const [resting, used] = await Promise.all([pool.acquire(), pool.acquire()]);
    await resting.release();
    await time.advance(1_001);
    expect(factory.destroyed).toEqual([1]);
    await used.release();
    expect([factory.destroyed, pool.stats().replaced.age]).toEqual([[1, 2], 2]);
  });

  it('at its age also where the timer for that is late', async () => {
    const { pool, time } = setUp({ maxAge: 1_000, random: () => 0 });
    await (await pool.acquire()).release();
    time.block(1_000);
    expect((await pool.acquire()).resource.number).toBe(2);
    expect(pool.stats().replaced.age).toBe(1);
  });

  it('at its age also where it came to rest shortly before, while others have longer to go', async () => {
    const { pool, time, factory } = setUp({ maxAge: 10_000, random: () => 0 });
    const old = await pool.acquire();
    await time.advance(5_000);
    const young = await pool.acquire();
    await young.release();
    await time.advance(4_000);
    await old.release();
    expect(time.timers).toBe(1);
    await time.advance(1_000);
    expect([factory.destroyed, pool.stats().replaced.age]).toEqual([[1], 1]);
    await time.advance(5_000);
    expect([factory.destroyed, time.timers]).toEqual([[1, 2], 0]);
  });

  it('as soon as it dies at rest, and when it is given back if it died in use', async () => {
    const { pool, factory } = setUp();
    const lease = await pool.acquire();
    const told = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
    lease.resource.lost();
    await told;
    expect(factory.destroyed).toEqual([]);
    await lease.release();
    expect([factory.destroyed, pool.stats().replaced.disconnected]).toEqual([[1], 1]);
    const next = await pool.acquire();
    await next.release();
    next.resource.lost();
    expect([factory.destroyed, pool.stats()]).toMatchObject([[1, 2], { idle: 0, replaced: { disconnected: 2 } }]);
  });

  it('when it died while it was being started, which is a failed start', async () => {
    const { pool, factory, time } = setUp({ max: 1 });
    factory.onCreate = ({ lost }) => {
      if (factory.created === 1) lost();
    };
    await expect(pool.acquire()).rejects.toThrow(/was gone as soon as it had started/);
    expect([factory.destroyed, pool.stats()]).toMatchObject([[1], { live: 0, launchFailures: 1 }]);
    const next = pool.acquire({ timeout: Infinity });
    await time.advance(100);
    expect((await next).resource.number).toBe(2);
  });

  it('by force where its polite end fails, and both are told', async () => {
    const { pool, factory } = setUp({ kill: (item) => factory.kill(item) });
    const events: PoolEvent[] = [];
    pool.observe((event) => events.push(event));
    factory.onDestroy = () => {
      throw new Error('it bites');
    };
    await (await pool.acquire()).release({ discard: true });
    await microtasks();
    expect([factory.destroyed, factory.killed, pool.stats().killed, pool.stats().closing]).toEqual([[1], [1], 1, 0]);
    const steps = events.map(({ type }) => type).filter((type) => /close|kill/i.test(type));
    expect(steps).toEqual(['closeFailed', 'kill', 'close']);
    expect(events.find(({ type }) => type === 'closeFailed')).toMatchObject({ error: { message: 'it bites' } });
  });

  it('and its holder is told, also one who asks only afterwards', async () => {
    const { pool } = setUp();
    const lease = await pool.acquire();
    lease.resource.lost();
    expect([lease.signal.aborted, lease.signal.reason]).toMatchObject([true, { message: expect.stringContaining('is gone') as unknown }]);
    await lease.release();
  });

  it('when it cannot be cleaned up after its user', async () => {
    const { pool, factory, time } = setUp({
      reset: async ({ number }) => (number === 1 ? gate().promise : undefined),
      closeTimeout: 3_000,
    });
    const released = (await pool.acquire()).release();
    await time.advance(3_000);
    expect([factory.destroyed, pool.stats().replaced.health]).toEqual([[1], 1]);
    await released;
    const second = await pool.acquire();
    await second.release();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });
});

describe('what rests', () => {
  it('is ended after its time, while what is used stays; and no timer runs once nothing rests', async () => {
    const { pool, factory, time } = setUp({ idleTimeout: 60_000 });
    const [a, b] = await Promise.all([pool.acquire(), pool.acquire()]);
    await a.release();
    await time.advance(30_000);
    await b.release();
    await time.advance(30_000);
    expect(factory.destroyed).toEqual([1]);
    await time.advance(30_000);
    expect([factory.destroyed, pool.stats().live, time.timers]).toEqual([[1, 2], 0, 0]);
    expect(pool.stats().replaced).toEqual({ age: 0, uses: 0, failures: 0, health: 0, disconnected: 0 });
  });

  it('keeps no timer when nothing is due ever', async () => {
    const { pool, time } = setUp();
    await (await pool.acquire()).release();
    expect(time.timers).toBe(0);
  });

  it('is not kept from who comes by a start that hangs, begun for somebody who was served otherwise', async () => {
    const { pool, factory, time } = setUp({ max: 2, validate: () => true });
    const first = await pool.acquire();
    factory.onCreate = () => gate().promise;
    const second = pool.acquire();
    await first.release();
    await (await second).release();
    await time.advance(500);
    expect(pool.stats()).toMatchObject({ idle: 1, starting: 1 });
    const next = pool.acquire({ timeout: 1_000 });
    await microtasks();
    expect((await next).resource.number).toBe(1);
  });

  /** Three that rest, of which those that are named never answer when they are asked. */
  async function restingThree(hanging: readonly number[], options: Partial<PoolOptions<Item>> = {}) {
    const validate = async ({ number }: Item): Promise<boolean> => (hanging.includes(number) ? gate().promise.then(() => true) : true);
    const all = setUp({ max: 3, validate, validateTimeout: 5_000, ...options });
    const leases = await Promise.all([1, 2, 3].map(async () => all.pool.acquire()));
    for (const lease of leases) await lease.release();
    await all.time.advance(500);
    return all;
  }

  it('is not kept from who comes by a check that hangs, begun for somebody who has left', async () => {
    const { pool, time } = await restingThree([3]);
    const impatient = expect(pool.acquire({ timeout: 1_000 })).rejects.toThrow('Timed out');
    await time.advance(1_000);
    await impatient;
    const next = pool.acquire({ timeout: 1_000 });
    await microtasks();
    expect((await next).resource.number).toBe(2);
  });

  it('is not kept from who waits by a check that hangs, begun for somebody who was served by another', async () => {
    const { pool } = await restingThree([3]);
    const both = [pool.acquire({ timeout: 1_000 }), pool.acquire({ timeout: 1_000 })];
    await microtasks();
    const leases = await Promise.all(both);
    expect(leases.map(({ resource }) => resource.number)).toEqual([2, 1]);
  });

  it('is not the last there is: one is started while a check hangs, begun for somebody who was given what came back', async () => {
    const { pool, time, factory } = setUp({ max: 3, validate: () => gate().promise.then(() => true), validateTimeout: 60_000 });
    const [first, second] = await Promise.all([pool.acquire(), pool.acquire()]);
    await first.release();
    await time.advance(1_000);
    const served = pool.acquire();
    await second.release();
    expect((await served).resource.number).toBe(2);
    const next = pool.acquire();
    await microtasks();
    expect([(await next).resource.number, factory.created]).toEqual([3, 3]);
  });

  it('is asked once for each who waits, in whatever order the answers come, and no other is started', async () => {
    const asked: number[] = [];
    const answers = new Map<number, Gate>();
    const validate = async ({ number }: Item): Promise<boolean> => {
      asked.push(number);
      const answer = gate();
      answers.set(number, answer);
      await answer.promise;
      return true;
    };
    const { pool, factory } = await restingThree([], { max: 5, validate });
    const all = [0, 1, 2].map(async () => pool.acquire());
    await microtasks();
    for (const number of [1, 2, 3]) {
      answers.get(number)?.open();
      await microtasks();
    }
    const leases = await Promise.all(all);
    expect([leases.map(({ resource }) => resource.number), asked, factory.created]).toEqual([[1, 2, 3], [3, 2, 1], 3]);
  });
});
