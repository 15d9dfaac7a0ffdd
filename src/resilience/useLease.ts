import { abortReason, watch } from './abort.ts';
import type { Clock } from './clock.ts';
import type { ReleaseOptions } from './lease.ts';

/** What {@link useLease} needs of a lease. */
export interface UsableLease extends AsyncDisposable {
  readonly signal: AbortSignal;
  revoke(reason: Error): void;
  release(options?: ReleaseOptions): Promise<void>;
}

export interface UseLeaseOptions {
  /** The caller's signal; its abort reaches the work through the lease's. */
  readonly signal: AbortSignal | undefined;
  /** How long the work may go on after an abort before its resource is taken away from it, in milliseconds. */
  readonly grace: number;
  readonly clock: Clock;
  /** Called on abort, to make the work fail that does not look at its signal. */
  readonly interrupt?: () => void;
}

/**
 * Runs `work` with a lease and gives the lease back, whatever happens: a result, an error (also one thrown before the first `await`),
 * an abort. Work that ignores an abort beyond the grace is left behind, and its resource is replaced, because it may still touch it.
 */
export async function useLease<R>(
  lease: UsableLease,
  work: (signal: AbortSignal) => R | PromiseLike<R>,
  { signal, grace, clock, interrupt }: UseLeaseOptions,
): Promise<Awaited<R>> {
  const own = lease.signal;
  let stopGrace = (): void => {};
  let onAbort = (): void => {};
  let release: ReleaseOptions = { failed: true };
  let stopWatching = (): void => {};
  try {
    const leftBehind = new Promise<never>((_resolve, reject) => {
      onAbort = () => {
        interrupt?.();
        const late = (): void => {
          release = { discard: true };
          reject(abortReason(own));
        };
        const timer = clock.setTimeout(late, grace, { keepAlive: true });
        stopGrace = () => timer.cancel();
      };
      own.addEventListener('abort', onAbort, { once: true });
    });
    if (signal?.aborted === true) {
      // The abort came in the same turn as the lease.
      release = {};
      throw abortReason(signal);
    }
    if (own.aborted) throw abortReason(own);
    stopWatching = watch({ signal }, (reason) => lease.revoke(reason));
    const result = await Promise.race([(async () => work(own))(), leftBehind]);
    release = {};
    return result;
  } catch (error) {
    // Being told to stop is no fault of the resource.
    if (own.aborted && release.discard !== true) release = {};
    throw signal?.aborted === true ? abortReason(signal) : error;
  } finally {
    stopWatching();
    stopGrace();
    own.removeEventListener('abort', onAbort);
    await lease.release(release);
  }
}
