import { getEventListeners } from 'node:events';

/** How many still listen for the signal's abort. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}
