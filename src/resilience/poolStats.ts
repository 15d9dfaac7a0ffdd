import type { ReplaceCause } from './poolEvents.ts';

/** A pool at this moment, and its counters since it was made. `live` = `idle` + `leased`; `starting` + `live` + `closing` ≤ `max`. */
export interface PoolStats {
  readonly max: number;
  readonly starting: number;
  readonly live: number;
  readonly closing: number;
  readonly idle: number;
  /** Held, being checked, or being cleaned up after somebody. */
  readonly leased: number;
  readonly waiting: number;
  readonly launched: number;
  readonly launchFailures: number;
  /** Leases on a resource that had been used before. */
  readonly reused: number;
  /** `reused` as a share of all leases; 0 before the first. */
  readonly reuseRatio: number;
  /** How often somebody came while everything was taken. */
  readonly exhausted: number;
  readonly killed: number;
  /** Waits that ended without a lease: timed out, aborted, or turned away. */
  readonly unserved: number;
  readonly replaced: Readonly<Record<ReplaceCause, number>>;
}

/** The counters. */
export class Tally {
  launched = 0;
  launchFailures = 0;
  leases = 0;
  reused = 0;
  exhausted = 0;
  killed = 0;
  unserved = 0;
  readonly replaced: Record<ReplaceCause, number> = { age: 0, uses: 0, failures: 0, health: 0, disconnected: 0 };

  read(): Omit<PoolStats, 'max' | 'starting' | 'live' | 'closing' | 'idle' | 'leased' | 'waiting'> {
    const { launched, launchFailures, reused, exhausted, killed, unserved } = this;
    const reuseRatio = this.leases === 0 ? 0 : reused / this.leases;
    return { launched, launchFailures, reused, reuseRatio, exhausted, killed, unserved, replaced: { ...this.replaced } };
  }
}
