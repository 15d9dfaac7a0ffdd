import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Asks the scenarios to come to their end; what it holds is the reason, such as `SIGTERM`. */
export function stopFile(directory: string): string {
  return join(directory, 'stop');
}

/** Says whose soak it is: the pid of the `leak soak` that began it. */
export function ownerFile(directory: string): string {
  return join(directory, 'owner');
}

/** That pid; `null` where nobody owns the folder, as when scenarios are started by hand with the plan in the environment. */
export function readOwner(directory: string): number | null {
  try {
    const pid = Number(readFileSync(ownerFile(directory), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** Where the journal of a scenario goes that is begun anew: a soak of days is not lost by a forgotten `--resume`. */
export function previousJournal(path: string): string {
  return `${path}.previous`;
}

/** Paths of the journals in a folder, sorted; none when there is no such folder. */
export function listJournals(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
    return names.sort().map((name) => join(directory, name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
