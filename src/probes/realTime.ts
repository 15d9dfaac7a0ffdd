import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { setImmediate as importedTurn, setTimeout as importedSleep } from 'node:timers/promises';

/*
 * The time and the timers of Node as they were when this module was loaded. Copied: fake timers (sinon, vitest, jest) take the place
 * of the globals and of what Node's modules export, names imported from these follow, and nobody moves the fakes while we wait.
 */

const RealDate = Date;
const startTimer = setTimeout;
const endTimer = clearTimeout;
const startSleep = importedSleep;

let isArming = false;

/** Milliseconds on a clock that only goes forward. */
export const monotonicNow: () => number = performance.now.bind(performance);

/**
 * Whether the timer that is made at this moment is made here. Such a timer is leak's own, and nobody's leak; what its callback opens is
 * not, which a stack could not tell as surely.
 */
export function isOwnTimer(): boolean {
  return isArming;
}

/** Resolves after at least that many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return arm(() => startSleep(ms));
}

/** Resolves after one turn of the event loop. */
export const turn: () => Promise<void> = importedTurn;

/** Calls back after at least that many milliseconds, unless what it returns is called before. */
export function after(ms: number, callback: () => void): () => void {
  const timer = arm(() => startTimer(callback, ms));
  return () => {
    endTimer(timer);
  };
}

/** Today as `YYYY-MM-DD` in UTC. */
export function today(): string {
  return timestamp().slice(0, 10);
}

/** The wall clock's time in UTC, as `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export function timestamp(): string {
  return new RealDate().toISOString();
}

function arm<T>(start: () => T): T {
  isArming = true;
  try {
    return start();
  } finally {
    isArming = false;
  }
}
