import { closedCircuit, cooldownOf, expireProbes, isProbed, isSpent, nextPlaceAt, reservedProbe, withFailure } from './circuit.ts';
import type { Circuit, CircuitState, HalfOpenCircuit, Probe } from './circuit.ts';
import type { CircuitSettings } from './circuitOptions.ts';
import { safeText } from './safeText.ts';

/** What became of a probe. */
export type ProbeOutcome = 'success' | 'failure' | 'neither';

/** A probe's place, or the milliseconds after which to ask again. */
export type Admission = { readonly circuit: HalfOpenCircuit; readonly probe: Probe } | { readonly retryAfterMs: number };

/** Circuits by state, of those that ever failed. */
export interface CircuitCounts {
  readonly closed: number;
  readonly open: number;
  /** With a probe under way. */
  readonly halfOpen: number;
  /** Half-open without one: the next caller will be a probe, but perhaps nobody ever comes. */
  readonly awaitingProbe: number;
}

/** Among so many of the circuits that were used least recently, one that no longer matters is the first to be forgotten. */
const EVICTION_SAMPLE = 8;

/**
 * The circuits of all keys that have failed, and their transitions. At most `maxKeys` are remembered, the most recently used ones.
 * Every transition begins a new epoch: outcomes are judged by the epoch in which their call was admitted.
 */
export class CircuitRegistry {
  /** How many transitions there have been. */
  epoch = 0;
  trips = 0;
  forgotten = 0;
  readonly #settings: CircuitSettings;
  /** The least recently used first. */
  readonly #circuits = new Map<string, Circuit>();

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
  }

  /** `undefined` where nothing has failed: such a key needs no memory. */
  get(key: string): Circuit | undefined {
    return this.#circuits.get(key);
  }

  state(key: string): CircuitState {
    const circuit = this.#circuits.get(key);
    if (circuit === undefined) return 'closed';
    return circuit.kind === 'open' && this.#settings.clock.now() >= circuit.until ? 'half-open' : circuit.kind;
  }

  counts(): CircuitCounts {
    const now = this.#settings.clock.now();
    const counts = { closed: 0, open: 0, halfOpen: 0, awaitingProbe: 0 };
    for (const circuit of this.#circuits.values()) {
      if (circuit.kind === 'closed') counts.closed += 1;
      else if (circuit.kind === 'open' && now < circuit.until) counts.open += 1;
      else if (circuit.kind === 'half-open' && isProbed(circuit, now)) counts.halfOpen += 1;
      else counts.awaitingProbe += 1;
    }
    return counts;
  }

  /**
   * Asks for a place in a circuit that is not closed; an open one whose cooldown is over becomes half-open.
   *
   * @param reserve Whether the caller is `allows`, who only reserves a place; anybody else may use one that is reserved.
   */
  admit(key: string, circuit: Exclude<Circuit, { kind: 'closed' }>, reserve: boolean): Admission {
    const { clock, probes, probeTimeout } = this.#settings;
    const now = clock.now();
    this.#put(key, circuit, now);
    if (circuit.kind === 'open' && now < circuit.until) return { retryAfterMs: circuit.until - now };
    const halfOpen = circuit.kind === 'open' ? this.#halfOpen(key, circuit.trips, now) : circuit;
    expireProbes(halfOpen, now);
    const reserved = reserve ? undefined : reservedProbe(halfOpen);
    if (reserved !== undefined) {
      reserved.reserved = false;
      return { circuit: halfOpen, probe: reserved };
    }
    if (halfOpen.probes.size + halfOpen.successes >= probes) return { retryAfterMs: nextPlaceAt(halfOpen) - now };
    const probe: Probe = { expiresAt: now + probeTimeout, reserved: reserve, cancel: undefined };
    halfOpen.probes.add(probe);
    return { circuit: halfOpen, probe };
  }

  /** A call that was admitted in `epoch`, by a closed circuit, failed. */
  fail(key: string, epoch: number): void {
    const circuit = this.#circuits.get(key) ?? closedCircuit(0);
    if (circuit.kind !== 'closed' || epoch < circuit.since) return;
    const { clock, window, failureThreshold } = this.#settings;
    const now = clock.now();
    const failures = withFailure(circuit.failures, now, now - window);
    if (failures.length >= failureThreshold) this.#open(key, 1, now);
    else this.#put(key, { kind: 'closed', since: circuit.since, failures }, now);
  }

  /** A probe ended. It counts only while it has its place, in the circuit that admitted it. */
  settle(key: string, { circuit, probe }: Exclude<Admission, { retryAfterMs: number }>, outcome: ProbeOutcome): void {
    if (!circuit.probes.delete(probe) || this.#circuits.get(key) !== circuit || outcome === 'neither') return;
    const now = this.#settings.clock.now();
    if (outcome === 'failure') {
      this.#open(key, circuit.trips + 1, now);
      return;
    }
    circuit.successes += 1;
    if (circuit.successes < this.#settings.probes) return;
    this.#put(key, closedCircuit(this.#nextEpoch()), now);
    this.#settings.logger.info({ event: 'circuit.closed', key: safeText(key) }, 'circuit closed');
  }

  #open(key: string, trips: number, now: number): void {
    const cooldownMs = cooldownOf(trips, this.#settings.cooldown);
    this.trips += 1;
    this.#put(key, { kind: 'open', since: this.#nextEpoch(), trips, until: now + cooldownMs }, now);
    this.#settings.logger.warn({ event: 'circuit.open', key: safeText(key), trips, cooldownMs }, 'circuit open');
  }

  #halfOpen(key: string, trips: number, now: number): HalfOpenCircuit {
    const circuit: HalfOpenCircuit = { kind: 'half-open', since: this.#nextEpoch(), trips, probes: new Set(), successes: 0 };
    this.#put(key, circuit, now);
    this.#settings.logger.info({ event: 'circuit.halfOpen', key: safeText(key), trips }, 'circuit half-open');
    return circuit;
  }

  #nextEpoch(): number {
    this.epoch += 1;
    return this.epoch;
  }

  /** Makes the key the most recently used one, and forgets another if there are too many now. */
  #put(key: string, circuit: Circuit, now: number): void {
    this.#circuits.delete(key);
    if (this.#circuits.size >= this.#settings.maxKeys) this.#forgetOne(now);
    this.#circuits.set(key, circuit);
  }

  #forgetOne(now: number): void {
    let victim: string | undefined;
    let looked = 0;
    for (const [key, circuit] of this.#circuits) {
      victim ??= key;
      if (isSpent(circuit, now, now - this.#settings.window)) {
        victim = key;
        break;
      }
      looked += 1;
      if (looked === EVICTION_SAMPLE) break;
    }
    if (victim === undefined) return;
    this.#circuits.delete(victim);
    this.forgotten += 1;
  }
}
