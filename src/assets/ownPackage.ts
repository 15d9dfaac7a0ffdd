import { readFileSync, realpathSync } from 'node:fs';
import { inPackage } from './packageFolder.ts';

/** What this package says of itself. */
export interface OwnPackage {
  /** Its real folder. */
  readonly folder: string;
  readonly version: string;
  /** Range of Node versions, such as `>=20.19`. */
  readonly node: string;
  /** Range of `@playwright/test` versions, such as `>=1.50.0 <2`. */
  readonly playwright: string;
}

/** Reads the package.json of the package this file belongs to. */
export function ownPackage(): OwnPackage {
  const manifest = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as Manifest;
  const folder = realpathSync(inPackage('.'));
  return { folder, version: manifest.version, node: manifest.engines.node, playwright: manifest.peerDependencies['@playwright/test'] };
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: { readonly '@playwright/test': string };
}
