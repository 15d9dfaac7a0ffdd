import { existsSync } from 'node:fs';
import path from 'node:path';

/** The nearest folder at or above `from` that has a package.json; `from` itself when there is none. */
export function projectFolder(from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (path.dirname(folder) === folder) return from;
  }
}
