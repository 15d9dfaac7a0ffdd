import { abortReason, TimeoutError, type WaitOptions } from './abort.ts';
import { addAbortListener, removeAbortListener, type AbortListener } from './abortListeners.ts';
import type { Clock, Timer } from './clock.ts';
import { WaitQueue, type Place } from './waitQueue.ts';

/** Somebody who waits for a lease, together with what can end the wait. */
export class Waiter<T> implements Place {
  previous: Place | undefined = undefined;
  next: Place | undefined = undefined;
  queued = false;
  readonly since: number;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
  /** When the queue's own timer ends this wait; `Infinity` for a waiter that has a timer of its own, or none. */
  deadline = Infinity;
  timer: Timer | undefined = undefined;
  signal: AbortSignal | undefined = undefined;
  listener: AbortListener | undefined = undefined;

  constructor(since: number, resolve: (value: T) => void, reject: (reason: Error) => void) {
    this.since = since;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Takes listener and timer away. */
  settle(): void {
    this.timer?.cancel();
    if (this.signal !== undefined && this.listener !== undefined) removeAbortListener(this.signal, this.listener);
  }
}

const AWAITED = { keepAlive: true };

/**
 * First come, first served. Whoever is aborted or out of time leaves at once, with listener and timer. Waiters with the queue's own
 * timeout run out in the order in which they came, so one timer serves them all: 50,000 waiters cost no 50,000 timers.
 */
export class LeaseQueue<T> {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #what: string;
  readonly #onLeave: (waiter: Waiter<T>, reason: Error) => void;
  readonly #queue = new WaitQueue<Waiter<T>>();
  #timer: Timer | undefined = undefined;

  /** @param onLeave called for each who leaves without having been served: after it has left, before its promise is rejected */
  constructor(clock: Clock, timeout: number, what: string, onLeave: (waiter: Waiter<T>, reason: Error) => void) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#what = what;
    this.#onLeave = onLeave;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Resolves with what {@link shift}'s caller hands over; rejects with the signal's reason or a {@link TimeoutError}. */
  wait({ signal, timeout = this.#timeout }: WaitOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiter = new Waiter<T>(this.#clock.now(), resolve, reject);
      if (signal !== undefined) {
        waiter.signal = signal;
        waiter.listener = { onAbort: () => this.#leave(waiter, abortReason(signal)) };
        addAbortListener(signal, waiter.listener);
      }
      if (timeout === this.#timeout) waiter.deadline = waiter.since + timeout;
      else if (timeout !== Infinity)
        waiter.timer = this.#clock.setTimeout(() => this.#leave(waiter, this.#late(timeout)), timeout, AWAITED);
      waiter.queued = true;
      this.#queue.push(waiter);
      if (this.#timer === undefined && waiter.deadline !== Infinity) this.#arm(timeout);
    });
  }

  /** Takes the longest waiting out of the queue, for the caller to serve. */
  shift(): Waiter<T> | undefined {
    const waiter = this.#queue.first;
    if (waiter !== undefined) this.#remove(waiter);
    return waiter;
  }

  rejectAll(reason: Error): void {
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = this.#queue.first) this.#leave(waiter, reason);
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
    waiter.settle();
    if (this.#queue.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#expire(), delayMs, AWAITED);
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const late: Waiter<T>[] = [];
    // Places of one queue are all waiters.
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = waiter.next as Waiter<T> | undefined) {
      if (waiter.deadline <= now) late.push(waiter);
      else if (waiter.deadline !== Infinity) {
        this.#arm(waiter.deadline - now);
        break;
      }
    }
    for (const waiter of late) this.#leave(waiter, this.#late(this.#timeout));
  }

  #late(timeout: number): TimeoutError {
    return new TimeoutError(`Timed out after ${timeout} ms waiting for ${this.#what}`, timeout);
  }
}
