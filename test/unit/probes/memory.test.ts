import { setImmediate as turn } from 'node:timers/promises';
import type * as V8 from 'node:v8';
import { getHeapCodeStatistics } from 'node:v8';
import { expect, test, vi } from 'vitest';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { CompiledCode } from '../../../src/probes/memory.ts';

vi.mock('node:v8', async (original) => {
  const v8 = await original<typeof V8>();
  return { ...v8, getHeapCodeStatistics: vi.fn(v8.getHeapCodeStatistics) };
});

const walks = vi.mocked(getHeapCodeStatistics);
const collectGarbage = findGarbageCollector();

/** Functions with code of their own that have run; V8 keeps what it has compiled before, by its source. */
function compile(count: number, seed: number): unknown[] {
  return Array.from({ length: count }, (_, i) => {
    const lines = Array.from({ length: 40 }, (_line, j) => `x = x * ${String(i)} + ${String(seed + j)};`);
    // V8 lets go of these, while a script that Node's vm has compiled stays.
    const made = Reflect.construct(Function, ['x', `${lines.join('')} return x;`]) as (x: number) => number;
    made(i);
    return made;
  });
}

test('compiled code is told without a walk of the heap, and never as more than there is', async () => {
  const code = new CompiledCode();
  // V8 will not collect the whole heap by itself so soon after.
  collectGarbage?.();
  const before = code.exact();
  await turn();
  const kept = compile(500, 1000);
  collectGarbage?.({ type: 'minor' });
  walks.mockClear();
  const told = code.atLeast();
  expect(walks).not.toHaveBeenCalled();
  expect(told).toBeGreaterThanOrEqual(before);
  expect(told).toBeLessThanOrEqual(new CompiledCode().exact());
  expect(new CompiledCode().exact() - before).toBeGreaterThan(100_000);
  expect(kept).toHaveLength(500);
});

test('compiled code has with it what V8 keeps beside machine code and does not count', () => {
  const statistics = { external_script_source_size: 0, cpu_profiler_metadata_size: 0 };
  walks.mockReturnValueOnce({ ...statistics, code_and_metadata_size: 1_000_000, bytecode_and_metadata_size: 300_000 });
  expect(new CompiledCode().exact()).toBe(1_800_000);
});

test('compiled code that a collection has freed is not told any more', async () => {
  const code = new CompiledCode();
  const kept = compile(500, 2000);
  const before = code.exact();
  kept.length = 0;
  await turn();
  // What was compiled a moment ago is kept for a few collections, in case it is compiled again.
  for (let times = 0; times < 5; times += 1) collectGarbage?.();
  const told = code.atLeast();
  expect(before - told).toBeGreaterThan(100_000);
  expect(told).toBeLessThanOrEqual(new CompiledCode().exact());
});
