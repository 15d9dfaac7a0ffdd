import { HttpPool } from './httpPool.ts';
import type { HttpPoolOptions } from './httpPoolOptions.ts';

let shared: HttpPool | undefined;

/** The process's own pool: made on first use, and again on the first use after {@link closeSharedHttpPool}. `options` count when it is made. */
export function sharedHttpPool(options: HttpPoolOptions = {}): HttpPool {
  shared ??= new HttpPool(options);
  return shared;
}

/** Closes the shared pool, if there is one. Whoever asks for it from now on gets a new one. */
export async function closeSharedHttpPool(options: { timeout?: number } = {}): Promise<void> {
  const pool = shared;
  shared = undefined;
  await pool?.close(options);
}
