import { existsSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot, upwards } from '../core/repositoryPath.ts';

/** The nearest folder at or above `from` that has a package.json; `null` when there is none. */
export function packageFolder(from: string): string | null {
  return upwards(from).find((folder) => existsSync(path.join(folder, 'package.json'))) ?? null;
}

/** The same; `from` itself when there is none. */
export function projectFolder(from: string): string {
  return packageFolder(from) ?? from;
}

/** Folder of the checkout that a folder lies in; of its project where it is in no repository. */
export function checkoutFolder(from: string, env: Readonly<Record<string, string | undefined>>): string {
  return repositoryRoot(from, env, existsSync) ?? projectFolder(from);
}

/** Where reports go when nobody says: `leak-report` beside the nearest package.json. */
export function defaultOutputDir(from: string): string {
  return path.join(projectFolder(from), 'leak-report');
}

/** Where this project's reports lie: where the environment says, else the default. Absolute. */
export function outputDirOf({ cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> }): string {
  return path.resolve(cwd, env['PLAYWRIGHT_LEAK_OUTPUT_DIR'] || defaultOutputDir(cwd));
}

/** The nearest file of a name at or above a folder, no further than the project's; `null` when there is none. */
export function nearestInProject(from: string, name: string): string | null {
  const folders = upwards(from);
  const inside = folders.slice(0, Math.max(0, folders.indexOf(projectFolder(from))) + 1);
  return inside.map((folder) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
}
