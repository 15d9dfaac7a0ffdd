import { LONG_SPAN } from '../core/judgeBytes.ts';
import type { ReadingDepth } from './meter.ts';

/** Share of the run's time that collecting garbage may take while nothing is suspected, the baseline's collection included. */
const SHARE = 0.04;

/**
 * Readings of memory that a run gets whatever they cost. Three can show that a long run holds; a short one needs a line, and so do the
 * counts of pages, which are read with the memory.
 */
const LEAST = 3;
const LEAST_FOR_LINES = 25;

/**
 * How closely a sample may look at memory. A collection costs as much as dozens of quick iterations, so it is rationed, until live memory
 * has grown by a part of what would be a leak: from then on every sample collects. Where a reading is owed that cannot be afforded, the
 * bound of what may live has to do: if even that has hardly grown, nothing has leaked.
 */
export class CollectionPace {
  #least: number;
  /** What is owed and cannot be afforded: the line that a short run is judged by must not go through bounds. */
  readonly #owed: 'bound' | 'live';
  #costMs = Number.POSITIVE_INFINITY;
  #spentMs = 0;
  #collections = 0;
  #readings = 0;
  #suspicious = false;

  /** @param iterations Planned; `null` for a run by time. */
  constructor(iterations: number | null) {
    this.#least = iterations !== null && iterations < LONG_SPAN ? LEAST_FOR_LINES : LEAST;
    this.#owed = iterations !== null && iterations >= LONG_SPAN ? 'bound' : 'live';
  }

  /**
   * @param costMs Of the baseline, the first collection.
   * @param hasPages Whether something is counted in pages.
   */
  begun(costMs: number, hasPages: boolean): void {
    this.#book(costMs);
    if (hasPages) this.#least = LEAST_FOR_LINES;
  }

  /** @param share Of what was planned that is done. */
  depth(elapsedMs: number, share: number, final: boolean): ReadingDepth['memory'] {
    if (this.#suspicious || this.#spentMs + this.#costMs <= SHARE * elapsedMs) return 'live';
    // The least are spread over the run.
    return final || this.#readings < Math.floor(share * this.#least) ? this.#owed : 'none';
  }

  bounded(): void {
    this.#readings += 1;
  }

  collected(costMs: number): void {
    this.#book(costMs);
    this.#readings += 1;
  }

  suspect(): void {
    this.#suspicious = true;
  }

  #book(costMs: number): void {
    this.#spentMs += costMs;
    this.#collections += 1;
    this.#costMs = this.#spentMs / this.#collections;
  }
}
