import { createRequire } from 'node:module';
import path from 'node:path';

/** Path below the folder of the package that this code belongs to, whether it runs from the sources or from what the build made of them. */
export function inPackage(relative: string): string {
  return path.join(path.dirname(createRequire(import.meta.url).resolve('leak/package.json')), relative);
}
