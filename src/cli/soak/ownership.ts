import { rmSync, writeFileSync } from 'node:fs';
import { makeFolder } from '../../files/writeAtomically.ts';
import { processExists, readArgv } from '../../probes/procfs.ts';
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

  /** Asks the scenarios to come to their end, for this reason. */
  requestStop(reason: string): void {
    writeFileSync(stopFile(this.#directory), reason);
  }

  [Symbol.dispose](): void {
    if (readOwner(this.#directory) === process.pid) rmSync(ownerFile(this.#directory), { force: true });
    rmSync(stopFile(this.#directory), { force: true });
  }
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
