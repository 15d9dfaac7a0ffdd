import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../core/messageOf.ts';
import { outputDirOf } from '../files/projectFolder.ts';
import type { Terminal } from './command.ts';

/** The file of a report that was named, or whose folder was; without a name, of the last report of this project. */
export function lastReport({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, given?: string): string {
  if (given === undefined) return path.join(outputDirOf({ cwd, env }), 'report.json');
  const place = path.resolve(cwd, given);
  const stats = statsOf(place);
  // What cannot be looked at cannot be read either, and whoever reads it says why.
  return !(stats instanceof Error) && stats?.isDirectory() === true ? path.join(place, 'report.json') : place;
}

/** Why a report could not be read, in one sentence with what to do. */
export function unreadable(shown: string, cause: unknown): string {
  return isMissing(cause) ? noReport(shown) : `${shown} cannot be read (${messageOf(cause)}).`;
}

/** That there is no report, and what to do. */
export function noReport(shown: string): string {
  return `There is no report at ${shown}: run npx playwright test --reporter=leak, or name the report's path.`;
}

/** What lies at a place; `undefined`: nothing; an error: that cannot be told, as behind a folder that may not be entered. */
export function statsOf(place: string): Stats | Error | undefined {
  try {
    return statSync(place);
  } catch (error) {
    return isMissing(error) ? undefined : error instanceof Error ? error : new Error(messageOf(error));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
