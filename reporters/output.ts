import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { messageOf } from '../src/core/messageOf.ts';
import { isInside } from '../src/files/isInside.ts';
import { writeAtomically } from '../src/files/writeAtomically.ts';

/** Where the report came to lie. `path: null`: nowhere. `note`: what went wrong and what to do about it. */
export interface Written {
  readonly path: string | null;
  readonly note: string | null;
}

/**
 * Writes a file so that a reader sees the old one or the whole new one. When the folder cannot be written, a temporary folder takes the
 * file instead and the note says so; nothing is thrown. The exit code does not depend on it: the verdict is printed in any case.
 *
 * @param content the text, or its pieces, which can be gone through more than once
 */
export function writeReport(directory: string, name: string, content: string | Iterable<string>): Written {
  try {
    return { path: writeInto(directory, name, content), note: null };
  } catch (error) {
    const problem = `The report could not be written to ${directory} (${messageOf(error)})`;
    const remedy = `${remedyFor(error)}, or name another folder with PLAYWRIGHT_LEAK_OUTPUT_DIR`;
    try {
      const path = writeInto(mkdtempSync(join(tmpdir(), 'leak-report-')), name, content);
      return { path, note: `${problem}; it lies in ${path} instead: ${remedy}.` };
    } catch (fallbackError) {
      return { path: null, note: `${problem}, nor to ${tmpdir()} (${messageOf(fallbackError)}); this screen is all there is: ${remedy}.` };
    }
  }
}

function writeInto(directory: string, name: string, content: string | Iterable<string>): string {
  const path = join(directory, name);
  writeAtomically(path, content);
  return path;
}

function remedyFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'there is a file where the folder should be: remove it';
  if (code === 'EISDIR') return 'there is a folder where the file should be: remove it';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'make room on that disk';
  return 'make that folder writable';
}

/**
 * A sentence when a folder lies in one that Playwright empties, by which the report is lost as soon as it does; else `null`.
 *
 * @param emptied absolute paths: the projects' `outputDir` at the beginning of each run, the blob reporter's folder at its end
 */
export function clashNote(directory: string, emptied: readonly string[]): string | null {
  const clash = emptied.find((folder) => isInside(resolve(directory), resolve(folder)));
  if (clash === undefined) return null;
  return (
    `The report lies in ${shortest(directory)}, inside ${shortest(clash)}, which Playwright empties at every run: ` +
    'name a folder outside of it with outputDir or PLAYWRIGHT_LEAK_OUTPUT_DIR, or copy what you want to keep.'
  );
}

/** A path as it is told to people: from the working directory, where that is shorter. */
export function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path;
}
