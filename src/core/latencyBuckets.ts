import type { LatencyBuckets } from './soakJournal.ts';

/** One histogram out of two. */
export function mergeBuckets(one: LatencyBuckets, other: LatencyBuckets): LatencyBuckets {
  // Whole numbers as keys are kept in their order.
  const counts: Record<string, number> = {};
  for (const buckets of [one, other]) {
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const index = String(buckets[at] ?? 0);
      counts[index] = (counts[index] ?? 0) + (buckets[at + 1] ?? 0);
    }
  }
  return Object.entries(counts).flatMap(([index, count]) => [Number(index), count]);
}
