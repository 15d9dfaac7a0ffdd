/** One key's circuit. `since` is the breaker's epoch at the circuit's last transition: outcomes admitted before it come too late. */
export type Circuit = ClosedCircuit | OpenCircuit | HalfOpenCircuit;

/** Everybody passes. `failures` are the times of the failures in the window, oldest first, never more than the threshold. */
export interface ClosedCircuit {
  readonly kind: 'closed';
  readonly since: number;
  readonly failures: readonly number[];
}

/** Nobody passes before `until`. `trips` counts how often it opened in a row. */
export interface OpenCircuit {
  readonly kind: 'open';
  readonly since: number;
  readonly trips: number;
  readonly until: number;
}

/** A limited number of probes passes. */
export interface HalfOpenCircuit {
  readonly kind: 'half-open';
  readonly since: number;
  readonly trips: number;
  /** Under way, oldest first. */
  readonly probes: Set<Probe>;
  successes: number;
}

/** A place in a half-open circuit. Past `expiresAt` the next caller may take it. */
export interface Probe {
  readonly expiresAt: number;
  /** Taken by `allows`, for a caller who will report by itself or call `execute`. */
  reserved: boolean;
  /** Ends the attempt that holds the place. */
  cancel: (() => void) | undefined;
}

/** The three states as users know them. */
export type CircuitState = Circuit['kind'];

const NO_FAILURES: readonly number[] = [];

/** A circuit that has just recovered, or never failed. */
export function closedCircuit(since: number): ClosedCircuit {
  return { kind: 'closed', since, failures: NO_FAILURES };
}

/**
 * The failures that still count, and one more. The array has no spare room: there may be thousands of circuits.
 *
 * @param horizon What happened at this time or before has left the window.
 */
export function withFailure(failures: readonly number[], now: number, horizon: number): readonly number[] {
  return failures.filter((time) => time > horizon).concat(now);
}

/** Milliseconds that a circuit stays open: `cooldown · factor^(trips − 1)`, never more than `max`. */
export function cooldownOf(trips: number, { cooldown, factor, max }: { cooldown: number; factor: number; max: number }): number {
  // 0 · Infinity is no number: without a cooldown there is nothing to grow.
  return cooldown === 0 ? 0 : Math.min(max, cooldown * factor ** (trips - 1));
}

/** Whether forgetting the circuit changes nothing that anybody could notice soon. */
export function isSpent(circuit: Circuit, now: number, horizon: number): boolean {
  if (circuit.kind === 'closed') return (circuit.failures.at(-1) ?? -Infinity) <= horizon;
  return circuit.kind === 'open' ? circuit.until <= now : circuit.probes.size === 0;
}

/** Whether a probe is under way, and within its time. */
export function isProbed(circuit: HalfOpenCircuit, now: number): boolean {
  for (const probe of circuit.probes) if (probe.expiresAt > now) return true;
  return false;
}

/** Takes the places of probes that hang away from them. */
export function expireProbes(circuit: HalfOpenCircuit, now: number): void {
  for (const probe of circuit.probes) {
    if (probe.expiresAt > now) continue;
    circuit.probes.delete(probe);
    probe.cancel?.();
  }
}

/** The probe that `allows` reserved first and nobody has used since. */
export function reservedProbe(circuit: HalfOpenCircuit): Probe | undefined {
  for (const probe of circuit.probes) if (probe.reserved) return probe;
  return undefined;
}

/** When the next place becomes free at the latest. */
export function nextPlaceAt(circuit: HalfOpenCircuit): number {
  let earliest = Infinity;
  for (const probe of circuit.probes) earliest = Math.min(earliest, probe.expiresAt);
  return earliest;
}
