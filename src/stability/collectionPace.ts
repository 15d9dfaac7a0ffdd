/** Share of the run's time that collecting garbage may take while nothing is suspected. */
const SHARE = 0.04;

/** Readings with a collection that a run gets whatever it costs, for a line needs points. */
const LEAST = 3;

/**
 * When a sample may collect garbage. A collection costs as much as dozens of quick iterations, so it is rationed, until live memory has
 * grown by a part of what would be a leak: from then on every sample collects.
 */
export class CollectionPace {
  #spentMs = 0;
  #done = 0;
  #suspicious = false;

  mayCollect(elapsedMs: number, share: number): boolean {
    // Of the least, one belongs to each third of the run.
    if (this.#suspicious || this.#done < Math.floor(share * LEAST)) return true;
    // Before the first of them nobody knows what one costs.
    return this.#done > 0 && this.#spentMs * (1 + 1 / this.#done) <= SHARE * elapsedMs;
  }

  collected(costMs: number): void {
    this.#spentMs += costMs;
    this.#done += 1;
  }

  suspect(): void {
    this.#suspicious = true;
  }
}
