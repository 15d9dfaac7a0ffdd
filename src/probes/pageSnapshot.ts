import { closeSync, openSync, writeSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { messageOf } from '../core/messageOf.ts';
import { isObject } from './browserShapes.ts';
import type { PageSession } from './pageSession.ts';

/** JavaScript heap of a page above which no snapshot of it is taken: it would take seconds, in which the page stands still. */
export const MAX_SNAPSHOT_HEAP_BYTES = 32_000_000;

/** Bytes of a snapshot above which the rest is thrown away. */
const MAX_SNAPSHOT_BYTES = 128_000_000;

/** Milliseconds a snapshot may take: it is wanted of pages that have just answered, and a busy machine needs ten times as long as usual. */
const SNAPSHOT_TIMEOUT_MS = 60_000;

/** Memory that two parsed snapshots take, as a multiple of the larger one's size. */
const PARSED_FACTOR = 8;

/**
 * Takes a heap snapshot of a page into a file: about 100 ms and 4 MB for each megabyte of its JavaScript heap, in which the page stands
 * still. What lives does not change by it.
 *
 * @returns Why there is none; `undefined` when there is one.
 */
export async function takePageSnapshot(session: PageSession, file: string, heapBytes: number): Promise<string | undefined> {
  if (heapBytes > MAX_SNAPSHOT_HEAP_BYTES) return `its heap of ${String(Math.round(heapBytes / 1e6))} MB is too large for a heap snapshot`;
  const descriptor = openSync(file, 'w');
  let bytes = 0;
  let failure: string | undefined;
  try {
    const write = (event: unknown): void => {
      const chunk: unknown = isObject(event) ? Reflect.get(event, 'chunk') : undefined;
      if (typeof chunk !== 'string' || bytes > MAX_SNAPSHOT_BYTES || failure !== undefined) return;
      try {
        bytes += writeSync(descriptor, chunk);
      } catch (error) {
        failure = messageOf(error); // Nobody above this call would catch it.
      }
    };
    const [method, event] = ['HeapProfiler.takeHeapSnapshot', 'HeapProfiler.addHeapSnapshotChunk'];
    const answer = await session.stream(method, { reportProgress: false }, event, write, SNAPSHOT_TIMEOUT_MS);
    if (answer === undefined) return `no heap snapshot could be taken: ${session.problem ?? 'no answer'}`;
  } finally {
    closeSync(descriptor);
  }
  if (failure !== undefined) return `its heap snapshot could not be written: ${failure}`;
  if (bytes > MAX_SNAPSHOT_BYTES) return `its heap snapshot has more than ${String(MAX_SNAPSHOT_BYTES / 1e6)} MB`;
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  if (bytes * PARSED_FACTOR > limit - used) return 'its heap snapshot is too large for the memory of this process';
  return bytes === 0 ? 'its heap snapshot is empty' : undefined;
}
