import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Reads source files for code frames, each once. What cannot be read is `undefined`: the frame is left out, the place still stands.
 *
 * @param bases folders that names may be relative to; the first that has the file counts
 * @param until time of last change, in ms since 1970, from which on a file may have other lines than those that are named, and is left out
 */
export function sourceReader(bases: readonly string[], until = Number.POSITIVE_INFINITY): (file: string) => string | undefined {
  const read = new Map<string, string | undefined>();
  return (file) => {
    if (!read.has(file)) read.set(file, readFirst(bases, file, until));
    return read.get(file);
  };
}

function readFirst(bases: readonly string[], file: string, until: number): string | undefined {
  for (const base of bases) {
    try {
      const path = resolve(base, file);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isFile() === true) return found.mtimeMs <= until ? readFileSync(path, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
