import { LatencyStretches } from './latencyStretches.ts';
import type { SoakErrors, SoakSample } from './soakJournal.ts';

/** A sample as part of one series over all processes: its reading is shifted to where the process before left off. */
export interface JoinedSample {
  readonly segment: number;
  readonly iteration: number;
  readonly elapsedMs: number;
  readonly reading: Readonly<Record<string, number | null>>;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

const MOST_SAMPLES = 2000;
const MOST_STRETCHES = 80;

/** What a series is before its first sample. */
const NO_ERRORS: SoakErrors = { count: 0, unhandled: 0, messages: [] };

/**
 * Joins the readings of several processes into one series of bounded length.
 *
 * Descriptors, heap and pages belong to the process they are read in. Another process has other levels from its start, and that jump is
 * nobody's growth. So each metric of a segment is shifted by a constant: its first reading in the segment comes to lie on its last one
 * before the segment. Growth within the segments adds up, jumps between them vanish. What is no level (a name that ends in `Ms`) is not
 * shifted. A series that is joined is therefore relative to its beginning: its last value is no reading of any process.
 *
 * Of more than `most` samples every other one is left out, again and again; the first and the last stay.
 */
export class SoakSeries {
  readonly #most: number;
  readonly #latencies = new LatencyStretches(MOST_STRETCHES);
  #kept: JoinedSample[] = [];
  #last: JoinedSample | undefined;
  #errors = NO_ERRORS;
  /** Samples added so far, and of how many one is kept. */
  #added = 0;
  #stride = 1;
  #segment = -1;
  /** By metric: the last value in the joined series, and what is added to this segment's readings. */
  readonly #levels = new Map<string, number>();
  readonly #shifts = new Map<string, number>();

  constructor(most = MOST_SAMPLES) {
    this.#most = most;
  }

  /** In order; at most `most`, and the latest. */
  get samples(): readonly JoinedSample[] {
    const { last } = this;
    return last === undefined || this.#kept.at(-1) === last ? this.#kept : [...this.#kept, last];
  }

  get last(): JoinedSample | undefined {
    return this.#last;
  }

  get errors(): SoakErrors {
    return this.#errors;
  }

  get latencies(): LatencyStretches['all'] {
    return this.#latencies.all;
  }

  /** Adds the next sample, and says where in the series it came to lie. */
  add(segment: number, sample: SoakSample): JoinedSample {
    if (segment !== this.#segment) {
      this.#segment = segment;
      this.#shifts.clear();
    }
    const { iteration, elapsedMs, latency } = sample;
    const reading = Object.fromEntries(Object.entries(sample.reading).map(([name, value]) => [name, this.#shift(name, value)]));
    const joined = { segment, iteration, elapsedMs, reading, p50Ms: latency?.p50Ms ?? null, p95Ms: latency?.p95Ms ?? null };
    this.#errors = sample.errors;
    if (latency !== null) this.#latencies.add(latency);
    this.#keep(joined);
    return joined;
  }

  #shift(name: string, value: number | null): number | null {
    if (value === null || name.endsWith('Ms')) return value;
    let shift = this.#shifts.get(name);
    if (shift === undefined) {
      shift = (this.#levels.get(name) ?? value) - value;
      this.#shifts.set(name, shift);
    }
    this.#levels.set(name, value + shift);
    return value + shift;
  }

  #keep(sample: JoinedSample): void {
    const { last } = this;
    this.#last = sample;
    if (last !== undefined && last.iteration === sample.iteration) {
      // Two readings of one moment are one: the last before and the first after a change of processes agree.
      this.#last = {
        ...sample,
        reading: { ...last.reading, ...measured(sample.reading) },
        p50Ms: sample.p50Ms ?? last.p50Ms,
        p95Ms: sample.p95Ms ?? last.p95Ms,
      };
      if (this.#kept.at(-1) === last) this.#kept[this.#kept.length - 1] = this.#last;
      return;
    }
    if (this.#added % this.#stride === 0) this.#kept.push(sample);
    this.#added += 1;
    if (this.#kept.length <= this.#most) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}

function measured(reading: JoinedSample['reading']): JoinedSample['reading'] {
  return Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== null));
}
