import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { messageOf } from './runMark.ts';

/** Where the report came to lie. `path: null`: nowhere. `note`: what went wrong and what to do about it. */
export interface Written {
  readonly path: string | null;
  readonly note: string | null;
}

/** `leak-report` beside the nearest `package.json` at or above the folder; without one, in the folder itself. */
export function defaultOutputDir(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'leak-report');
    if (dirname(folder) === folder) return join(from, 'leak-report');
  }
}

/**
 * Writes a file so that a reader sees the old one or the whole new one. When the folder cannot be written, a temporary folder takes the
 * file instead and the note says so; nothing is thrown. The exit code does not depend on it: the verdict is printed in any case.
 */
export function writeReport(directory: string, name: string, content: string): Written {
  try {
    return { path: writeAtomically(directory, name, content), note: null };
  } catch (error) {
    const problem = `The report could not be written to ${directory} (${messageOf(error)})`;
    const remedy = 'make that folder writable, or name another with PLAYWRIGHT_LEAK_OUTPUT_DIR';
    try {
      const path = writeAtomically(mkdtempSync(join(tmpdir(), 'leak-report-')), name, content);
      return { path, note: `${problem}; it lies in ${path} instead: ${remedy}.` };
    } catch (fallbackError) {
      return { path: null, note: `${problem}, nor to ${tmpdir()} (${messageOf(fallbackError)}); this screen is all there is: ${remedy}.` };
    }
  }
}

function writeAtomically(directory: string, name: string, content: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  const temporary = `${path}.${String(process.pid)}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return path;
}

/** A path as it is told to people: from the working directory, where that is shorter. */
export function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path;
}
