import type { LatencySummary } from './soakJournal.ts';

/** Iterations in a row, and their latencies: filled buckets of the histogram as index, count, index, count … */
export interface LatencyStretch {
  readonly count: number;
  readonly buckets: readonly number[];
}

/** Latencies of a run of any length in stretches, in order: neighbours are merged whenever there are more than `most`. */
export class LatencyStretches {
  readonly #most: number;
  #stretches: LatencyStretch[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get all(): readonly LatencyStretch[] {
    return this.#stretches;
  }

  add({ count, buckets }: Pick<LatencySummary, 'count' | 'buckets'>): void {
    if (count === 0) return;
    this.#stretches.push({ count, buckets });
    if (this.#stretches.length <= this.#most) return;
    const merged: LatencyStretch[] = [];
    for (let index = 0; index < this.#stretches.length; index += 2) merged.push(merge(this.#stretches.slice(index, index + 2)));
    this.#stretches = merged;
  }
}

function merge(stretches: readonly LatencyStretch[]): LatencyStretch {
  const counts = new Map<number, number>();
  for (const { buckets } of stretches) {
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const index = buckets[at] ?? 0;
      counts.set(index, (counts.get(index) ?? 0) + (buckets[at + 1] ?? 0));
    }
  }
  return {
    count: stretches.reduce((sum, { count }) => sum + count, 0),
    buckets: [...counts].sort(([a], [b]) => a - b).flat(),
  };
}
