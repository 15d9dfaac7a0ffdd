import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between looks, in milliseconds: killed browsers take a moment to go. Together 1.5 s. */
const PAUSES = [50, 100, 200, 400, 750];

/** Looks again until nothing is left, or for 1.5 seconds. Where nothing is left at once, it costs one look. Returns what the last look told. */
export async function untilGone<T>(look: () => readonly T[]): Promise<readonly T[]> {
  let left = look();
  for (const pause of PAUSES) {
    if (left.length === 0) break;
    await sleep(pause);
    left = look();
  }
  return left;
}
