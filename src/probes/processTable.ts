import { listProcesses, readLastPid, readStat, type ProcessStat } from './procfs.ts';
import { groupBy } from '../core/groupBy.ts';

/**
 * All processes of the machine, kept up to date cheaply: nothing is read while nothing was born, and then only newcomers are.
 *
 * Pids are given out in ascending order and wrap around; a pid seen twice is the same process unless the counter wrapped, and
 * then every entry is read anew. An entry's parent is read again once that parent is gone.
 */
export class ProcessTable {
  readonly #entries = new Map<number, ProcessStat>();
  #lastPid: number | undefined;

  /**
   * Brings the table up to date. Returns the processes that are new since the last call; `undefined` when nothing was born,
   * in which case the processes that ended meanwhile are still listed.
   */
  refresh(): readonly ProcessStat[] | undefined {
    const lastPid = readLastPid();
    if (lastPid !== undefined && lastPid === this.#lastPid) return undefined;
    const listed = listProcesses();
    if (listed === undefined) return undefined;
    const wrapped = lastPid === undefined || this.#lastPid === undefined || lastPid < this.#lastPid;
    this.#lastPid = lastPid;
    return this.#update(new Set(listed), wrapped);
  }

  get(pid: number): ProcessStat | undefined {
    return this.#entries.get(pid);
  }

  /** Entries by parent, for walking down. Linear in the number of processes. */
  byParent(): ReadonlyMap<number, readonly ProcessStat[]> {
    return groupBy(this.#entries.values(), ({ ppid }) => ppid);
  }

  #update(listed: ReadonlySet<number>, wrapped: boolean): ProcessStat[] {
    for (const pid of this.#entries.keys()) {
      if (!listed.has(pid)) this.#entries.delete(pid);
    }
    const born: ProcessStat[] = [];
    for (const pid of listed) {
      const known = this.#entries.get(pid);
      if (known !== undefined && !wrapped && (known.ppid === 0 || listed.has(known.ppid))) continue;
      const entry = readStat(pid);
      if (entry === undefined) {
        this.#entries.delete(pid);
        continue;
      }
      this.#entries.set(pid, entry);
      if (entry.startTime !== known?.startTime) born.push(entry);
    }
    return born;
  }
}

/** Every process below `root`, nearest first, `root` itself left out. Branches for which `enter` says no are not taken. */
export function descendantsOf(
  root: number,
  children: ReadonlyMap<number, readonly ProcessStat[]>,
  enter: (entry: ProcessStat) => boolean = () => true,
): ProcessStat[] {
  const found: ProcessStat[] = [];
  const queue = [root];
  const seen = new Set(queue);
  for (const pid of queue) {
    for (const child of children.get(pid) ?? []) {
      if (seen.has(child.pid) || !enter(child)) continue;
      seen.add(child.pid);
      queue.push(child.pid);
      found.push(child);
    }
  }
  return found;
}
