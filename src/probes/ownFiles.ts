import { sep } from 'node:path';
import { parseStack } from '../core/stack.ts';

/**
 * Read off a stack and not off `import.meta`: a suite that reaches this package through a link has Playwright transpile it to
 * CommonJS, where a module that mentions `import.meta` cannot be loaded.
 */
const HERE = parseStack(new Error().stack ?? '')[0]?.file ?? '';
const NAMES = ['src', 'fixtures'].map((name) => sep + name + sep);
/** Of the sources, or of what the build made of them. */
const ROOT = HERE.slice(0, Math.max(...NAMES.map((name) => HERE.lastIndexOf(name))));
const FOLDERS = NAMES.map((name) => ROOT + name);

/** Whether a file is this package's own code, whose frames and allocations are nobody's leak. */
export function isOwnFile(file: string): boolean {
  return HERE !== '' && FOLDERS.some((folder) => file.startsWith(folder));
}
