import { HttpPool } from './httpPool.ts';
import type { HttpPoolOptions } from './httpPoolOptions.ts';

let shared: HttpPool | undefined;

/** The process's own pool: made on first use, and again on the first use after it was closed, however that was. `options` count when it is made. */
export function sharedHttpPool(options: HttpPoolOptions = {}): HttpPool {
  if (shared === undefined || shared.closed) shared = new HttpPool(options);
  return shared;
}

/** Closes the shared pool, if there is one; see {@link HttpPool.close}. Whoever asks for it from now on gets a new one. */
export async function closeSharedHttpPool(options: { timeout?: number | undefined } = {}): Promise<void> {
  await shared?.close(options);
}
