import { addAbortListener, removeAbortListener } from './abortListeners.ts';
import { systemClock, type Clock, type Timer } from './clock.ts';

/** How long a caller is willing to wait. */
export interface WaitOptions {
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the wait after this many milliseconds; `Infinity` never does. */
  readonly timeout?: number | undefined;
}

/** What a wait needs besides its limits. */
export interface WatchOptions {
  readonly clock?: Clock;
  /** What is waited for, as the error's message says it. */
  readonly what?: string;
  /** Whether the process stays alive for the timeout; `false` by default. */
  readonly keepAlive?: boolean;
}

/** Thrown where something took longer than its caller would wait. `timeoutMs` is the limit that passed. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number, options?: ErrorOptions) {
    super(message, options);
    this.timeoutMs = timeoutMs;
  }
}

/** Whether the signal has aborted by now. A call and not a property: during an `await` it changes. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The signal's reason as an `Error`; a reason of another kind becomes the `cause` of an `AbortError`. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error) return reason;
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  return error;
}

/**
 * Calls `onEnd` once with the reason when the signal aborts or the time is over, whichever comes first, and returns a function that
 * takes the listener and the timer away. Both are gone after either has happened. A signal that has aborted already is the caller's to
 * check; so is a timeout of zero, which ends the wait with the next turn of the event loop.
 *
 * @example
 * const stop = watch({ signal, timeout: 1_000 }, (reason) => reject(reason), { what: 'a browser' });
 */
export function watch(
  { signal, timeout }: WaitOptions,
  onEnd: (reason: Error) => void,
  { clock = systemClock, what = 'the operation', keepAlive = false }: WatchOptions = {},
): () => void {
  let timer: Timer | undefined;
  const listener = {
    onAbort(): void {
      stop();
      if (signal !== undefined) onEnd(abortReason(signal));
    },
  };
  const stop = (): void => {
    if (signal !== undefined) removeAbortListener(signal, listener);
    timer?.cancel();
  };
  if (signal !== undefined) addAbortListener(signal, listener);
  if (timeout !== undefined && timeout !== Infinity) {
    const onTimeout = (): void => {
      stop();
      onEnd(new TimeoutError(`Timed out after ${timeout} ms waiting for ${what}`, timeout));
    };
    timer = clock.setTimeout(onTimeout, timeout, { keepAlive });
  }
  return stop;
}

/**
 * Waits for `promise`, but no longer than the signal and the timeout allow. What is given up on goes on in the background; if it
 * fails later, nobody hears of it. No listener and no timer is left, whatever happens.
 *
 * @throws the promise's own error, the signal's reason, or {@link TimeoutError}
 * @example
 * await withinLimits(page.close(), { timeout: 3_000 }, { what: 'the page to close' });
 */
export async function withinLimits<T>(promise: PromiseLike<T>, options: WaitOptions, watchOptions?: WatchOptions): Promise<T> {
  if (options.signal?.aborted === true) {
    Promise.resolve(promise).catch(() => {});
    throw abortReason(options.signal);
  }
  let stop: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = watch(options, reject, watchOptions);
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    stop?.();
  }
}
