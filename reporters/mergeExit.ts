import { readdirSync, statSync, writeSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { listNames } from '../src/core/wording.ts';
import { isWholeZip } from './zipAppend.ts';

/**
 * What `merge-reports` leaves to the end of the process. It ignores the status a reporter returns, and until 1.62 errors of reporters as
 * well, and always exits with 0; at the exit, Node lets the code be changed. And when a blob cannot be read, it ends before any reporter
 * hears of a test.
 */
export class MergeExit {
  readonly #folders: readonly string[];

  /** @param folders where the blobs may lie */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Explains itself at the exit unless `begins` was called before. */
  expect(): void {
    process.once('exit', this.#explain);
  }

  begins(): void {
    process.off('exit', this.#explain);
  }

  /** Lets the process end with exit code 1. */
  fail(): void {
    process.once('exit', () => {
      process.exitCode = 1;
    });
  }

  readonly #explain = (): void => {
    const damaged = this.#folders.flatMap(cutZips);
    if (damaged.length === 0) return;
    const [are, their, files] = damaged.length === 1 ? ['is', 'Its shard was', 'the file'] : ['are', 'Their shards were', 'the files'];
    writeSync(
      process.stderr.fd,
      `leak · There is no report, because Playwright cannot read all blobs: ${listNames(damaged)} ${are} cut off. ${their} probably killed: ` +
        `run again, or delete ${files}, and merge again; the report then says what is missing.\n`,
    );
  };
}

/** Folders named on the command line; without one, the working directory, as `merge-reports` has it. */
export function mergeFolders(argv: readonly string[], cwd: string): string[] {
  const named = argv.slice(2).map((argument) => resolve(cwd, argument));
  const folders = named.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  return folders.length === 0 ? [cwd] : folders;
}

function cutZips(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith('.zip'));
    return files
      .map((name) => join(folder, name))
      .filter((file) => !isWholeZip(file))
      .map((file) => relative(process.cwd(), file));
  } catch {
    // Whatever kept Playwright from reading it, it has said so.
    return [];
  }
}
