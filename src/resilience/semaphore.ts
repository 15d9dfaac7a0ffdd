import { abortReason, TimeoutError, type WaitOptions } from './abort.ts';
import { abortSignal, callable, milliseconds, shown } from './checks.ts';
import { addAbortListener, removeAbortListener, type AbortListener } from './abortListeners.ts';
import { checkedClock, type Clock, type Timer } from './clock.ts';
import { WaitQueue, type Place } from './waitQueue.ts';

/** What all permits of one semaphore share. Apart from {@link Semaphore} so that a permit can give itself back and nobody else can. */
class Gate {
  available: number;
  readonly queue = new WaitQueue<Waiter>();

  constructor(permits: number) {
    this.available = permits;
  }

  /** One permit came back: it goes to whoever has waited longest. */
  giveBack(): void {
    const waiter = this.queue.shift();
    if (waiter === undefined) this.available += 1;
    else waiter.grant();
  }
}

/** The right to go on, held by one caller until it gives it back. */
export class Permit implements AsyncDisposable, Disposable {
  #gate: Gate | undefined;

  /** @internal */
  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /**
   * Gives the permit back to whoever has waited longest.
   *
   * @throws Error where it was given back before: a second release would let one more in than there are permits.
   */
  release(): void {
    if (this.#gate === undefined) throw new Error('This permit was released before');
    const gate = this.#gate;
    this.#gate = undefined;
    gate.giveBack();
  }

  /** Gives the permit back if it is still held. */
  [Symbol.dispose](): void {
    if (this.#gate !== undefined) this.release();
  }

  /** As {@link Permit[Symbol.dispose]}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }
}

/** Somebody in the queue, together with what can end the wait: the grant, the signal or the timer. */
class Waiter implements Place, AbortListener {
  previous: Place | undefined = undefined;
  next: Place | undefined = undefined;
  readonly #gate: Gate;
  readonly #resolve: (permit: Permit) => void;
  readonly #reject: (reason: Error) => void;
  #signal: AbortSignal | undefined = undefined;
  #timer: Timer | undefined = undefined;

  constructor(gate: Gate, resolve: (permit: Permit) => void, reject: (reason: Error) => void) {
    this.#gate = gate;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Begins to listen for what could end the wait early. */
  limit(signal: AbortSignal | undefined, timeout: number, clock: Clock): void {
    this.#signal = signal;
    if (signal !== undefined) addAbortListener(signal, this);
    if (timeout === Infinity) return;
    this.#timer = clock.setTimeout(
      () => {
        this.#leave(new TimeoutError(`Timed out after ${timeout} ms waiting for a permit`, timeout));
      },
      timeout,
      { keepAlive: true },
    );
  }

  /** The queue has let this waiter go: it owns a permit now, and no abort can take it away. */
  grant(): void {
    this.#stopListening();
    this.#resolve(new Permit(this.#gate));
  }

  /** The signal has aborted. */
  onAbort(): void {
    if (this.#signal !== undefined) this.#leave(abortReason(this.#signal));
  }

  #leave(reason: Error): void {
    this.#gate.queue.remove(this);
    this.#stopListening();
    this.#reject(reason);
  }

  #stopListening(): void {
    if (this.#signal !== undefined) removeAbortListener(this.#signal, this);
    this.#timer?.cancel();
  }
}

/**
 * Lets at most `permits` callers in at a time; the others wait in the order in which they came. A waiter that gives up (signal, timeout)
 * leaves the queue at once. Async context (`AsyncLocalStorage`) is the waiter's own, not that of whoever released.
 *
 * @example
 * const three = new Semaphore(3);
 * {
 *   await using permit = await three.acquire({ timeout: 1_000 });
 *   // at most three at a time
 * }
 * const answer = await three.run(async () => 42);
 */
export class Semaphore {
  /** How many permits there are in all. */
  readonly permits: number;
  readonly #gate: Gate;
  readonly #clock: Clock;

  /** @throws RangeError where `permits` is no whole number of at least 1 · TypeError where `clock` is none */
  constructor(permits: number, { clock }: { readonly clock?: Clock | undefined } = {}) {
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw new RangeError(`permits must be a whole number of at least 1, got ${shown(permits)}`);
    }
    this.permits = permits;
    this.#gate = new Gate(permits);
    this.#clock = checkedClock(clock);
  }

  /** How many permits nobody holds. */
  get available(): number {
    return this.#gate.available;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#gate.queue.length;
  }

  /** A permit if one is free at this moment, else `undefined`. */
  tryAcquire(): Permit | undefined {
    if (this.#gate.available === 0) return undefined;
    this.#gate.available -= 1;
    return new Permit(this.#gate);
  }

  /**
   * Waits for a permit. Rejects with the signal's reason or with a {@link TimeoutError}; `timeout` is in milliseconds, 0 fails where
   * no permit is free now, and without one the wait has no end.
   */
  acquire(options?: WaitOptions): Promise<Permit> {
    if (options === undefined) return this.#gate.available > 0 ? Promise.resolve(this.#take()) : this.#wait(undefined, Infinity);
    return this.#acquireWithin(options);
  }

  async #acquireWithin({ signal, timeout = Infinity }: WaitOptions): Promise<Permit> {
    milliseconds('timeout', timeout);
    abortSignal('signal', signal);
    if (signal?.aborted === true) throw abortReason(signal);
    if (this.#gate.available > 0) return this.#take();
    if (timeout === 0) throw new TimeoutError('No permit is free', 0);
    return this.#wait(signal, timeout);
  }

  /**
   * Calls `fn` while holding a permit, and gives the permit back whatever happens, also where `fn` throws before its first `await`.
   * A signal that aborts before `fn` is called keeps it from being called.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    callable('fn', fn);
    const permit = await this.acquire(options);
    try {
      // Between the grant and this line the signal may have aborted.
      if (options?.signal?.aborted === true) throw abortReason(options.signal);
      return await fn();
    } finally {
      permit.release();
    }
  }

  #take(): Permit {
    this.#gate.available -= 1;
    return new Permit(this.#gate);
  }

  #wait(signal: AbortSignal | undefined, timeout: number): Promise<Permit> {
    return new Promise<Permit>((resolve, reject) => {
      const waiter = new Waiter(this.#gate, resolve, reject);
      this.#gate.queue.push(waiter);
      waiter.limit(signal, timeout, this.#clock);
    });
  }
}
