import { relativePath } from './relativePath.ts';

/** Whether there is a file or folder of this name. */
export type Exists = (path: string) => boolean;

/**
 * Folder of the checkout that a folder lies in: the nearest at or above it that has a `.git`, or that the CI server calls its workspace
 * (`GITHUB_WORKSPACE`, `CI_PROJECT_DIR`). `null`: it lies in none.
 */
export function repositoryRoot(from: string, env: Readonly<Record<string, string | undefined>>, exists: Exists): string | null {
  const workspaces = [env['GITHUB_WORKSPACE'], env['CI_PROJECT_DIR']].flatMap((folder) => (folder ? [withoutEnd(folder)] : []));
  return upwards(from).find((folder) => workspaces.includes(folder) || exists(`${withEnd(folder)}.git`)) ?? null;
}

/** A file of the report by its path in the repository; `null` for one that lies outside or is no file (`node:fs`). */
export type RepositoryPath = (file: string) => string | null;

/**
 * Finds the files that a report names, which are relative to the Playwright root, by their paths in the repository.
 *
 * @param bases folders that the names may be relative to, the likeliest first; that one is taken for a file that is in none of them
 * @param repository absolute; what {@link repositoryRoot} found
 */
export function repositoryPaths(bases: readonly string[], repository: string, exists: Exists): RepositoryPath {
  const known = new Map<string, string | null>();
  const find = (file: string): string | null => {
    if (/^[a-z][a-z0-9+.-]+:|^</i.test(file)) return null;
    const places = bases.map((base) => resolvePath(base, file));
    const place = places.find(exists) ?? places[0];
    const path = place === undefined ? file : relativePath(repository, place);
    return path === '' || path.startsWith('../') || path === place?.replaceAll('\\', '/') ? null : path;
  };
  return (file) => {
    let path = known.get(file);
    if (path === undefined) known.set(file, (path = find(file)));
    return path;
  };
}

/**
 * Where a folder of another machine may lie here: below this folder, with ever more of its last parts.
 *
 * @example relocations('/builds/shop/e2e/tests', '/work') // ['/work/tests', '/work/e2e/tests', '/work/shop/e2e/tests', …]
 */
export function relocations(folder: string, below: string): string[] {
  const parts = folder.split(/[\\/]/).filter((part) => part !== '');
  return parts.map((_, index) => `${withEnd(below)}${parts.slice(-index - 1).join('/')}`);
}

/** The folder and all above it, nearest first. */
export function upwards(from: string): string[] {
  const folders = [withoutEnd(from)];
  for (let at = folders[0] ?? ''; ;) {
    const cut = Math.max(at.lastIndexOf('/'), at.lastIndexOf('\\'));
    if (cut < 0 || withoutEnd(at.slice(0, cut + 1)) === at) return folders;
    folders.push((at = withoutEnd(at.slice(0, cut + 1))));
  }
}

/** Joins and takes out `.` and `..`. A file that is absolute stays as it is. */
function resolvePath(base: string, file: string): string {
  if (/^(?:[\\/]|[A-Za-z]:[\\/])/.test(file)) return file;
  const parts: string[] = [];
  for (const part of `${withEnd(base)}${file}`.split(/[\\/]/)) {
    if (part === '..' && parts.length > 1) parts.pop();
    else if (part !== '.' && part !== '..' && (part !== '' || parts.length === 0)) parts.push(part);
  }
  return parts.join('/');
}

function withEnd(folder: string): string {
  return /[\\/]$/.test(folder) ? folder : `${folder}/`;
}

/** `/suite/` → `/suite`; a root (`/`, `C:\`) stays. */
function withoutEnd(folder: string): string {
  return /^(?:[A-Za-z]:)?[\\/]$/.test(folder) ? folder : folder.replace(/[\\/]+$/, '');
}
