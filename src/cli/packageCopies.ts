import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { upwards } from '../core/repositoryPath.ts';

/** An installed copy of a package: its real folder and its version. */
export interface PackageCopy {
  readonly folder: string;
  readonly version: string;
}

/**
 * Every installed copy of a package that code in `from` or its dependencies could load: in the `node_modules` at and above `from`, and
 * in the `node_modules` of the packages there. Links to the same folder count once.
 */
export function packageCopies(name: string, from: string): PackageCopy[] {
  const copies = new Map<string, PackageCopy>();
  const seen = new Set<string>();
  const search = (modules: string): void => {
    const real = realPath(modules);
    if (real === undefined || seen.has(real)) return;
    seen.add(real);
    const copy = copyIn(path.join(modules, name));
    if (copy !== undefined) copies.set(copy.folder, copy);
    for (const installed of packagesIn(modules)) search(path.join(installed, 'node_modules'));
  };
  for (let folder = from; ; folder = path.dirname(folder)) {
    search(path.join(folder, 'node_modules'));
    if (path.dirname(folder) === folder) return [...copies.values()];
  }
}

/** What a package says of itself, as far as it does. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly exports?: unknown;
}

/** The package whose code a name stands for in a folder, as Node resolves it: its real folder. `null`: there is none that can be loaded. */
export function findPackage(name: string, from: string): { readonly folder: string; readonly manifest: Manifest } | null {
  let file: string;
  try {
    file = createRequire(path.join(from, 'package.json')).resolve(name, { paths: [from] });
  } catch {
    return null;
  }
  for (const folder of upwards(path.dirname(realPath(file) ?? file))) {
    const manifest = manifestIn(folder);
    // Folders within a package may have a package.json that only says which kind of modules they hold.
    if (manifest?.name !== undefined) return { folder, manifest };
  }
  return null;
}

function copyIn(folder: string): PackageCopy | undefined {
  const real = realPath(folder);
  if (real === undefined) return undefined;
  // A folder without a readable package.json cannot be loaded as a package.
  const manifest = manifestIn(real);
  return manifest === undefined ? undefined : { folder: real, version: String(manifest.version) };
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** Folders of the packages in a `node_modules`, scoped ones and pnpm's store (`.pnpm`) included. */
function packagesIn(modules: string): string[] {
  return entries(modules).flatMap((name) => {
    const folder = path.join(modules, name);
    if (name === '.pnpm') return entries(folder).map((stored) => path.join(folder, stored));
    if (name.startsWith('@')) return entries(folder).map((scoped) => path.join(folder, scoped));
    return name.startsWith('.') ? [] : [folder];
  });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realPath(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}
