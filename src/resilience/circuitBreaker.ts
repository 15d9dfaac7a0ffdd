import { abortReason, isAborted, TimeoutError, watch, withinLimits, type WaitOptions } from './abort.ts';
import { abortSignal, callable, shown } from './checks.ts';
import { reservedProbe, type CircuitState, type HalfOpenCircuit, type OpenCircuit } from './circuit.ts';
import { circuitSettings, type CircuitBreakerOptions, type CircuitSettings } from './circuitOptions.ts';
import { CircuitRegistry, type CircuitCounts } from './circuitRegistry.ts';
import { CircuitOpenError } from './errors.ts';
import { errorFields } from './logger.ts';

/** What `execute` hands to the function it calls. A probe always has a signal: it aborts when the probe's place is given to another. */
export interface ExecuteContext {
  readonly signal: AbortSignal | undefined;
}

/** See {@link CircuitBreaker.stats}. These three count from the beginning. */
export interface CircuitBreakerStats extends CircuitCounts {
  readonly trips: number;
  readonly rejected: number;
  readonly forgotten: number;
}

type Attempt<T> = (context: ExecuteContext) => T | PromiseLike<T>;

const WITHOUT_SIGNAL: ExecuteContext = { signal: undefined };

/**
 * Keeps callers away from what fails: a circuit for each key (a URL, a host). `failureThreshold` failures within `window` open it; while
 * it is open, callers fail at once with {@link CircuitOpenError}; after the cooldown, exactly `probes` callers are let through, and
 * if all of them succeed it closes. There are no timers: time is looked at when somebody comes.
 *
 * What `execute` called before the circuit's last transition no longer counts, whatever becomes of it. `allows` and the two that record
 * know a caller by the key alone: an outcome counts as that of whoever has waited longest for one, and `execute` uses a place that `allows`
 * has reserved. Keep to one of the two ways for a key; `execute` is the exact one.
 *
 * @example
 * const breaker = new CircuitBreaker({ failureThreshold: 3, isFailure: (error) => !(error instanceof RangeError) });
 * const answer = await breaker.execute('shop.test', async () => 42);
 * // or, step by step:
 * if (breaker.allows('shop.test')) {
 *   breaker.recordFailure('shop.test');
 * }
 */
export class CircuitBreaker {
  readonly #settings: CircuitSettings;
  readonly #circuits: CircuitRegistry;
  #rejected = 0;

  constructor(options: CircuitBreakerOptions = {}) {
    this.#settings = circuitSettings(options);
    this.#circuits = new CircuitRegistry(this.#settings);
  }

  /**
   * Calls `fn` if the circuit lets it, and learns from what becomes of it. A call whose signal aborts settles at once, with the signal's
   * reason, and counts neither as a failure nor as a success.
   *
   * @throws CircuitOpenError, the signal's reason, or what `fn` throws
   */
  async execute<T>(key: string, fn: Attempt<T>, options?: Pick<WaitOptions, 'signal'>): Promise<T> {
    checkKey(key);
    callable('fn', fn);
    const signal = options?.signal;
    abortSignal('signal', signal);
    if (signal?.aborted === true) throw abortReason(signal);
    const circuit = this.#circuits.get(key);
    if (circuit !== undefined && circuit.kind !== 'closed') return this.#executeProbe(key, circuit, fn, signal);
    const { epoch } = this.#circuits;
    try {
      return await (signal === undefined ? fn(WITHOUT_SIGNAL) : withinLimits(call(fn, signal), { signal }));
    } catch (error) {
      if (!isAborted(signal) && this.#counts(error)) this.#circuits.fail(key, epoch);
      throw error;
    }
  }

  /**
   * Whether a call may be made now. In a half-open circuit a yes is one of its probes: the caller goes on with `recordSuccess`,
   * `recordFailure` or `execute`, or loses the place after `probeTimeout`.
   */
  allows(key: string): boolean {
    checkKey(key);
    const circuit = this.#circuits.get(key);
    if (circuit === undefined || circuit.kind === 'closed') return true;
    const allowed = 'probe' in this.#circuits.admit(key, circuit, true);
    if (!allowed) this.#rejected += 1;
    return allowed;
  }

  /** Tells of a success after `allows`. In an open circuit, or in a half-open one that did not allow it, it comes too late and is ignored. */
  recordSuccess(key: string): void {
    this.#settleReserved(key, 'success');
  }

  /** Tells of a failure after `allows`; see {@link CircuitBreaker.recordSuccess}. */
  recordFailure(key: string): void {
    this.#settleReserved(key, 'failure');
    // Does nothing but in a closed circuit.
    this.#circuits.fail(key, this.#circuits.epoch);
  }

  /** The circuit's state at this moment: one whose cooldown is over is half-open, also before anybody has come. */
  state(key: string): CircuitState {
    checkKey(key);
    return this.#circuits.state(key);
  }

  /**
   * How many circuits are in which state (of those that ever failed), how often one opened, rejected a caller, or was forgotten. What
   * {@link CircuitBreaker.state} calls half-open counts as `halfOpen` while a probe is under way, else as `awaitingProbe`.
   */
  stats(): CircuitBreakerStats {
    const { trips, forgotten } = this.#circuits;
    return { ...this.#circuits.counts(), trips, rejected: this.#rejected, forgotten };
  }

  #settleReserved(key: string, outcome: 'success' | 'failure'): void {
    checkKey(key);
    const circuit = this.#circuits.get(key);
    if (circuit?.kind !== 'half-open') return;
    const probe = reservedProbe(circuit);
    if (probe !== undefined) this.#circuits.settle(key, { circuit, probe }, outcome);
  }

  async #executeProbe<T>(key: string, circuit: OpenCircuit | HalfOpenCircuit, fn: Attempt<T>, signal: AbortSignal | undefined): Promise<T> {
    const admission = this.#circuits.admit(key, circuit, false);
    if ('retryAfterMs' in admission) {
      this.#rejected += 1;
      throw new CircuitOpenError(key, admission.retryAfterMs);
    }
    const { probeTimeout } = this.#settings;
    const controller = new AbortController();
    admission.probe.cancel = () => {
      controller.abort(new TimeoutError(`The probe took longer than ${probeTimeout} ms, and another took its place`, probeTimeout));
    };
    const stop = watch({ signal }, (reason) => {
      controller.abort(reason);
    });
    try {
      const value = await withinLimits(call(fn, controller.signal), { signal: controller.signal });
      this.#circuits.settle(key, admission, 'success');
      return value;
    } catch (error) {
      this.#circuits.settle(key, admission, !controller.signal.aborted && this.#counts(error) ? 'failure' : 'neither');
      throw error;
    } finally {
      stop();
    }
  }

  /** A classification that throws cannot tell: the error counts, and the caller gets the error, not the classification's. */
  #counts(error: unknown): boolean {
    try {
      return this.#settings.isFailure(error);
    } catch (cause) {
      this.#settings.logger.error({ event: 'circuit.isFailureThrew', error: errorFields(cause) }, 'isFailure threw');
      return true;
    }
  }
}

/** Calls `fn`; what it throws before its first `await` becomes a rejection too. */
async function call<T>(fn: Attempt<T>, signal: AbortSignal): Promise<T> {
  return fn({ signal });
}

function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${shown(key)}`);
}
