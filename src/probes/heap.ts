import { GCProfiler, getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { findGarbageCollector, type CollectGarbage } from './garbage.ts';
import type { Availability, HeapProbe, HeapReading, NaturalCollection } from './probe.ts';

/**
 * The heap of this process's main thread: V8's own figures, external memory and ArrayBuffers included. `process.memoryUsage()` is
 * not used, because it reads the resident set, which is slow and says nothing about what lives.
 *
 * Natural collections are counted by V8's `GCProfiler`: exact and synchronous, where a `PerformanceObserver` tells of them a turn
 * later; about 40 µs per collection.
 *
 * @param release Lets go of what lives only because somebody looks; called before each reading.
 */
export function createHeapProbe(release: () => void = () => undefined): HeapProbe {
  let collectGarbage: CollectGarbage | undefined;
  let profiler: GCProfiler | undefined;
  const natural: NaturalCollection[] = [];
  let isStarted = false;

  /** Takes over what the profiler has counted, and lets it go on from here. */
  const drain = (keep: boolean): void => {
    const profile = profiler?.stop();
    profiler = undefined;
    if (keep && profile !== undefined) for (const event of profile.statistics) natural.push(...toCollection(event));
  };
  const watch = (): void => {
    profiler = new GCProfiler();
    profiler.start();
  };

  /** Natural collections are what happened before and what happens after it. */
  const unwatched = <T>(force: () => T): T => {
    release();
    const watching = profiler !== undefined;
    drain(true);
    const result = force();
    if (watching) watch();
    return result;
  };

  return {
    name: 'heap',
    availability: (): Availability => {
      collectGarbage ??= findGarbageCollector();
      return collectGarbage === undefined
        ? { available: false, reason: 'this runtime gives no access to its garbage collector' }
        : { available: true };
    },
    start: () => {
      collectGarbage ??= findGarbageCollector();
      isStarted = true;
      if (profiler === undefined) watch();
    },
    stop: () => {
      isStarted = false;
      drain(false);
      natural.length = 0;
    },
    read: () => {
      release();
      return read();
    },
    collect: () =>
      unwatched(() => {
        collectGarbage?.();
        // A freed ArrayBuffer leaves the count with the collection after the one that freed it (Node 20 to 25), be it the smallest.
        collectGarbage?.({ type: 'minor' });
        return read();
      }),
    collectYoung: () =>
      unwatched(() => {
        collectGarbage?.({ type: 'minor' });
        return read();
      }),
    naturalCollections: () => {
      drain(true);
      if (isStarted) watch();
      return natural.splice(0);
    },
    pause: () => {
      drain(false);
      natural.length = 0;
    },
  };
}

function read(): HeapReading {
  const { used_heap_size: usedBytes, external_memory: externalBytes } = getHeapStatistics();
  let youngBytes = 0;
  for (const space of getHeapSpaceStatistics()) if (space.space_name.startsWith('new_')) youngBytes += space.space_used_size;
  return { usedBytes, externalBytes, youngBytes };
}

function toCollection(event: ReturnType<GCProfiler['stop']>['statistics'][number]): NaturalCollection[] {
  const generation = GENERATION[event.gcType];
  if (generation === undefined) return [];
  const { beforeGC, afterGC } = event;
  return [{ generation, beforeBytes: beforeGC.heapStatistics.usedHeapSize, afterBytes: afterGC.heapStatistics.usedHeapSize }];
}

/** V8's names of collections; incremental marking and weak callbacks free nothing. */
const GENERATION: Readonly<Record<string, NaturalCollection['generation'] | undefined>> = {
  Scavenge: 'minor',
  MinorMarkCompact: 'minor',
  MinorMarkSweep: 'minor',
  MarkSweepCompact: 'major',
};
