import type { HeapReading, NaturalCollection } from '../probes/probe.ts';

export const NOTHING: HeapReading = { usedBytes: 0, externalBytes: 0, youngBytes: 0 };

export function total(reading: HeapReading): number {
  return reading.usedBytes + reading.externalBytes;
}

/** What has left the young generation. */
export function old(reading: HeapReading): number {
  return total(reading) - reading.youngBytes;
}

/**
 * The most that a test can have kept: what it added, and what collections may have made room for meanwhile out of garbage older than
 * the test. A minor collection frees nothing but what was young; after a major one nothing is known.
 *
 * @param externalFloor the least external memory in use since the last forced collection
 */
export function mostKept(begun: HeapReading, ended: HeapReading, collections: readonly NaturalCollection[], externalFloor: number): number {
  let freedYoung = 0;
  for (const { generation, beforeBytes, afterBytes } of collections) {
    if (generation === 'major') return Number.POSITIVE_INFINITY;
    freedYoung += Math.max(0, beforeBytes - afterBytes);
  }
  const heap = ended.usedBytes - begun.usedBytes + Math.min(freedYoung, begun.youngBytes);
  return heap + ended.externalBytes - Math.min(begun.externalBytes, externalFloor);
}

/**
 * What came to be between two tests outside of the young generation, which is mostly garbage: files that were loaded, hooks, fixtures of
 * the worker.
 */
export function addedBetween(ended: HeapReading, begun: HeapReading, collections: readonly NaturalCollection[]): number {
  let freed = 0;
  for (const { generation, beforeBytes, afterBytes } of collections) {
    if (generation === 'major') freed += Math.max(0, beforeBytes - afterBytes);
  }
  const heap = begun.usedBytes - begun.youngBytes - (ended.usedBytes - ended.youngBytes) + freed;
  return Math.max(0, heap) + Math.max(0, begun.externalBytes - ended.externalBytes);
}
