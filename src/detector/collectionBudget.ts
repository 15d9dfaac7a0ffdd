import type { Clock } from './settle.ts';

/** How much a collection may be worth: the rest is what tests themselves take. */
export type Urgency =
  /** One more point for the trend. */
  | 'sample'
  /** Garbage has piled up, so that what the next test keeps could not be told from it. */
  | 'pile'
  /** A test that did not visibly grow may still have kept something. */
  | 'suspicion'
  /** The test itself visibly grew by more than its threshold: never put off, or a leak would be missed on a busy machine. */
  | 'growth';

/** Share of the worker's time that collections may take in all, and milliseconds on top of it that a short run may take at once. */
const LIMITS: Readonly<Record<Urgency, { readonly share: number; readonly allowanceMs: number }>> = {
  sample: { share: 0.015, allowanceMs: 0 },
  pile: { share: 0.02, allowanceMs: 0 },
  suspicion: { share: 0.03, allowanceMs: 600 },
  growth: { share: 1, allowanceMs: Number.POSITIVE_INFINITY },
};

/**
 * What a forced collection costs in all, as a multiple of its pause: caches and compiled code that V8 drops with it come again. In a
 * worker whose tests have a page it took 70 ms of CPU time at a pause of 27 (Node 20, 8 collections in 60 tests).
 */
const AFTERMATH = 2.5;

/** What a collection is taken to cost before the first one was measured. */
const FIRST_GUESS_MS = 75;

/** Keeps forced collections a small share of the time the tests take. */
export class CollectionBudget {
  readonly #clock: Pick<Clock, 'now'>;
  #startedAt = 0;
  /** Without what growth was worth: leaks that were looked into leave the budget for the tests after them as it is. */
  #spentMs = 0;
  #costMs = FIRST_GUESS_MS;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  start(): void {
    this.#startedAt = this.#clock.now();
  }

  affords(urgency: Urgency): boolean {
    const { share, allowanceMs } = LIMITS[urgency];
    return this.#spentMs + this.#costMs <= allowanceMs + share * (this.#clock.now() - this.#startedAt);
  }

  /** Runs `collect` and books what it took. */
  spend<T>(urgency: Urgency, collect: () => T): T {
    const before = this.#clock.now();
    const result = collect();
    const took = (this.#clock.now() - before) * AFTERMATH;
    if (urgency !== 'growth') this.#spentMs += took;
    this.#costMs = (this.#costMs + took) / 2;
    return result;
  }
}
