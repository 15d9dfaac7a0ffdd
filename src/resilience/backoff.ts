import { abortReason, watch } from './abort.ts';
import { abortSignal, callable, milliseconds, numberBetween, shown, wholeNumber } from './checks.ts';
import { checkedClock, MAX_TIMER_DELAY, type Clock, type Timer } from './clock.ts';

/** How chance is mixed into a delay, so that callers who failed together do not come back together. */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none';

/** See {@link ExponentialBackoff}. */
export interface BackoffOptions {
  /** Milliseconds before the first repetition, and the smallest decorrelated delay; 1,000 by default. */
  readonly baseDelay?: number | undefined;
  /** No delay is longer, in milliseconds; 60,000 by default. What a timer cannot hold (2³¹ ms) is never reached, whatever this says. */
  readonly maxDelay?: number | undefined;
  /** By how much delays grow from one attempt to the next; 2 by default. */
  readonly factor?: number | undefined;
  /** 'full' by default. */
  readonly jitter?: Jitter | undefined;
  /** Numbers in [0, 1); `Math.random` by default. */
  readonly random?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
}

const JITTERS: readonly unknown[] = ['full', 'equal', 'decorrelated', 'none'] satisfies Jitter[];

/** After so many steps the distribution of decorrelated delays no longer changes: an attempt beyond needs no more draws. */
const DECORRELATED_STEPS = 64;

/**
 * Delays that grow exponentially up to a cap, with jitter. It has no state: any number of callers can share one.
 *
 * With `ceiling = min(maxDelay, baseDelay · factor^attempt)`, attempts counted from 0, a delay is
 * `none`: the ceiling · `full`: uniform in [0, ceiling] · `equal`: uniform in [ceiling / 2, ceiling] ·
 * `decorrelated`: min(maxDelay, uniform in [baseDelay, 3 · the delay before]).
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @example
 * const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'none' });
 * backoff.delay(0); // 100
 * backoff.delay(3); // 800
 * await backoff.wait(0, { signal: AbortSignal.timeout(5_000) });
 */
export class ExponentialBackoff {
  readonly baseDelay: number;
  readonly maxDelay: number;
  readonly factor: number;
  readonly jitter: Jitter;
  readonly #random: () => number;
  readonly #clock: Clock;

  constructor(options: BackoffOptions = {}) {
    const { baseDelay = 1_000, maxDelay = 60_000, factor = 2, jitter = 'full', random = Math.random, clock } = options;
    this.baseDelay = Math.min(milliseconds('baseDelay', baseDelay), MAX_TIMER_DELAY);
    this.maxDelay = Math.min(milliseconds('maxDelay', maxDelay), MAX_TIMER_DELAY);
    this.factor = numberBetween('factor', factor, { least: 1 });
    if (!JITTERS.includes(jitter)) throw new TypeError(`jitter must be one of ${JITTERS.join(', ')}, got ${shown(jitter)}`);
    this.jitter = jitter;
    callable('random', random);
    this.#random = random;
    this.#clock = checkedClock(clock);
  }

  /**
   * Milliseconds to wait before the repetition number `attempt`, counted from 0: `delay(0)` comes after the first failure.
   *
   * @param previous The delay before this one, if it is known: what decorrelated jitter builds on. Without it the delays before are
   * drawn anew, which gives the same distribution.
   * @throws RangeError where `attempt` is no whole number of at least 0, or `previous` is no number of milliseconds
   */
  delay(attempt: number, previous?: number): number {
    wholeNumber('attempt', attempt, { least: 0 });
    if (previous !== undefined) milliseconds('previous', previous);
    if (this.jitter === 'decorrelated') return this.#decorrelated(attempt, previous);
    // 0 · Infinity is no number: without a base there is nothing to grow.
    const ceiling = this.baseDelay === 0 ? 0 : Math.min(this.maxDelay, this.baseDelay * this.factor ** attempt);
    if (this.jitter === 'none') return ceiling;
    return this.jitter === 'full' ? this.#uniform(0, ceiling) : this.#uniform(ceiling / 2, ceiling);
  }

  /**
   * Waits for `delay(attempt)`. Rejects at once with the signal's reason when it aborts, and leaves neither timer nor listener behind.
   *
   * @returns The milliseconds waited.
   * @throws (as a rejection) the signal's reason · TypeError where `signal` is none · as {@link ExponentialBackoff.delay}
   */
  async wait(attempt: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<number> {
    abortSignal('signal', signal);
    const delayMs = this.delay(attempt);
    await pause(delayMs, signal, this.#clock);
    return delayMs;
  }

  #decorrelated(attempt: number, previous: number | undefined): number {
    if (previous !== undefined) return this.#decorrelatedStep(previous);
    let delayMs = this.baseDelay;
    for (let step = 0; step <= Math.min(attempt, DECORRELATED_STEPS); step += 1) delayMs = this.#decorrelatedStep(delayMs);
    return delayMs;
  }

  #decorrelatedStep(previous: number): number {
    // No delay was longer than the cap; and of Infinity, nothing can be drawn.
    const most = Math.min(previous, this.maxDelay) * 3;
    return Math.min(this.maxDelay, this.#uniform(this.baseDelay, Math.max(this.baseDelay, most)));
  }

  #uniform(low: number, high: number): number {
    return low + numberBetween('random()', this.#random(), { least: 0, most: 1 }) * (high - low);
  }
}

/**
 * Waits `delayMs`, never less, or until the signal aborts: then it rejects at once with the signal's reason. The wait keeps the process
 * alive.
 */
export async function pause(delayMs: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  if (signal?.aborted === true) throw abortReason(signal);
  await new Promise<void>((resolve, reject) => {
    let timer: Timer | undefined;
    const stop = watch({ signal }, (reason) => {
      timer?.cancel();
      reject(reason);
    });
    const limitedMs = Math.min(delayMs, MAX_TIMER_DELAY);
    const endsAt = clock.now() + limitedMs;
    const onTimer = (): void => {
      const leftMs = endsAt - clock.now();
      // Node's timers count whole milliseconds from the turn's beginning, and so come early: to a circuit that is open still, for one.
      if (leftMs > 0) {
        timer = clock.setTimeout(onTimer, leftMs, { keepAlive: true });
        return;
      }
      stop();
      resolve();
    };
    timer = clock.setTimeout(onTimer, limitedMs, { keepAlive: true });
  });
}
