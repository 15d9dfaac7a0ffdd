import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { clockLike } from './checks.ts';

/** A pending timer. Cancelling it after it fired, or twice, does nothing. */
export interface Timer extends Disposable {
  cancel(): void;
}

/** Time as this folder sees it: passed in, monotonic, and no reason for the process to stay alive unless somebody waits for it. */
export interface Clock {
  /** Milliseconds since some fixed point; it never goes backwards and knows nothing of the wall clock. */
  now(): number;
  /**
   * Calls `callback` once, `delayMs` from now, unless the timer is cancelled first. `keepAlive` is for a timer whose end a caller awaits:
   * without it, a program that has nothing else to do ends in the middle of its `await` (Node's exit code 13).
   */
  setTimeout(callback: () => void, delayMs: number, options?: { readonly keepAlive?: boolean }): Timer;
}

/** Node fires a timer at once when its delay does not fit in a signed 32-bit integer; this is the longest that does fit (24.8 days). */
export const MAX_TIMER_DELAY = 2 ** 31 - 1;

/**
 * The clock, with timers that run in the async context of this call, not of whoever happened to set them: what one timer does for many
 * callers, and for as long as a pool lives, must not be done in the name of one of them, nor keep its context alive.
 */
export function detached(clock: Clock): Clock {
  const outside = AsyncLocalStorage.snapshot();
  return {
    now: () => clock.now(),
    setTimeout: (callback, delayMs, options) => outside(() => clock.setTimeout(callback, delayMs, options)),
  };
}

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(timeout: NodeJS.Timeout) {
    this.#timeout = timeout;
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/**
 * The machine's monotonic clock. Its timers are unref'd unless asked otherwise: a pool that somebody forgot to close does not keep the process from ending.
 * A delay beyond {@link MAX_TIMER_DELAY} waits that long and no longer.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delayMs, options) {
    const timeout = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_DELAY));
    if (options?.keepAlive !== true) timeout.unref();
    return new SystemTimer(timeout);
  },
};

/** The user's clock, or {@link systemClock}. @throws TypeError where it is none */
export function checkedClock(clock: Clock = systemClock): Clock {
  if (clock !== systemClock) clockLike(clock);
  return clock;
}
