import { readFileSync } from 'node:fs';
import { inPackage } from './packageFolder.ts';

/** The HTML report's own program and style sheet, as the build made them. */
export interface PageCode {
  readonly script: string;
  readonly style: string;
}

/**
 * Reads what `npm run build` made of `src/page`.
 *
 * @throws Error that says what to do when it is not there
 */
export function readPageCode(): PageCode {
  try {
    const read = (name: string): string => readFileSync(inPackage(`dist/page/${name}`), 'utf8');
    return { script: read('page.js'), style: read('page.css') };
  } catch (cause) {
    throw new Error('the page of the HTML report is missing from the package leak: install it again (in its repository: npm run build)', {
      cause,
    });
  }
}
