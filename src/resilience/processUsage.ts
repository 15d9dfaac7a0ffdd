import { readdir, readFile } from 'node:fs/promises';

/** File descriptors of this process. */
export interface FdUsage {
  readonly used: number;
  /** The soft limit; `Infinity` where there is none. */
  readonly limit: number;
}

/**
 * Counts this process's open file descriptors and reads its limit from Linux's `/proc`. The descriptor of the counting itself is not
 * counted.
 *
 * @returns `undefined` where there is no `/proc`: unknown, not zero.
 */
export async function fdUsage(): Promise<FdUsage | undefined> {
  try {
    const limits = await readFile('/proc/self/limits', 'utf8');
    const entries = await readdir('/proc/self/fd');
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
    if (soft === undefined) return undefined;
    return { used: entries.length - 1, limit: soft === 'unlimited' ? Infinity : Number(soft) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
}
