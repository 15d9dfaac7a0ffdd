import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import { createAllocationSites } from '../../../src/probes/allocationSites.ts';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import type { AllocationSites } from '../../../src/probes/probe.ts';

let sites: AllocationSites;
const kept: unknown[] = [];

beforeEach(() => {
  sites = createAllocationSites();
  sites.start();
  expect(sites.availability()).toEqual({ available: true });
});

afterEach(() => {
  sites.stop();
  kept.length = 0;
});

function fill(): void {
  for (let i = 0; i < 300_000; i += 1) kept.push({ i, text: `row ${String(i)}` });
}

function waste(): number {
  let rows: object[] = [];
  for (let i = 0; i < 2_000_000; i += 1) {
    if (i % 100_000 === 0) rows = [];
    rows.push({ i });
  }
  return rows.length;
}

test('the stack leads to the function that allocated what lives, not to the one that made garbage', () => {
  waste();
  fill();
  const { stack, moduleBytes } = sites.sinceLast();
  expect(stack.some((frame) => frame.function === 'fill')).toBe(true);
  expect(originOf(stack)?.file).toBe(import.meta.filename);
  expect(moduleBytes).toBeLessThan(2_000_000);
});

test('what was told once is not told again', () => {
  fill();
  sites.sinceLast();
  expect(sites.sinceLast().stack.some((frame) => frame.function === 'fill')).toBe(false);
});

test('what a module allocates while it is loaded is counted apart', () => {
  const require = createRequire(import.meta.url);
  const path = require.resolve('typescript');
  Reflect.deleteProperty(require.cache, path);
  kept.push(require('typescript'));
  expect(sites.sinceLast().moduleBytes).toBeGreaterThan(5_000_000);
});

test('where nothing is sampled, nothing is told', () => {
  sites.stop();
  expect(sites.sinceLast()).toEqual({ moduleBytes: 0, otherBytes: 0, siteBytes: 0, stack: [] });
});

test('when somebody else has stopped the sampling, nothing is told, and nothing fails', () => {
  const other = createAllocationSites();
  other.start();
  other.stop();
  fill();
  expect(sites.sinceLast()).toEqual({ moduleBytes: 0, otherBytes: 0, siteBytes: 0, stack: [] });
});

test('what the program has logged is not kept for whoever might look', async () => {
  const collect = findGarbageCollector();
  // V8's own console, with which a session begins; the global one is Vitest's here, and prints.
  const { console } = runInNewContext('({ console })') as { console: Console };
  const logged: WeakRef<object>[] = [];
  const log = (): void => {
    const object = { of: 'the program' };
    logged.push(new WeakRef(object));
    console.log(object);
  };
  for (let i = 0; i < 10; i += 1) log();
  sites.release();
  await turn();
  collect?.();
  expect(logged.map((reference) => reference.deref())).toEqual(logged.map(() => undefined));
});
