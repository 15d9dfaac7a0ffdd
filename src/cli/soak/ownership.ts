import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../core/messageOf.ts';
import { makeFolder } from '../../files/writeAtomically.ts';
import { processExists, readArgv, tolerant } from '../../probes/procfs.ts';
import { ownerFile, readOwner, stopFile } from '../../stability/soakFolder.ts';
import { isAlive } from './isAlive.ts';
import { leftRun } from './leftRun.ts';

/** Who writes into a folder of journals already: another `leak soak`, or the Playwright of one that was killed. */
export interface Occupant {
  readonly pid: number;
  readonly is: 'soak' | 'Playwright';
}

/** Whose the folder of journals is while a soak runs: two soaks in one folder would write into each other's journals. */
export class Ownership implements Disposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Takes the folder, which is made if need be.
   *
   * @returns Who has it.
   */
  static take(directory: string): Ownership | Occupant {
    makeFolder(directory);
    const owner = readOwner(directory);
    if (owner !== null && owner !== process.pid && isSoak(owner)) return { pid: owner, is: 'soak' };
    // Its next scenario would take this soak for its own, with which it lives and dies.
    const left = leftRun(directory);
    if (left !== undefined) return { pid: left, is: 'Playwright' };
    writeFileSync(ownerFile(directory), String(process.pid));
    rmSync(stopFile(directory), { force: true });
    return new Ownership(directory);
  }

  /**
   * Asks the scenarios to come to their end, for this reason. A folder that has been removed is made again.
   *
   * @returns Why they cannot be asked; `null`: they are.
   */
  requestStop(reason: string): string | null {
    const file = stopFile(this.#directory);
    try {
      makeFolder(this.#directory);
      writeFileSync(file, reason);
      return null;
    } catch (error) {
      // A full disk takes no reason, but the file, which is what they look for.
      return existsSync(file) ? null : messageOf(error);
    }
  }

  [Symbol.dispose](): void {
    if (readOwner(this.#directory) === process.pid) remove(ownerFile(this.#directory));
    remove(stopFile(this.#directory));
  }
}

/** The next soak takes a folder over whose owner is gone, so what cannot be removed does no harm. */
function remove(file: string): void {
  tolerant(() => {
    rmSync(file, { force: true });
  });
}

/** Whether a process is a soak: a pid that was left in the file may be somebody else's by now. Where /proc is not Linux's, if it is alive. */
function isSoak(pid: number): boolean {
  const argv = readArgv(pid);
  return argv.length === 0 ? isAlive(pid) && !processExists(pid) : argv.includes('soak');
}
