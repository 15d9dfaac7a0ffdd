import { expect, it } from 'vitest';
import { contest, ratioToBestPeer } from './contest.ts';

const CONTESTANTS = ['leak', 'cockatiel', 'p-retry', 'exponential-backoff'];

// No bar: a wait is what a retry is made of. What is watched is that deadline, signal and budget do not make success expensive.
it.each(['success', 'one failure'])('retries: %s', async (scenario) => {
  const standings = await contest('retryContestants.mjs', scenario, CONTESTANTS, 2_000);
  expect(ratioToBestPeer(`retry, ${scenario}`, standings)).toBeGreaterThan(0.1);
});
