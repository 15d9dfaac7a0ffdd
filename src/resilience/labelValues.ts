/** What a label may say: a word, a dotted name, a host with its port. A URL does not fit, and neither does a sentence. */
const ALLOWED = /^[A-Za-z0-9_.:-]{1,64}$/;

/** What takes the place of every value that does not pass. */
export const OTHER = 'other';

/**
 * Keeps the values of one label few: the first `limit` different ones pass, everything else, and whatever looks like more than a name,
 * is `other`. Each value of a label is a time series that Prometheus keeps.
 */
export class LabelValues {
  readonly #known = new Set<string>();
  readonly #limit: number;

  constructor(limit = 50) {
    this.#limit = limit;
  }

  /** The value to use for `value`. */
  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit || !ALLOWED.test(value)) return OTHER;
    this.#known.add(value);
    return value;
  }
}
