/** Somebody who wants to know when a signal aborts. */
export interface AbortListener {
  onAbort(): void;
}

const listenersOf = new WeakMap<AbortSignal, Set<AbortListener>>();

/**
 * Calls the listener when the signal aborts. However many listen, the signal has one listener: Node warns of a leak from the eleventh
 * on, although a hundred callers who wait with one signal are none.
 */
export function addAbortListener(signal: AbortSignal, listener: AbortListener): void {
  const listeners = listenersOf.get(signal);
  if (listeners !== undefined) {
    listeners.add(listener);
    return;
  }
  // First what may throw: what is remembered counts as listened to.
  signal.addEventListener('abort', tellAll);
  listenersOf.set(signal, new Set([listener]));
}

/** Takes the listener away, and with the last one also the signal's. */
export function removeAbortListener(signal: AbortSignal, listener: AbortListener): void {
  const listeners = listenersOf.get(signal);
  if (listeners?.delete(listener) !== true || listeners.size > 0) return;
  listenersOf.delete(signal);
  signal.removeEventListener('abort', tellAll);
}

function tellAll(this: AbortSignal): void {
  // Each takes itself away, and may take others with it: those that are gone are not told.
  for (const listener of listenersOf.get(this) ?? []) listener.onAbort();
}
