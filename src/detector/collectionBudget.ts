import type { Clock } from './settle.ts';

/** How much a collection may be worth: the rest is what tests themselves take. */
export type Urgency =
  /** Garbage of the young generation would hide part of what the next test keeps: only that is collected. */
  | 'young'
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
  young: { share: 0.001, allowanceMs: 20 },
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

/** The same of the young generation, whose collections leave nothing to make up for. */
const YOUNG_FIRST_GUESS_MS = 3;

/** Keeps forced collections a small share of the time the tests take. */
export class CollectionBudget {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #full: Spending;
  readonly #young: Spending;
  #startedAt = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#full = new Spending(FIRST_GUESS_MS);
    this.#young = new Spending(YOUNG_FIRST_GUESS_MS);
  }

  start(): void {
    this.#startedAt = this.#clock.now();
  }

  affords(urgency: Urgency): boolean {
    const { share, allowanceMs } = LIMITS[urgency];
    return this.#spendingFor(urgency).nextMs <= allowanceMs + share * (this.#clock.now() - this.#startedAt);
  }

  /** Runs `collect` and books what it took; not what growth was worth: leaks that were looked into leave the budget as it is. */
  spend<T>(urgency: Urgency, collect: () => T): T {
    const before = this.#clock.now();
    const result = collect();
    const pause = this.#clock.now() - before;
    this.#spendingFor(urgency).book(urgency === 'young' ? pause : pause * AFTERMATH, urgency !== 'growth');
    return result;
  }

  #spendingFor(urgency: Urgency): Spending {
    return urgency === 'young' ? this.#young : this.#full;
  }
}

/** What collections of one sort have cost so far, and what the next one will. */
class Spending {
  #spentMs = 0;
  #costMs: number;

  constructor(firstGuessMs: number) {
    this.#costMs = firstGuessMs;
  }

  /** All of them, with one more. */
  get nextMs(): number {
    return this.#spentMs + this.#costMs;
  }

  book(tookMs: number, counts: boolean): void {
    if (counts) this.#spentMs += tookMs;
    this.#costMs = (this.#costMs + tookMs) / 2;
  }
}
