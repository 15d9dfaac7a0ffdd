import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FramePool } from '../../../src/probes/framePool.ts';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';

/** A stack of its own for each number, built anew by every call. */
function stackOf(number: number): string {
  const calls = Array.from(
    { length: 20 },
    (_, depth) => `    at open${String(depth)} (/suite/${'folder/'.repeat(10)}a.ts:${String(number)}:7)`,
  );
  return `Error\n${calls.join('\n')}`;
}

it('gives equal stacks the same frames, and others their own', () => {
  const pool = new FramePool();
  const frames = pool.parse(stackOf(1));
  expect(frames).toHaveLength(20);
  expect(pool.parse(stackOf(1))).toBe(frames);
  expect(pool.parse(stackOf(2))[0]).toMatchObject({ function: 'open0', line: 2, column: 7 });
});

it('keeps frames for as long as somebody holds them', async () => {
  const collect = findGarbageCollector();
  const pool = new FramePool();
  const held = pool.parse(stackOf(1));
  const dropped = new WeakRef(pool.parse(stackOf(2)));
  // What was looked at through a weak reference lives until its job ends.
  await turn();
  collect?.();
  expect(dropped.deref()).toBeUndefined();
  expect(pool.parse(stackOf(1))).toBe(held);
});

it('forgets the stacks nobody holds frames of', async () => {
  const collect = findGarbageCollector();
  const used = (): number => {
    collect?.();
    return process.memoryUsage().heapUsed;
  };
  const pool = new FramePool();
  const before = used();
  let bytes = 0;
  for (let round = 0; round < 50; round += 1) {
    for (let number = 0; number < 200; number += 1) {
      const stack = stackOf(200 * round + number);
      pool.parse(stack);
      bytes += stack.length;
    }
    await turn();
    collect?.();
  }
  expect(used() - before).toBeLessThan(bytes / 10);
  expect(pool.parse(stackOf(1))).toHaveLength(20);
});
