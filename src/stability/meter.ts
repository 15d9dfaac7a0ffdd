import type { Finding } from '../core/finding.ts';

/** All metrics at one moment, by name: `fds`, `heapBytes`, `shop.domNodes`. `null`: it could not be read this time. */
export type Reading = Readonly<Record<string, number | null>>;

/** By how much each leaking metric has grown since the baseline, as its course goes: `{ fds: 12, heapBytes: 2_400_000 }`. */
export type Leaking = Readonly<Record<string, number>>;

/** How thorough a reading is. */
export interface ReadingDepth {
  /**
   * - `none`: the metrics of memory are left out.
   * - `bound`: what the worker can hold at most: garbage is in it, but for the young generation’s. A few ms; pages are read as for `live`.
   * - `live`: garbage is collected first, in the worker and in the pages: 25–60 ms.
   */
  readonly memory: 'none' | 'bound' | 'live';
  /** The last reading: wait up to the settle time for counts to come back to the baseline. */
  readonly final: boolean;
}

/**
 * Measures a scenario from one moment to another; passed in, so that the runner knows nothing of probes and pages.
 * Nothing it does may throw: what cannot be read is `null`, and {@link Meter.notes} says why.
 */
export interface Meter {
  /** Takes the baseline, when the warm-up is over: what is open now is not the scenario's growth. Returns the first reading. */
  start(): Promise<Reading>;
  read(depth: ReadingDepth): Promise<Reading>;
  /**
   * What was opened since the baseline and is open now, with the lines that opened it; classes that grew in the pages.
   *
   * @param leaking Only pages with one of these metrics are looked into, for that takes heap snapshots.
   */
  survivors(leaking: Leaking): Promise<readonly Finding[]>;
  /** Children that have ended since the baseline and were not waited for; `null` without one, and where they cannot be seen. */
  zombies(): number | null;
  /** Metrics of what was closed since the baseline, as a page that the scenario replaces: they ended with it, and say nothing of the rest. */
  closed(): readonly string[];
  /** Sentences: what could not be measured here, and why. Each once. */
  notes(): readonly string[];
  /** Ends the CDP sessions and whatever else `start` opened. */
  stop(): Promise<void>;
}
