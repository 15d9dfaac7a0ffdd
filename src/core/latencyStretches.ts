import type { LatencyBuckets } from './soakJournal.ts';

/** Latencies of a run of any length in stretches, in order: neighbours are merged whenever there are more than `most`. */
export class LatencyStretches {
  readonly #most: number;
  #stretches: LatencyBuckets[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get all(): readonly LatencyBuckets[] {
    return this.#stretches;
  }

  add(buckets: LatencyBuckets): void {
    if (buckets.length === 0) return;
    this.#stretches.push(buckets);
    if (this.#stretches.length <= this.#most) return;
    const merged: LatencyBuckets[] = [];
    for (let index = 0; index < this.#stretches.length; index += 2) merged.push(mergeBuckets(this.#stretches.slice(index, index + 2)));
    this.#stretches = merged;
  }
}

/** One histogram out of several. */
export function mergeBuckets(stretches: readonly LatencyBuckets[]): LatencyBuckets {
  const counts = new Map<number, number>();
  for (const buckets of stretches) {
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const index = buckets[at] ?? 0;
      counts.set(index, (counts.get(index) ?? 0) + (buckets[at + 1] ?? 0));
    }
  }
  return [...counts].sort(([a], [b]) => a - b).flat();
}
