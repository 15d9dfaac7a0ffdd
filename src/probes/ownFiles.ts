import { dirname, join, sep } from 'node:path';
import { parseStack } from '../core/stack.ts';

/**
 * Read off a stack and not off `import.meta`: a suite that reaches this package through a link has Playwright transpile it to
 * CommonJS, where a module that mentions `import.meta` cannot be loaded.
 */
const HERE = parseStack(new Error().stack ?? '')[0]?.file ?? '';
const ROOT = dirname(dirname(dirname(HERE)));
const FOLDERS = ['src', 'fixtures'].map((folder) => join(ROOT, folder) + sep);

/** Whether a file is this package's own code, whose frames and allocations are nobody's leak. */
export function isOwnFile(file: string): boolean {
  return HERE !== '' && FOLDERS.some((folder) => file.startsWith(folder));
}
