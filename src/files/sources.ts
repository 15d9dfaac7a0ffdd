import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ReadSource } from '../core/readSource.ts';

/** What of this machine may be shown. */
export interface SourceLimits {
  /**
   * Folder of the checkout: what lies outside of it, where its links lead, or in its `.git`, is not shown, for a report that comes from
   * elsewhere may name any file. `null`: no limit, for one that was made of what ran here.
   */
  readonly within: string | null;
  /** Time of last change, in ms since 1970, from which on a file may have other lines than those that are named, and is left out. */
  readonly until?: number;
}

/** Of a longer one, such as a bundle, no line is worth the splitting. */
const MAX_LENGTH = 1_000_000;
const SOURCE_FILE = /\.(?:[cm]?[jt]sx?|vue|svelte)$/i;

/**
 * Reads source files for code frames, each once. What cannot be read, or is no source file, is `undefined`: the frame is left out, the
 * place still stands.
 *
 * @param bases folders that names may be relative to; the first that has the file counts
 */
export function sourceReader(bases: readonly string[], limits: SourceLimits): ReadSource {
  const read = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (!read.has(file)) read.set(file, linesOf(readFirst(bases, file, limits)));
    return read.get(file);
  };
}

function linesOf(text: string | undefined): string[] | undefined {
  return text === undefined || text.length > MAX_LENGTH ? undefined : text.split(/\r?\n/);
}

function readFirst(bases: readonly string[], file: string, { within, until = Number.POSITIVE_INFINITY }: SourceLimits): string | undefined {
  for (const base of bases) {
    try {
      const named = path.resolve(base, file);
      const found = statSync(named, { throwIfNoEntry: false });
      if (found?.isFile() !== true) continue;
      const place = realpathSync(named);
      if (!SOURCE_FILE.test(place) || (within !== null && !liesIn(realpathSync(within), place))) continue;
      return found.mtimeMs <= until ? readFileSync(place, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function liesIn(folder: string, file: string): boolean {
  const inside = path.relative(folder, file);
  return !path.isAbsolute(inside) && !inside.split(path.sep).some((part) => part === '..' || part.toLowerCase() === '.git');
}
