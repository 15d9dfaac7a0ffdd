import { expect, it } from 'vitest';
import { contest, ratioToBestPeer } from './contest.ts';

const CONTESTANTS = ['leak', 'bare undici', 'a client per request'];
const BATCH = 200;

// What deadlines, a queue that lets go and the figures cost beside undici as it comes.
it.each(['one by one', 'ten at once'])(
  'HttpPool needs at most twice the CPU time of bare undici, and less than a client per request: %s',
  async (shape) => {
    const standings = await contest('httpContestants.mjs', shape, CONTESTANTS, BATCH);
    expect(ratioToBestPeer(`http, ${shape}`, standings)).toBeGreaterThanOrEqual(0.5);
    const [own, , perRequest] = standings.map(({ opsPerCpuSecond }) => opsPerCpuSecond);
    expect(own).toBeGreaterThan(perRequest ?? NaN);
  },
);
