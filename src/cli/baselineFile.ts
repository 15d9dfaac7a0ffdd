import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { BASELINE_FILE, BaselineError, isReport, parseBaseline, type Baseline } from '../core/baseline.ts';
import { messageOf } from '../core/messageOf.ts';
import type { Terminal } from './command.ts';
import { nearestInProject, projectFolder } from '../files/projectFolder.ts';
import { writeAtomically } from '../files/writeAtomically.ts';
import { ReportFileError } from './reportFiles.ts';

/**
 * Where the baseline lies or is to lie: where `--output` or `PLAYWRIGHT_LEAK_BASELINE` says; else the nearest `leak-baseline.json` from
 * here up to the nearest `package.json`; without one, beside that.
 *
 * @throws ReportFileError where the environment says that there is to be none
 */
export function baselinePlace({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, output: string | undefined): string {
  const named = output ?? (env['PLAYWRIGHT_LEAK_BASELINE'] || undefined);
  if (output === undefined && named === 'false') {
    throw new ReportFileError('PLAYWRIGHT_LEAK_BASELINE is false, which means no baseline: unset it, or name a file with --output.');
  }
  if (named !== undefined) return path.resolve(cwd, named);
  return nearestInProject(cwd, BASELINE_FILE) ?? path.join(projectFolder(cwd), BASELINE_FILE);
}

/**
 * The baseline at a place, `null` when there is none.
 *
 * @throws ReportFileError for what is there and no baseline: nothing is written over it.
 */
export function readBaseline(place: string, shown: string): Baseline | null {
  if (!existsSync(place)) return null;
  try {
    const source = readFileSync(place, 'utf8');
    if (!isReport(source)) return parseBaseline(source);
  } catch (cause) {
    if (cause instanceof BaselineError) throw new ReportFileError(`${shown} cannot be used: ${cause.message}.`, { cause });
    throw new ReportFileError(`${shown} cannot be read (${messageOf(cause)}).`, { cause });
  }
  throw new ReportFileError(`${shown} is a report, which would be overwritten: name another file with --output.`);
}

/** Writes so that a reader sees the old file or the whole new one. @throws ReportFileError when the place cannot be written */
export function writeBaseline(place: string, shown: string, text: string): void {
  try {
    writeAtomically(place, text);
  } catch (cause) {
    const remedy = 'make it writable, or name another file with --output';
    throw new ReportFileError(`${shown} could not be written (${messageOf(cause)}): ${remedy}.`, { cause });
  }
}
