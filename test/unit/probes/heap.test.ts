import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { createHeapProbe } from '../../../src/probes/heap.ts';
import type { HeapReading } from '../../../src/probes/probe.ts';

const MB = 1_000_000;
const probe = createHeapProbe();
const kept: unknown[] = [];

function total(reading: HeapReading): number {
  return reading.usedBytes + reading.externalBytes;
}

beforeAll(() => {
  expect(probe.availability()).toEqual({ available: true });
  probe.start();
});

afterAll(() => {
  probe.stop();
});

test('the collector is found without a flag, and the flag is taken back', () => {
  expect(Reflect.get(globalThis, 'gc')).toBeUndefined();
  expect(findGarbageCollector()).toBeTypeOf('function');
  expect(runInNewContext('typeof gc')).toBe('undefined');
});

test('a collector that is exposed already is used', () => {
  setFlagsFromString('--expose-gc');
  const calls: unknown[] = [];
  Reflect.set(globalThis, 'gc', () => calls.push('called'));
  try {
    findGarbageCollector()?.();
    expect(calls).toEqual(['called']);
  } finally {
    Reflect.deleteProperty(globalThis, 'gc');
    setFlagsFromString('--no-expose-gc');
  }
});

test('collecting frees ArrayBuffers that nothing refers to, in one call', () => {
  const before = total(probe.collect());
  let bytes = 0;
  for (let i = 0; i < 20; i += 1) bytes += Buffer.alloc(10 * MB).length;
  expect(bytes).toBe(200 * MB);
  expect(total(probe.collect()) - before).toBeLessThan(MB);
});

test('memory that is kept is counted: objects, strings and buffers', () => {
  const before = total(probe.collect());
  kept.push(Array.from({ length: 200_000 }, (_, i) => ({ i, text: `row ${String(i)}` })));
  const objects = total(probe.collect());
  expect(objects - before).toBeGreaterThan(10 * MB);
  kept.push(Buffer.alloc(20 * MB));
  expect(total(probe.collect()) - objects).toBeGreaterThan(19 * MB);
  kept.length = 0;
  expect(total(probe.collect()) - before).toBeLessThan(MB);
});

test('what was allocated just now is young, and a collection leaves little of it', () => {
  probe.collect();
  const before = probe.read().youngBytes;
  const rows = Array.from({ length: 2_000 }, (_, i) => [i]);
  expect(probe.read().youngBytes).toBeGreaterThan(before);
  expect(rows).toHaveLength(2_000);
});

test('collecting the young generation frees what is garbage there, keeps what lives, and is no natural collection', () => {
  probe.collect();
  probe.naturalCollections();
  const lives = Array.from({ length: 1_000 }, (_, i) => ({ i }));
  for (let i = 0; i < 50_000; i += 1) kept[0] = { i };
  const { youngBytes } = probe.read();
  probe.collectYoung();
  expect(youngBytes - probe.read().youngBytes).toBeGreaterThan(MB);
  expect(lives.at(-1)).toEqual({ i: 999 });
  expect(probe.naturalCollections()).toEqual([]);
});

test('collections that V8 does by itself are told once, forced ones never', () => {
  probe.naturalCollections();
  probe.collect();
  expect(probe.naturalCollections()).toEqual([]);
  for (let i = 0; i < 5_000_000; i += 1) kept[i & 7] = { i };
  const natural = probe.naturalCollections();
  expect(natural.length).toBeGreaterThan(0);
  expect(natural.every(({ generation }) => generation === 'minor' || generation === 'major')).toBe(true);
  expect(natural.some(({ beforeBytes, afterBytes }) => beforeBytes > afterBytes)).toBe(true);
  expect(probe.naturalCollections()).toEqual([]);
});

test('natural collections before a forced one are not forgotten', () => {
  probe.naturalCollections();
  for (let i = 0; i < 5_000_000; i += 1) kept[i & 7] = { i };
  probe.collect();
  expect(probe.naturalCollections().length).toBeGreaterThan(0);
});
