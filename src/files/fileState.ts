import { statSync } from 'node:fs';

/** Tells whether a file was written since: two states of one path differ then. Empty when there is none. */
export function fileState(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${String(stats.ino)}:${String(stats.size)}:${String(stats.mtimeMs)}`;
}
