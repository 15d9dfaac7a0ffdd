import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { BASELINE_FILE } from '../core/baseline.ts';
import { messageOf } from '../core/messageOf.ts';
import { parseReport, ReportFormatError } from '../core/parseReport.ts';
import type { Build } from '../core/history.ts';
import { OUTPUT_NAMES, OUTPUTS } from '../render/outputs.ts';
import { statsOf, unreadable } from './lastReport.ts';

/** A report that was named and cannot be read, or a folder without any. The message is one sentence with what to do. */
export class ReportFileError extends Error {
  override readonly name = 'ReportFileError';
}

/** Folders below the one that was named: `builds/41/leak-report/report.json`. */
const DEPTH = 3;

/** What leak itself writes beside reports. */
const NO_REPORTS: ReadonlySet<string> = new Set([BASELINE_FILE, ...OUTPUT_NAMES.map((name) => OUTPUTS[name].file)]);

/**
 * The reports at these paths, one after the other: a file, or a folder with reports in it and below. Within a folder they come in the
 * natural order of their names (`build-9` before `build-10`); what leak writes beside reports is left out, another JSON file that is no
 * report is skipped and told of.
 *
 * @param skip is told of each file that is left out: one sentence
 * @throws ReportFileError for a path that is not there, a named file that is no report this release reads, or a folder without reports
 */
export function* readReports(paths: readonly string[], cwd: string, skip: (sentence: string) => void): Generator<Build> {
  const skipFolder = (folder: string, cause: unknown): void => skip(unreadable(path.relative(cwd, folder), cause));
  const files = paths.flatMap((given) => filesAt(path.resolve(cwd, given), given, skipFolder));
  const stems = files.map(({ file }) => stemOf(file));
  for (const [index, { file, named }] of files.entries()) {
    const stem = stems[index] ?? '';
    const shown = path.relative(cwd, file) || file;
    const report = readOne(file, shown);
    if (!(report instanceof Error)) yield { name: stems.indexOf(stem) === stems.lastIndexOf(stem) ? stem : shown, report };
    else if (named) throw report;
    else skip(report.message);
  }
}

function filesAt(place: string, given: string, skip: (folder: string, cause: unknown) => void): { file: string; named: boolean }[] {
  const stats = statsOf(place);
  if (stats === undefined) throw new ReportFileError(`There is no file or folder ${given}.`);
  if (stats instanceof Error) throw new ReportFileError(unreadable(given, stats), { cause: stats });
  if (!stats.isDirectory()) return [{ file: place, named: true }];
  const found = jsonFilesBelow(place, DEPTH, (folder, cause) => {
    if (folder === place) throw new ReportFileError(unreadable(given, cause), { cause });
    skip(folder, cause);
  });
  if (found.length === 0) throw new ReportFileError(`There is no report in the folder ${given}: a .json file was expected in it or below.`);
  return found.map((file) => ({ file, named: false }));
}

function jsonFilesBelow(folder: string, depth: number, skip: (folder: string, cause: unknown) => void): string[] {
  const byName = new Intl.Collator('en', { numeric: true });
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => byName.compare(a.name, b.name));
  } catch (cause) {
    skip(folder, cause);
    return [];
  }
  return entries.flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 && entry.name !== 'node_modules' ? jsonFilesBelow(place, depth - 1, skip) : [];
    return entry.name.endsWith('.json') && !NO_REPORTS.has(entry.name) ? [place] : [];
  });
}

/** What a build is called: the folder of a `report.json`, past a `leak-report` in between; else the file without its ending. */
function stemOf(file: string): string {
  if (path.basename(file) !== 'report.json') return path.basename(file, '.json');
  const folder = path.dirname(file);
  return path.basename(path.basename(folder) === 'leak-report' ? path.dirname(folder) : folder);
}

function readOne(file: string, shown: string): Build['report'] | ReportFileError {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    return new ReportFileError(`${shown} cannot be read (${messageOf(cause)}).`, { cause });
  }
  try {
    return parseReport(text);
  } catch (cause) {
    if (!(cause instanceof ReportFormatError)) throw cause;
    return new ReportFileError(`${shown}: ${cause.message}.`, { cause });
  }
}
