import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { LeakReport } from '../core/report.ts';
import { upwards } from '../core/repositoryPath.ts';
import { projectFolder } from '../files/projectFolder.ts';

/** Folders are searched that far below the project, and no more than so many: it is a convenience, `--root` is exact. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 3000;
const MAX_SAMPLES = 5;

/**
 * The folder that file names in a report are relative to, which the report does not name: Playwright's `testDir`. It is the nearest above
 * the report, or else the first below its project, that has the files of the report's first tests. `null`: there is none.
 *
 * @param file the `report.json`
 */
export function findReportRoot(report: Pick<LeakReport, 'tests'>, file: string): string | null {
  const names = [...new Set(report.tests.map((test) => test.file))].slice(0, MAX_SAMPLES);
  if (names.length === 0) return null;
  const has = (folder: string): boolean => names.every((name) => existsSync(path.join(folder, name)));
  const folder = path.dirname(path.resolve(file));
  return upwards(folder).find(has) ?? foldersBelow(projectFolder(folder)).find(has) ?? null;
}

/**
 * Folders that file names in a report may be relative to, the likeliest first.
 *
 * @param root {@link findReportRoot}'s, or one that was named
 * @param file the `report.json`
 */
export function sourceBases(root: string | null, file: string): [string, ...string[]] {
  const folder = path.dirname(path.resolve(file));
  return [root ?? projectFolder(folder), ...upwards(folder)];
}

/** Breadth first, by name; not into packages and hidden folders. */
function foldersBelow(root: string): string[] {
  const found = [{ folder: root, depth: 0 }];
  for (let next = 0; next < found.length && found.length < MAX_FOLDERS; next += 1) {
    const { folder, depth } = found[next] ?? { folder: root, depth: MAX_DEPTH };
    if (depth === MAX_DEPTH) continue;
    for (const name of subfolders(folder)) found.push({ folder: path.join(folder, name), depth: depth + 1 });
  }
  return found.map(({ folder }) => folder);
}

function subfolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name) ? [entry.name] : [])).sort();
  } catch {
    // A folder that may not be read has no tests of ours.
    return [];
  }
}
