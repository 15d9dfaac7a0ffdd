import { readFileSync } from 'node:fs';

/** What this package says of itself. */
export interface OwnPackage {
  readonly version: string;
  /** Range of Node versions, such as `>=20.19`. */
  readonly node: string;
  /** Range of `@playwright/test` versions, such as `>=1.50.0 <2`. */
  readonly playwright: string;
}

/** Reads the package.json of the package this file belongs to, from the sources as well as from `dist`. */
export function ownPackage(): OwnPackage {
  const manifest = ['../../package.json', '../../../package.json'].flatMap(read).find(({ name }) => name === 'leak');
  if (manifest === undefined) throw new Error('The package.json of leak is missing: install the package again.');
  return { version: manifest.version, node: manifest.engines.node, playwright: manifest.peerDependencies['@playwright/test'] };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: { readonly '@playwright/test': string };
}

function read(place: string): Manifest[] {
  try {
    return [JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as Manifest];
  } catch {
    return [];
  }
}
