import { TimeoutError, watch, type WaitOptions } from './abort.ts';
import { detached, type Clock, type Timer } from './clock.ts';
import { WaitQueue, type Place } from './waitQueue.ts';

/**
 * Somebody who waits for a lease. It is kept small, for what 50,000 waiters cost is what the garbage collector has to carry: of the two
 * functions that settle its promise it keeps one, and deadlines follow from `since`.
 */
export class Waiter<T> implements Place {
  previous: Place | undefined = undefined;
  next: Place | undefined = undefined;
  queued = true;
  readonly since: number;
  readonly resolve: (value: T | Promise<never>) => void;
  /** Whether the queue's own timer ends this wait. */
  readonly timed: boolean;
  /** Takes the listener, and the timer that is this waiter's own, away. */
  stop: (() => void) | undefined = undefined;

  constructor(since: number, resolve: (value: T | Promise<never>) => void, timed: boolean) {
    this.since = since;
    this.resolve = resolve;
    this.timed = timed;
  }

  reject(reason: Error): void {
    this.resolve(Promise.reject(reason));
  }
}

const AWAITED = { keepAlive: true };

/**
 * First come, first served. Whoever is aborted or out of time leaves at once, with listener and timer. Waiters with the queue's own
 * timeout run out in the order in which they came, so one timer serves them all: 50,000 waiters cost no 50,000 timers.
 */
export class LeaseQueue<T> {
  readonly #clock: Clock;
  /** For the timer that serves everybody. */
  readonly #detached: Clock;
  readonly #timeout: number;
  readonly #what: string;
  readonly #onLeave: (waiter: Waiter<T>, reason: Error) => void;
  readonly #queue = new WaitQueue<Waiter<T>>();
  #timer: Timer | undefined = undefined;

  /** @param onLeave called for each who leaves without having been served: after it has left, before its promise is rejected */
  constructor(clock: Clock, timeout: number, what: string, onLeave: (waiter: Waiter<T>, reason: Error) => void) {
    this.#clock = clock;
    this.#detached = detached(clock);
    this.#timeout = timeout;
    this.#what = what;
    this.#onLeave = onLeave;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Resolves with what {@link shift}'s caller hands over; rejects with the signal's reason or a {@link TimeoutError}. */
  wait({ signal, timeout = this.#timeout }: WaitOptions): Promise<T> {
    return new Promise<T>((resolve) => {
      const timed = timeout === this.#timeout && timeout !== Infinity;
      const waiter = new Waiter<T>(this.#clock.now(), resolve, timed);
      if (signal !== undefined || (!timed && timeout !== Infinity)) {
        const limits = { signal, timeout: timed ? undefined : timeout };
        waiter.stop = watch(limits, (reason) => this.#leave(waiter, reason), { clock: this.#clock, what: this.#what, ...AWAITED });
      }
      this.#queue.push(waiter);
      if (timed && this.#timer === undefined) this.#arm(timeout);
    });
  }

  /** Takes the longest waiting out of the queue, for the caller to serve. */
  shift(): Waiter<T> | undefined {
    const waiter = this.#queue.first;
    if (waiter !== undefined) this.#remove(waiter);
    return waiter;
  }

  /** Whoever has waited longest and is none of these. */
  firstBut(these: ReadonlySet<Waiter<T>>): Waiter<T> | undefined {
    let waiter = this.#queue.first;
    // Places of one queue are all waiters.
    while (waiter !== undefined && these.has(waiter)) waiter = waiter.next as Waiter<T> | undefined;
    return waiter;
  }

  /** Turns away who waits now, and not who comes again when it hears of that. */
  rejectAll(reason: Error): void {
    const all: Waiter<T>[] = [];
    // Places of one queue are all waiters.
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = waiter.next as Waiter<T> | undefined) all.push(waiter);
    for (const waiter of all) this.#leave(waiter, reason);
  }

  #leave(waiter: Waiter<T>, reason: Error): void {
    if (!waiter.queued) return;
    this.#remove(waiter);
    this.#onLeave(waiter, reason);
    waiter.reject(reason);
  }

  #remove(waiter: Waiter<T>): void {
    waiter.queued = false;
    this.#queue.remove(waiter);
    waiter.stop?.();
    if (this.#queue.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#detached.setTimeout(() => this.#expire(), delayMs, AWAITED);
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const late: Waiter<T>[] = [];
    // Places of one queue are all waiters.
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = waiter.next as Waiter<T> | undefined) {
      if (!waiter.timed) continue;
      const deadline = waiter.since + this.#timeout;
      if (deadline > now) {
        this.#arm(deadline - now);
        break;
      }
      late.push(waiter);
    }
    for (const waiter of late) {
      this.#leave(waiter, new TimeoutError(`Timed out after ${this.#timeout} ms waiting for ${this.#what}`, this.#timeout));
    }
  }
}
