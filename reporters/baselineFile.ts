import { readFileSync } from 'node:fs';
import { BASELINE_FILE, BaselineError, parseBaseline, type Baseline, type NamedBaseline } from '../src/core/baseline.ts';
import { messageOf } from '../src/core/messageOf.ts';
import { relativePath } from '../src/core/relativePath.ts';
import { nearestInProject } from '../src/files/projectFolder.ts';

/** A baseline and the absolute path of its file. */
export interface BaselineFile extends Baseline {
  readonly file: string;
}

/** The `leak-baseline.json` beside the config, or in the nearest folder above it, no further than the nearest `package.json`. */
export function findBaseline(configDir: string): string | null {
  return nearestInProject(configDir, BASELINE_FILE);
}

/** @throws Error whose message is one sentence with the remedy */
export function readBaseline(file: string): BaselineFile {
  try {
    return { file, ...parseBaseline(readFileSync(file, 'utf8')) };
  } catch (cause) {
    const reason = messageOf(cause);
    if (cause instanceof BaselineError) throw new Error(`the baseline ${file} cannot be used: ${reason}`, { cause });
    throw new Error(`expected a baseline or a report.json at ${file}: ${reason}`, { cause });
  }
}

/** As the report names it. */
export function named(baseline: BaselineFile | null, root: string): NamedBaseline | null {
  return baseline === null ? null : { ...baseline, name: relativePath(root, baseline.file) };
}
