import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../core/messageOf.ts';
import { makeFolder } from '../../files/writeAtomically.ts';
import { processExists, readArgv, tolerant } from '../../probes/procfs.ts';
import { ownerFile, readOwner, stopFile } from '../../stability/soakFolder.ts';

/** Whose the folder of journals is while a soak runs: two soaks in one folder would write into each other's journals. */
export class Ownership implements Disposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Takes the folder, which is made if need be.
   *
   * @returns The pid of another soak that has it.
   */
  static take(directory: string): Ownership | number {
    makeFolder(directory);
    const owner = readOwner(directory);
    if (owner !== null && owner !== process.pid && isSoak(owner)) return owner;
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

/** Whether a process is a soak: a pid that was left in the file may be somebody else's by now. */
function isSoak(pid: number): boolean {
  const argv = readArgv(pid);
  return argv.length === 0 ? isAlive(pid) && !processExists(pid) : argv.includes('soak');
}

/** Where /proc is not Linux's there are no arguments to read. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Gone, or somebody else's, which then is no soak of this user.
    return false;
  }
}
