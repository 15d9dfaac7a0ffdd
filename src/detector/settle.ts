/** Time as the detector needs it; passed in so that tests decide how it passes. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves after at least `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Resolves after one turn of the event loop, in which closing handles come to their end. */
  turn(): Promise<void>;
}

/** Turns of the event loop in which what was properly closed disappears; not counted as late. */
const GRACE_TURNS = 3;

/** Longest pause between two looks, in milliseconds: a resource that closes is noticed at most this much later. */
const MAX_PAUSE_MS = 100;

/** Lets closes that have been awaited come to their end: a closed handle needs a turn of the event loop to be gone. */
export async function graceTurns(clock: Clock): Promise<void> {
  for (let turn = 0; turn < GRACE_TURNS; turn += 1) await clock.turn();
}

/**
 * Looks again, at growing intervals, until nothing is left or the time is over, as goleak does: accuse only what stays.
 *
 * @param look Tells what is left; called at least once.
 * @param timeout Milliseconds from now.
 * @returns What the last look told.
 */
export async function settle<T>(look: () => readonly T[], timeout: number, clock: Clock): Promise<readonly T[]> {
  const deadline = clock.now() + timeout;
  let left = look();
  for (let pause = 1; left.length > 0; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    const remaining = deadline - clock.now();
    if (remaining <= 0) break;
    await clock.sleep(Math.min(pause, remaining));
    left = look();
  }
  return left;
}
