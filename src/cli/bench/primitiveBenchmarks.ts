import { ExponentialBackoff } from '../../resilience/backoff.ts';
import { CircuitBreaker } from '../../resilience/circuitBreaker.ts';
import { Pool } from '../../resilience/pool.ts';
import { retry } from '../../resilience/retry.ts';
import { Semaphore } from '../../resilience/semaphore.ts';
import { atOnce, inARow, type Benchmark } from './benchmark.ts';

const MAX = 10;
const BATCH = 1_000;
const CROWDS = [100, 50_000];
const KEYS = 10_000;

/** Whoever has its turn lets others come to theirs before it ends. */
const yielded = Promise.resolve();

const work = async (): Promise<number> => 42;

/** A pool of empty objects: what the pool itself costs. Nobody needs to close it, for there is nothing that could stay open. */
const trivialPool = (): Pool<object> => new Pool({ create: () => ({}), max: MAX, acquireTimeout: Infinity });

export const poolBenchmarks: readonly Benchmark[] = [
  {
    ...inARow('pool', 'uncontended', BATCH, () => {
      const pool = trivialPool();
      return async () => (await pool.acquire()).release();
    }),
    baseline: true,
  },
  ...CROWDS.map((waiters) =>
    atOnce('pool', waiters, MAX, () => {
      const pool = trivialPool();
      return async () => {
        const lease = await pool.acquire();
        await yielded;
        await lease.release();
      };
    }),
  ),
];

export const semaphoreBenchmarks: readonly Benchmark[] = [
  {
    ...inARow('semaphore', 'uncontended', BATCH, () => {
      const semaphore = new Semaphore(MAX);
      return async () => (await semaphore.acquire()).release();
    }),
    baseline: true,
  },
  ...CROWDS.map((waiters) =>
    atOnce('semaphore', waiters, MAX, () => {
      const semaphore = new Semaphore(MAX);
      return async () => {
        const permit = await semaphore.acquire();
        await yielded;
        permit.release();
      };
    }),
  ),
];

export const breakerBenchmarks: readonly Benchmark[] = [
  {
    ...inARow('breaker', 'closed, success', BATCH, () => {
      const breaker = new CircuitBreaker();
      return async () => breaker.execute('shop.test', work);
    }),
    baseline: true,
  },
  inARow('breaker', `closed, ${KEYS.toLocaleString('en')} keys`, BATCH, () => {
    const breaker = new CircuitBreaker({ maxKeys: KEYS });
    const keys = Array.from({ length: KEYS }, (_, index) => `https://shop-${index}.test/`);
    for (const key of keys) breaker.recordFailure(key);
    let turn = 0;
    return async () => breaker.execute(keys[turn++ % KEYS] ?? '', work);
  }),
  inARow('breaker', 'open, fails fast', BATCH, () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 });
    breaker.recordFailure('shop.test');
    const expected = (): void => {};
    return async () => breaker.execute('shop.test', work).catch(expected);
  }),
];

export const retryBenchmarks: readonly Benchmark[] = [
  {
    ...inARow('retry', 'success', BATCH, () => {
      const backoff = new ExponentialBackoff({ baseDelay: 0 });
      return async () => retry(work, { backoff });
    }),
    baseline: true,
  },
  inARow('retry', 'one failure, no delay', 10, () => {
    const backoff = new ExponentialBackoff({ baseDelay: 0 });
    return async () => {
      let failed = false;
      const failsOnce = async (): Promise<number> => {
        if (failed) return 42;
        failed = true;
        throw new Error('not yet');
      };
      return retry(failsOnce, { backoff });
    };
  }),
];
