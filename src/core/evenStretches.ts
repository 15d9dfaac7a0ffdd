/** Stretches of a run, each of as many samples. */
export interface Stretches<T> {
  readonly all: readonly T[];
  /** Samples to a stretch; the last one may have fewer. */
  readonly length: number;
}

/**
 * Samples of a run of any length, in bounded memory: joined into stretches of equally many, in order. Whenever there are more than `most`
 * stretches, neighbours become one, and those to come take as many samples as these.
 */
export class EvenStretches<T> implements Stretches<T> {
  readonly #most: number;
  readonly #join: (earlier: T, later: T) => T;
  #all: T[];
  #length: number;
  /** Samples in the last stretch. */
  #inLast: number;

  /** @param past Of a run that is continued. */
  constructor(most: number, join: (earlier: T, later: T) => T, past: Stretches<T> = { all: [], length: 1 }) {
    this.#most = most;
    this.#join = join;
    this.#all = [...past.all];
    this.#length = past.length;
    this.#inLast = past.length;
    while (this.#all.length > most) this.#joinNeighbours();
  }

  get all(): readonly T[] {
    return this.#all;
  }

  get length(): number {
    return this.#length;
  }

  add(sample: T): void {
    const last = this.#all.length === 0 || this.#inLast === this.#length ? undefined : this.#all.pop();
    this.#all.push(last === undefined ? sample : this.#join(last, sample));
    this.#inLast = last === undefined ? 1 : this.#inLast + 1;
    if (this.#all.length > this.#most) this.#joinNeighbours();
  }

  #joinNeighbours(): void {
    const joined: T[] = [];
    for (const [index, stretch] of this.#all.entries()) {
      const before = index % 2 === 0 ? undefined : joined.pop();
      joined.push(before === undefined ? stretch : this.#join(before, stretch));
    }
    // An odd one is half of a stretch yet.
    if (this.#all.length % 2 === 0) this.#inLast += this.#length;
    this.#all = joined;
    this.#length *= 2;
  }
}
