import { EvenSeries } from './evenSeries.ts';
import { EvenStretches } from './evenStretches.ts';
import { mergeBuckets } from './latencyBuckets.ts';
import type { SeriesPoint } from './scenario.ts';
import { SegmentShift } from './segmentShift.ts';
import type { LatencyBuckets, SoakErrors, SoakSample } from './soakJournal.ts';

const MOST_STRETCHES = 80;

/** One series out of the samples of several processes, joined by {@link SegmentShift}, in bounded memory. */
export class SoakSeries {
  readonly #points = new EvenSeries();
  readonly #latencies = new EvenStretches<LatencyBuckets>(MOST_STRETCHES, mergeBuckets);
  /** By metric: its last value in the joined series, and as it was read. */
  readonly #levels: Record<string, number> = {};
  readonly #readings: Record<string, number> = {};
  readonly #joins: number[] = [];
  #elapsedMs = 0;
  #errors: SoakErrors = { count: 0, unhandled: 0, messages: [] };
  #shift = new SegmentShift({});
  #segment = -1;

  /** In order, evenly spread; the first and the latest among them. */
  get points(): readonly SeriesPoint[] {
    return this.#points.points;
  }

  /** Of so many samples each point is the first. */
  get stride(): number {
    return this.#points.stride;
  }

  get last(): SeriesPoint | undefined {
    return this.#points.last;
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get errors(): SoakErrors {
    return this.#errors;
  }

  /** In stretches of equally many samples, in order. */
  get latencies(): readonly LatencyBuckets[] {
    return this.#latencies.all;
  }

  /** After which iterations another process went on. */
  get joins(): readonly number[] {
    return this.#joins;
  }

  /** The last joined value of every metric: where the next process is to begin. */
  get levels(): Readonly<Record<string, number>> {
    return this.#levels;
  }

  /** The last reading of every metric, as the latest process to read it had it. */
  get readings(): Readonly<Record<string, number>> {
    return this.#readings;
  }

  add(segment: number, { iteration, elapsedMs, reading, latency, errors }: SoakSample): void {
    if (segment !== this.#segment) {
      if (this.last !== undefined) this.#joins.push(this.last.iteration);
      this.#segment = segment;
      this.#shift = new SegmentShift({ ...this.#levels });
    }
    const joined = this.#shift.join(reading);
    for (const [name, value] of Object.entries(joined)) if (value !== null) this.#levels[name] = value;
    for (const [name, value] of Object.entries(reading)) if (value !== null) this.#readings[name] = value;
    this.#elapsedMs = elapsedMs;
    this.#errors = errors;
    if (latency !== null && latency.length > 0) this.#latencies.add(latency);
    this.#points.add({ ...joined, iteration });
  }
}
