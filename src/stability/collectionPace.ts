import { LONG_SPAN } from '../core/judgeBytes.ts';

/** Share of the run's time that collecting garbage may take while nothing is suspected. */
const SHARE = 0.04;

/** Readings with a collection that a run gets whatever it costs. Three can show that a long run holds; a short one needs a line. */
const LEAST = 3;
const LEAST_OF_SHORT = 25;

/**
 * When a sample may collect garbage. A collection costs as much as dozens of quick iterations, so it is rationed, until live memory has
 * grown by a part of what would be a leak: from then on every sample collects.
 */
export class CollectionPace {
  readonly #least: number;
  #spentMs = 0;
  #done = 0;
  #suspicious = false;

  /** @param iterations Planned; `null` for a run by time. */
  constructor(iterations: number | null) {
    this.#least = iterations !== null && iterations < LONG_SPAN ? LEAST_OF_SHORT : LEAST;
  }

  /** @param share Of the planned iterations that are done. */
  mayCollect(elapsedMs: number, share: number): boolean {
    // The least are spread over the run.
    if (this.#suspicious || this.#done < Math.floor(share * this.#least)) return true;
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
