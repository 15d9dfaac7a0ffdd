import { statSync } from 'node:fs';
import path from 'node:path';
import { outputDirOf } from '../files/projectFolder.ts';
import type { Terminal } from './command.ts';

/** The file of a report that was named, or whose folder was; without a name, of the last report of this project. */
export function lastReport({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, given?: string): string {
  const place = given === undefined ? outputDirOf({ cwd, env }) : path.resolve(cwd, given);
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true || given === undefined
    ? path.join(place, 'report.json')
    : place;
}
