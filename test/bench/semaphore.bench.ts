import { expect, it } from 'vitest';
import { contest, ratioToBestPeer } from './contest.ts';

const CONTESTANTS = ['leak', 'async-sema', 'async-mutex', 'async-mutex (mutex)', 'p-limit'];
const BATCH = 10_000;

it('acquires and releases an uncontended semaphore about as fast as the best peer', async () => {
  const standings = await contest('semaphoreContestants.mjs', 'uncontended', CONTESTANTS, BATCH);
  expect(ratioToBestPeer('semaphore, uncontended', standings)).toBeGreaterThan(0.8);
});

it('serves 100 waiters at least as fast as the best peer', async () => {
  const standings = await contest('semaphoreContestants.mjs', 'crowd', CONTESTANTS, BATCH);
  expect(ratioToBestPeer('semaphore, 100 waiters', standings)).toBeGreaterThanOrEqual(1);
});
