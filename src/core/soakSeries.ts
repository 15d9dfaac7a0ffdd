import { LatencyStretches } from './latencyStretches.ts';
import type { SeriesPoint } from './scenario.ts';
import { SegmentShift } from './segmentShift.ts';
import type { SoakErrors, SoakSample } from './soakJournal.ts';

const MOST_POINTS = 400;
const MOST_STRETCHES = 80;

/**
 * One series out of the samples of several processes, joined by {@link SegmentShift}, in bounded memory: of more than `most` points every
 * other one is left out, again and again; the first and the last stay.
 */
export class SoakSeries {
  readonly #most: number;
  readonly #latencies = new LatencyStretches(MOST_STRETCHES);
  /** By metric: its last value in the joined series. */
  readonly #levels: Record<string, number> = {};
  #kept: SeriesPoint[] = [];
  #last: SeriesPoint | undefined;
  #elapsedMs = 0;
  #errors: SoakErrors = { count: 0, unhandled: 0, messages: [] };
  #shift = new SegmentShift({});
  #segment = -1;
  /** Points added so far, and of how many one is kept. */
  #added = 0;
  #stride = 1;

  constructor(most = MOST_POINTS) {
    this.#most = most;
  }

  /** In order; at most `most`, and the latest. */
  get points(): readonly SeriesPoint[] {
    const last = this.#last;
    return last === undefined || this.#kept.at(-1) === last ? this.#kept : [...this.#kept, last];
  }

  get last(): SeriesPoint | undefined {
    return this.#last;
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get errors(): SoakErrors {
    return this.#errors;
  }

  get latencies(): LatencyStretches['all'] {
    return this.#latencies.all;
  }

  /** The last joined value of every metric: where the next process is to begin. */
  get levels(): Readonly<Record<string, number>> {
    return this.#levels;
  }

  add(segment: number, { iteration, elapsedMs, reading, latency, errors }: SoakSample): void {
    if (segment !== this.#segment) {
      this.#segment = segment;
      this.#shift = new SegmentShift({ ...this.#levels });
    }
    const joined = this.#shift.join(reading);
    for (const [name, value] of Object.entries(joined)) if (value !== null) this.#levels[name] = value;
    this.#elapsedMs = elapsedMs;
    this.#errors = errors;
    if (latency !== null) this.#latencies.add(latency);
    this.#keep({ ...joined, iteration });
  }

  #keep(point: SeriesPoint): void {
    const last = this.#last;
    if (last?.iteration === point.iteration) {
      // Two readings of one moment are one: the last before and the first after a change of processes agree.
      this.#last = { ...last, ...measured(point), iteration: point.iteration };
      if (this.#kept.at(-1) === last) this.#kept[this.#kept.length - 1] = this.#last;
      return;
    }
    this.#last = point;
    if (this.#added % this.#stride === 0) this.#kept.push(point);
    this.#added += 1;
    if (this.#kept.length <= this.#most) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}

function measured(point: SeriesPoint): Record<string, number | null> {
  return Object.fromEntries(Object.entries(point).filter(([, value]) => value !== null));
}
