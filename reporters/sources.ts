import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads source files for code frames, each once. What cannot be read is `undefined`: the frame is left out, the place still stands. */
export function sourceReader(root: string): (file: string) => string | undefined {
  const read = new Map<string, string | undefined>();
  return (file) => {
    if (!read.has(file)) read.set(file, readText(resolve(root, file)));
    return read.get(file);
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
