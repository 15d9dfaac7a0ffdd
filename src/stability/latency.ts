import type { ScenarioLatency } from '../core/scenario.ts';
import { median } from '../core/statistics.ts';

/** Width of a bucket relative to its value, so the error of a quantile is at most half of it: 1 %. */
const GROWTH = 1.02;
const LEAST_MS = 0.001;

/** Up to about 36 hours; what takes longer is counted in the last bucket. */
const BUCKETS = Math.ceil(Math.log(130_000_000 / LEAST_MS) / Math.log(GROWTH));

/** Latencies in buckets that grow geometrically (as DDSketch's, Masson et al. 2019): exact to 1 %, 5 kB for any number of them. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  /** The histogram with these filled buckets; what is no bucket counts in the last one. */
  static of(buckets: readonly number[]): LatencyHistogram {
    const histogram = new LatencyHistogram();
    for (let at = 0; at + 1 < buckets.length; at += 2) {
      const index = Math.min(BUCKETS - 1, Math.trunc(buckets[at] ?? 0));
      const count = Math.trunc(buckets[at + 1] ?? 0);
      histogram.#counts[index] = (histogram.#counts[index] ?? 0) + count;
      histogram.#total += count;
    }
    return histogram;
  }

  get count(): number {
    return this.#total;
  }

  record(ms: number): void {
    const index = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH)));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
  }

  add(other: LatencyHistogram): void {
    other.#counts.forEach((count, index) => {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    });
    this.#total += other.#total;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** The filled buckets: index, count, index, count … */
  buckets(): number[] {
    const filled: number[] = [];
    // A loop that the interpreter is quick at: it runs at every sample, too seldom to be compiled.
    for (let index = 0; index < BUCKETS; index += 1) {
      const count = this.#counts[index] ?? 0;
      if (count > 0) filled.push(index, count);
    }
    return filled;
  }

  /** Milliseconds below which this share (0 to 1) of the latencies lies; `null` for none. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let seen = 0;
    const index = this.#counts.findIndex((count) => (seen += count) >= share * this.#total);
    return LEAST_MS * GROWTH ** (index - 0.5);
  }
}

/** Stretches of the run that are kept apart: twenty at least, so that a tenth of the run is one of them or more. */
const LEAST_SEGMENTS = 20;

/**
 * Latencies of a run of unknown length: in stretches of equal length, which double whenever there are more than forty, so that the first
 * and the last tenth can be told apart at any time. All memory is taken at once, or it would show as growth of what is measured.
 */
export class LatencyCourse {
  readonly #segments = Array.from({ length: 2 * LEAST_SEGMENTS }, () => new LatencyHistogram());
  /** Segments in use, from the first on. */
  #used = 1;
  /** Iterations in a full stretch. */
  #length = 1;
  #sinceLast = new LatencyHistogram();
  #taken = new LatencyHistogram();

  record(ms: number): void {
    let last = this.#segments[this.#used - 1];
    if (last === undefined || last.count >= this.#length) {
      if (this.#used === this.#segments.length) this.#double();
      last = this.#segments[this.#used];
      this.#used += 1;
    }
    last?.record(ms);
    this.#sinceLast.record(ms);
  }

  /** Takes over the latencies of a run that is resumed: stretches of equally many samples, as filled buckets. */
  resume(stretches: readonly (readonly number[])[]): void {
    let past = stretches.map((buckets) => LatencyHistogram.of(buckets)).filter(({ count }) => count > 0);
    if (past.length === 0) return;
    // Not the mean: the last one may have been cut short.
    this.#length = Math.ceil(median(past.map(({ count }) => count)));
    while (past.length > this.#segments.length) {
      past = pairs(past).map(merge);
      this.#length *= 2;
    }
    past.forEach((segment, index) => this.#segments[index]?.add(segment));
    this.#used = past.length;
  }

  /** The latencies since the last call. Good until the next one. */
  takeRecent(): LatencyHistogram {
    const recent = this.#sinceLast;
    this.#taken.clear();
    this.#sinceLast = this.#taken;
    this.#taken = recent;
    return recent;
  }

  /** `null` when nothing was recorded. */
  summary(): ScenarioLatency | null {
    const all = merge(this.#segments);
    const p50Ms = all.quantile(0.5);
    const p95Ms = all.quantile(0.95);
    if (p50Ms === null || p95Ms === null) return null;
    return { p50Ms, p95Ms, degradation: this.#degradation() };
  }

  /** p95 of the last tenth against the first. `null` below some eighty iterations: of fewer than eight latencies the p95 is a matter of luck. */
  #degradation(): number | null {
    // Those of a run before are of about equal length.
    const full = this.#segments.filter((segment) => segment.count >= this.#length / 2);
    const tenth = Math.floor(full.length / 10);
    if (tenth < 1 || tenth * this.#length < 8) return null;
    const first = merge(full.slice(0, tenth)).quantile(0.95);
    const last = merge(full.slice(-tenth)).quantile(0.95);
    return first === null || last === null ? null : last / first - 1;
  }

  #double(): void {
    for (const [index, [one, other]] of pairs(this.#segments).entries()) {
      const target = this.#segments[index];
      if (target !== one) {
        target?.clear();
        if (one !== undefined) target?.add(one);
      }
      if (other !== undefined) target?.add(other);
    }
    this.#used = this.#segments.length / 2;
    for (const unused of this.#segments.slice(this.#used)) unused.clear();
    this.#length *= 2;
  }
}

/** Neighbours, two by two; the last may be alone. */
function pairs<T>(values: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, pair) => values.slice(2 * pair, 2 * pair + 2));
}

function merge(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const histogram of histograms) all.add(histogram);
  return all;
}
