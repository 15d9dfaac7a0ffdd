import { readFileSync } from 'node:fs';

/** The HTML report's own program and style sheet, as the build made them. */
export interface PageCode {
  readonly script: string;
  readonly style: string;
}

/** From `dist/src/assets` as it is installed, and from `src/assets` when it runs from the sources. */
const PLACES = ['../../page/', '../../dist/page/'];

/**
 * Reads what `npm run build` made of `src/page`.
 *
 * @throws Error that says what to do when it is not there
 */
export function readPageCode(): PageCode {
  let cause: unknown;
  for (const place of PLACES) {
    try {
      const read = (name: string): string => readFileSync(new URL(place + name, import.meta.url), 'utf8');
      return { script: read('page.js'), style: read('page.css') };
    } catch (error) {
      cause = error;
    }
  }
  throw new Error('the page of the HTML report is missing from the package leak: install it again (in its repository: npm run build)', {
    cause,
  });
}
