import { describe, expect, it } from 'vitest';
import { Pool } from '../../../src/resilience/pool.ts';
import type { PoolEvent } from '../../../src/resilience/poolEvents.ts';
import type { PoolOptions } from '../../../src/resilience/poolOptions.ts';
import { Factory, gate, type Item } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

function setUp(options: Partial<PoolOptions<Item>> = {}) {
  const time = new FakeTime();
  const factory = new Factory();
  const { create, destroy } = factory;
  const pool = new Pool<Item>({ create, destroy, max: 1, clock: time, random: () => 0.5, ...options });
  const events: PoolEvent[] = [];
  const stop = pool.observe((event) => events.push(event));
  const of = (type: PoolEvent['type']) => events.filter((event) => event.type === type);
  return { time, factory, pool, events, stop, of };
}

describe('an event of a pool', () => {
  it('has the same ids in the log and to observers, whatever the step', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = (fields: object): void => void lines.push({ ...fields });
    const logger = { debug: log, info: log, warn: log, error: log };
    const { pool, time, events, of } = setUp({ logger, name: 'browsers', maxUses: 2 });
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    await time.advance(40);
    await lease.release({ failed: true });
    await (await waiting).release();
    await pool.close();
    const steps = ['exhausted', 'launch', 'acquire', 'release', 'acquire', 'release', 'replace', 'shutdown', 'close', 'shutdown'];
    expect(events.map(({ type }) => type).toSorted()).toEqual(steps.toSorted());
    expect(lines.map(({ event }) => event)).toEqual(events.map(({ type }) => `browsers.${type}`));
    expect(of('acquire')).toMatchObject([
      { lease: lease.id, waitMs: 0, reused: false },
      { waitMs: 40, reused: true },
    ]);
    expect(of('release')[0]).toMatchObject({ lease: lease.id, failed: true });
  });

  it.each(['launch', 'replace', 'release', 'acquire'] as const)(
    'may have its listener close the pool on %s: nothing is ended twice',
    async (type) => {
      const { pool, time, factory } = setUp({ maxAge: 1_000 });
      let closed: Promise<unknown> | undefined;
      pool.observe((event) => {
        if (event.type === type) closed ??= pool.close({ timeout: 0 });
      });
      await pool.acquire().then(
        async (lease) => lease.release(),
        () => {},
      );
      await time.advance(1_000);
      await closed;
      expect([factory.destroyed, factory.existing]).toEqual([[1], 0]);
      expect(pool.stats()).toMatchObject({ live: 0, closing: 0 });
    },
  );

  it('does no harm when a listener throws', async () => {
    const { pool } = setUp();
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    pool.observe(() => {
      throw new Error('broken listener');
    });
    expect(await pool.use(({ number }) => number)).toBe(1);
    expect((await warned).message).toContain('broken listener');
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  it('does no harm when an asynchronous listener or logger rejects', async () => {
    const rejecting = ((): unknown => Promise.reject(new Error('broken'))) as () => void;
    const { pool } = setUp({ logger: { debug: rejecting, info: rejecting, warn: rejecting, error: rejecting } });
    const names = new Set<string>();
    const warned = new Promise<void>((resolve) => {
      process.on('warning', function onWarning({ name, message }) {
        if (message.endsWith('broken')) names.add(name);
        if (names.size < 2) return;
        process.off('warning', onWarning);
        resolve();
      });
    });
    pool.observe(rejecting);
    expect(await pool.use(({ number }) => number)).toBe(1);
    await warned;
    expect(names).toEqual(new Set(['LoggerWarning', 'PoolListenerWarning']));
  });

  it('reaches every listener, also after one that throws, and one that listens twice until both have stopped', async () => {
    const { pool } = setUp();
    const heard: string[] = [];
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const stopThrowing = pool.observe(() => {
      throw new Error('broken listener');
    });
    const listener = ({ type }: PoolEvent): void => void heard.push(type);
    const [first, second] = [pool.observe(listener), pool.observe(listener)];
    await pool.use(() => undefined);
    expect(heard).toEqual(['launch', 'launch', 'acquire', 'acquire', 'release', 'release']);
    stopThrowing();
    first();
    first();
    await pool.use(() => undefined);
    expect(heard.slice(6)).toEqual(['acquire', 'release']);
    second();
    await pool.use(() => undefined);
    expect(heard).toHaveLength(8);
    await microtasks();
    process.off('warning', onWarning);
    expect(warnings).toHaveLength(3);
  });

  it('says how long a start and an end have taken', async () => {
    const { pool, factory, time, of } = setUp();
    const [start, end] = [gate(), gate()];
    factory.onCreate = () => start.promise;
    factory.onDestroy = () => end.promise;
    const leased = pool.acquire();
    await time.advance(200);
    start.open();
    await (await leased).release();
    const closed = pool.close();
    await time.advance(300);
    end.open();
    await closed;
    expect(of('launch')).toEqual([{ type: 'launch', resource: expect.any(String) as string, durationMs: 200 }]);
    expect(of('close')).toEqual([{ type: 'close', resource: expect.any(String) as string, durationMs: 300 }]);
  });

  it('says with what an end has failed', async () => {
    const { pool, factory, of } = setUp();
    factory.onDestroy = () => Promise.reject(new Error('no way out'));
    await pool.use(() => {});
    await pool.close();
    expect(of('close')).toMatchObject([{ durationMs: 0, error: { message: 'no way out' } }]);
  });

  it('says with what a start has failed, and when it is tried again', async () => {
    const { pool, factory, of } = setUp();
    factory.onCreate = () => Promise.reject(new Error('no such file'));
    await expect(pool.acquire()).rejects.toThrow('no such file');
    expect(of('launchFailed')).toEqual([
      { type: 'launchFailed', error: expect.objectContaining({ message: 'no such file' }) as object, retryInMs: 75 },
    ]);
  });

  it('says with what a health check and a clean-up have failed', async () => {
    const { pool, time, of } = setUp({ reset: () => Promise.reject(new Error('dirty')) });
    await (await pool.acquire()).release();
    await time.advance(1);
    expect(of('checkFailed')).toMatchObject([{ error: { message: 'dirty' } }]);
    const { pool: checked, of: told } = setUp({ validate: () => Promise.reject(new Error('sick')), validateBypass: 0 });
    await (await checked.acquire()).release();
    await (await checked.acquire()).release();
    expect(told('checkFailed')).toMatchObject([{ error: { message: 'sick' } }]);
    expect(told('replace')).toMatchObject([{ cause: 'health' }]);
  });

  it('says how long was waited in vain, and for how many there was nothing', async () => {
    const { pool, time, of } = setUp();
    const lease = await pool.acquire();
    const waiting = expect(pool.acquire({ timeout: 70 })).rejects.toThrow('Timed out after 70 ms');
    await time.advance(70);
    await waiting;
    expect(of('exhausted')).toMatchObject([{ waiting: 1, max: 1 }]);
    expect(of('acquireFailed')).toMatchObject([{ waitMs: 70, error: { message: expect.stringContaining('70 ms') as string } }]);
    await lease.release();
  });

  it('says what each phase of a shutdown has left, each once', async () => {
    const { pool, factory, time, of } = setUp({ max: 2, kill: () => {} });
    factory.onDestroy = () => new Promise(() => {});
    await pool.acquire();
    await (await pool.acquire()).release();
    const closed = pool.close({ timeout: 10_000 });
    void pool.close({ timeout: 2_000 });
    await time.advance(1_000);
    void pool.close({ timeout: 0 });
    await closed;
    expect(of('shutdown')).toMatchObject([
      { phase: 'drain', left: 2 },
      { phase: 'force', left: 2 },
      { phase: 'done', left: 0 },
    ]);
    expect(of('kill')).toHaveLength(2);
  });

  it('reaches a log that has no observer beside it, before one came and after it has left', async () => {
    const lines: unknown[] = [];
    const log = (fields: object): void => void lines.push((fields as { event: string }).event);
    const { create } = new Factory();
    const pool = new Pool<Item>({ create, max: 1, clock: new FakeTime(), logger: { debug: log, info: log, warn: log, error: log } });
    await (await pool.acquire()).release();
    expect(lines).toEqual(['pool.launch', 'pool.acquire', 'pool.release']);
    pool.observe(() => {})();
    await (await pool.acquire()).release();
    expect(lines.slice(3)).toEqual(['pool.acquire', 'pool.release']);
  });

  it('reaches the observers that stay when another leaves', async () => {
    const { pool, stop, events } = setUp();
    const others: PoolEvent[] = [];
    pool.observe((event) => others.push(event));
    stop();
    await pool.use(() => {});
    await microtasks();
    expect(events).toEqual([]);
    expect(others.map(({ type }) => type)).toContain('acquire');
  });
});
