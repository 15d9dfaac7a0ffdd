import type { WaitOptions } from './abort.ts';
import { abortSignal, callable, milliseconds } from './checks.ts';
import type { Lease } from './lease.ts';
import { PoolClosing, type CloseReport, type Killed } from './poolClosing.ts';
import type { Entry } from './poolEntry.ts';
import { PoolClosedError } from './poolErrors.ts';
import { PoolEvents, type PoolEvent, type PoolListener } from './poolEvents.ts';
import { Exchange } from './poolExchange.ts';
import { resolvePoolOptions, type PoolOptions, type ResolvedPoolOptions } from './poolOptions.ts';
import { Tally, type PoolStats } from './poolStats.ts';
import { useLease } from './useLease.ts';

const NO_OPTIONS: WaitOptions = {};

/**
 * Shares up to `max` resources among any number of users. Resources start when they are first needed; the one used last is used next,
 * so that the surplus goes idle and ends; users are served in the order in which they came. A resource counts from the moment it
 * starts until it is really gone, so there are never more than `max`, also while starts or ends hang.
 *
 * @example
 * await using pool = new Pool({ create: () => connect(), destroy: (connection) => connection.end(), max: 5 });
 * const rows = await pool.use((connection) => connection.query('select 1'));
 */
export class Pool<T> implements AsyncDisposable {
  readonly #options: ResolvedPoolOptions<T>;
  readonly #events: PoolEvents;
  readonly #tally = new Tally();
  readonly #exchange: Exchange<T>;
  #closing: PoolClosing<T> | undefined = undefined;

  /** @throws {RangeError} or {TypeError} naming the option that is wrong */
  constructor(options: PoolOptions<T>) {
    this.#options = resolvePoolOptions(options);
    this.#events = new PoolEvents(this.#options.name, this.#options.logger);
    this.#exchange = new Exchange(this.#options, this.#events, this.#tally);
  }

  /**
   * A lease, as soon as there is one.
   *
   * @throws (as a rejection) {@link PoolClosedError} · {@link PoolCreateError} · {@link TimeoutError} · the signal's reason
   */
  acquire(options: WaitOptions = NO_OPTIONS): Promise<Lease<T>> {
    return options === NO_OPTIONS ? this.#exchange.acquire(options) : this.#acquireWithin(options);
  }

  /**
   * Runs `work` with a resource that is given back whatever happens. An error of `work` counts as a failed use; an abort does not.
   * On abort `work` has `closeTimeout` to end; then it is left behind and its resource is replaced.
   */
  async use<R>(
    work: (resource: T, context: { signal: AbortSignal }) => R | PromiseLike<R>,
    options: WaitOptions = NO_OPTIONS,
  ): Promise<Awaited<R>> {
    callable('work', work);
    const lease = await this.acquire(options);
    const { closeTimeout, clock } = this.#options;
    return useLease(lease, (signal) => work(lease.resource, { signal }), { signal: options.signal, grace: closeTimeout, clock });
  }

  /** Whether {@link close} has been called: nothing can be had from it any more. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  stats(): PoolStats {
    const { idle, waiting, slots } = this.#exchange;
    const { live, starting, ending: closing } = slots;
    const counts = { starting, live: live.size, closing, idle, leased: live.size - idle, waiting };
    return { max: this.#options.max, ...counts, ...this.#tally.read() };
  }

  /** The resources that are live, with their ages and uses. */
  entries(): ReadonlySet<Entry<T>> {
    return this.#exchange.slots.live;
  }

  /** Adds an event of the caller's own to the pool's log and to what its observers hear. */
  emit(event: PoolEvent): void {
    this.#events.emit(event);
  }

  /** Calls `listener` with every event of the pool, until the function that is returned is called. */
  observe(listener: PoolListener): () => void {
    return this.#events.observe(listener);
  }

  /**
   * Turns away whoever waits or comes, ends what is idle, and waits for what is leased; one second before `timeout` (milliseconds,
   * default `shutdownTimeout`) is over, kills what is left. It settles by then even if something cannot be killed; where there is less than
   * a second, it kills at once and settles within a second, for dying takes a moment. Further calls
   * return the same promise; one with a shorter timeout makes the shutdown more urgent.
   */
  close({ timeout = this.#options.shutdownTimeout }: { timeout?: number | undefined } = {}): Promise<CloseReport<Killed<T>>> {
    milliseconds('timeout', timeout);
    if (this.#closing === undefined) {
      const closed = new PoolClosedError(this.#options.name);
      this.#closing = new PoolClosing(this.#options.clock, this.#exchange.slots, this.#events, closed);
      this.#exchange.shut(this.#closing, closed);
      this.#closing.start();
    }
    return this.#closing.within(timeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What is wrong with the limits is a rejection, as everything else. */
  async #acquireWithin(options: WaitOptions): Promise<Lease<T>> {
    if (options.timeout !== undefined) milliseconds('timeout', options.timeout);
    abortSignal('signal', options.signal);
    return this.#exchange.acquire(options);
  }
}
