import { numberBetween } from './checks.ts';
import { checkedClock, MAX_TIMER_DELAY, type Clock } from './clock.ts';
import { componentOf, type Closeable, type Component } from './component.ts';
import { LifecycleClosedError } from './errors.ts';
import { guardedLogger, type Logger } from './logger.ts';
import { Shutdown, type ShutdownReport } from './shutdown.ts';
import { listenForSignals, type SignalOptions } from './signals.ts';

/** See {@link Lifecycle}. */
export interface LifecycleOptions {
  /** Milliseconds that a shutdown may take in all; 10,000 by default. */
  readonly timeout?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * Closes what was added, in reverse order, when the program is to end. No component's error or hanging keeps another from being
 * closed: each has its share of the time that is left, and is ended by force after it. Readiness falls before anything closes.
 *
 * @example
 * const lifecycle = new Lifecycle({ timeout: 5_000 });
 * lifecycle.add('pool', { close: async () => {} });
 * const stopListening = lifecycle.handleSignals();
 * const report = await lifecycle.shutdown('done'); // never rejects
 * stopListening[Symbol.dispose]();
 */
export class Lifecycle implements AsyncDisposable {
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #components = new Set<Component>();
  readonly #ending = new AbortController();
  #shutdown: { readonly steps: Shutdown; readonly report: Promise<ShutdownReport> } | undefined;

  constructor(options: LifecycleOptions = {}) {
    this.#timeout = numberBetween('timeout', options.timeout ?? 10_000, { least: 1, most: MAX_TIMER_DELAY });
    this.#clock = checkedClock(options.clock);
    this.#logger = guardedLogger(options.logger);
  }

  get state(): 'running' | 'draining' | 'closed' {
    if (this.#shutdown?.steps.ended === true) return 'closed';
    return this.#shutdown === undefined ? 'running' : 'draining';
  }

  /** Whether new work is welcome; a load balancer asks this. */
  get ready(): boolean {
    return this.state === 'running';
  }

  /** Aborts when the shutdown begins. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Closes `target` when the program ends, before whatever was added earlier.
   *
   * @returns A function that takes it out again, for what is closed earlier; also during the shutdown, until its turn has come.
   * @throws LifecycleClosedError where the shutdown has begun: then `target` is closed right away, not orphaned, and the shutdown waits for it
   */
  add(name: string, target: Closeable): () => void {
    const component = componentOf(name, target);
    if (this.#shutdown !== undefined) {
      if (this.#shutdown.steps.ended) void this.#shutdownOf('came too late').run([component]);
      else this.#shutdown.steps.join(component);
      throw new LifecycleClosedError(name);
    }
    this.#components.add(component);
    return () => {
      this.#components.delete(component);
      this.#shutdown?.steps.leaveOut(component);
    };
  }

  /** Closes everything; every caller gets the same promise. It never rejects: what failed is in the report. */
  shutdown(reason = 'shutdown'): Promise<ShutdownReport> {
    if (this.#shutdown !== undefined) return this.#shutdown.report;
    const steps = this.#shutdownOf(reason);
    // The components hear of it in a microtask: by then `ready` is false, and whoever asks again gets this promise.
    const report = Promise.resolve().then(() => this.#closeAll(steps));
    this.#shutdown = { steps, report };
    this.#logger.info({ event: 'lifecycle.shutdown', reason, components: this.#components.size }, 'shutting down');
    this.#ending.abort(new Error(`Shutting down: ${reason}`));
    return report;
  }

  /**
   * Does not wait any longer: whatever is not closed yet is ended by force (its `kill()`, its `close({ timeout: 0 })`), all at once,
   * the last added first.
   *
   * @returns The promise of the shutdown, which now ends within a second.
   */
  force(reason = 'forced'): Promise<ShutdownReport> {
    const report = this.shutdown(reason);
    this.#logger.warn({ event: 'lifecycle.force', reason }, 'forcing the shutdown');
    this.#shutdown?.steps.hurry([...this.#components].reverse());
    return report;
  }

  /** Shuts down when the process gets SIGTERM or SIGINT, and ends it then; see {@link SignalOptions}. */
  handleSignals(options?: SignalOptions): Disposable {
    return listenForSignals(this, this.#clock, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown('disposed');
  }

  async #closeAll(steps: Shutdown): Promise<ShutdownReport> {
    const report = await steps.run([...this.#components].reverse());
    this.#components.clear();
    return report;
  }

  #shutdownOf(reason: string): Shutdown {
    return new Shutdown(reason, { timeout: this.#timeout, clock: this.#clock, logger: this.#logger });
  }
}
