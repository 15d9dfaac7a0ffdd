import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { contest, ratioToBestPeer } from './contest.ts';

it('lets a success through at least as fast as the best peer', async () => {
  const standings = await contest('breakerContestants.mjs', 'success', ['leak', 'cockatiel', 'opossum'], 10_000);
  expect(ratioToBestPeer('breaker, success path', standings)).toBeGreaterThanOrEqual(1);
});

it.each([1, 4, 5])('needs at most 500 bytes and no timer for each of 10,000 keys that failed %d times', (failures) => {
  const script = path.join(import.meta.dirname, 'breakerMemory.mjs');
  const output = execFileSync(process.execPath, ['--expose-gc', script, String(failures)], { encoding: 'utf8' });
  const { bytesPerKey, timers, keys } = JSON.parse(output) as { bytesPerKey: number; timers: number; keys: number };
  console.log(`\nbreaker, 10,000 keys with ${failures} failures: ${Math.round(bytesPerKey)} bytes per key, ${timers} timers`);
  expect([keys, timers]).toEqual([10_000, 0]);
  expect(bytesPerKey).toBeLessThanOrEqual(500);
});
