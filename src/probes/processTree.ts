import { processExists, readArgv, readStartedEnvironment, readStat, type ProcessStat } from './procfs.ts';
import { findBrowserOf, isCrashHandler } from './crashHandlers.ts';
import type { Opening, Openings } from './openings.ts';
import { ProcessTable } from './processTable.ts';

/** A process that is ours: below this process, or born below it and re-parented since. */
export interface Member {
  readonly pid: number;
  readonly startTime: number;
  /**
   * The start it comes from, its own or that of the child it stands below, as it was known when the process was first seen: a pid
   * is somebody else's later, and a daemon may write over its environment. `undefined` when nothing recorded the start.
   */
  readonly opening: Opening | undefined;
  /** Playwright started its root: its whole subtree is left out. */
  readonly isPlaywright: boolean;
}

export interface ProcessTreeOptions {
  readonly rootPid: number;
  /** Variables that every process born below the root has in its environment. Empty: orphans are found only if seen before. */
  readonly marks: Readonly<Record<string, string>>;
  readonly openings: Pick<Openings, 'child' | 'orphan'>;
  isPlaywrightChild(pid: number): boolean;
}

/**
 * Which processes belong to a root: the tree below it, the ones that have left the tree after they were seen in it, and the ones
 * that left before, which the mark in their environment gives away. Only newcomers are examined, each once.
 */
export class ProcessTree {
  readonly #options: ProcessTreeOptions;
  readonly #table = new ProcessTable();
  readonly #members = new Map<number, Member>();
  /** Newcomers whose program had not been started even after a while. */
  #undecided: readonly ProcessStat[] = [];
  /** By crash handler, as its pid and start time: the browser found for it. Finding it means reading every member. */
  readonly #browsers = new Map<string, number>();
  #rootStartTime = 0;

  constructor(options: ProcessTreeOptions) {
    this.#options = options;
  }

  /** Forgets everything and begins with the processes there are now. */
  start(): void {
    this.#members.clear();
    this.#browsers.clear();
    this.#rootStartTime = readStat(this.#options.rootPid)?.startTime ?? 0;
    this.#refresh();
  }

  /** Members that are there now and are not Playwright's. */
  open(): Member[] {
    const isCurrent = this.#refresh();
    const open: Member[] = [];
    for (const member of this.#members.values()) {
      if (member.isPlaywright || (!isCurrent && !processExists(member.pid))) continue;
      // A child's parent is this process for as long as it lives; whose parent may have ended is read anew.
      const isChild = this.#table.get(member.pid)?.ppid === this.#options.rootPid;
      if (isChild || this.isStillOpen(member)) open.push(member);
    }
    return open;
  }

  /** Pids of what Playwright started, and of everything below it: mostly its browsers' processes. */
  playwrightPids(): number[] {
    this.#refresh();
    return [...this.#members.values()].filter(({ isPlaywright }) => isPlaywright).map(({ pid }) => pid);
  }

  /** The member with this identity; `undefined` when it was never one. */
  member(pid: number, startTime: number): Member | undefined {
    const member = this.#members.get(pid);
    return member?.startTime === startTime ? member : undefined;
  }

  /** Reads anew whether a process is there and counts. Without a free descriptor its identity cannot be checked: then it is. */
  isStillOpen({ pid, startTime }: Pick<Member, 'pid' | 'startTime'>): boolean {
    const stat = readStat(pid);
    if (stat === undefined) return processExists(pid);
    return stat.startTime === startTime && this.#counts(stat);
  }

  /** Whether something was re-parented away from this tree. */
  isOrphan(stat: ProcessStat): boolean {
    return stat.ppid !== this.#options.rootPid && !this.#members.has(stat.ppid);
  }

  byParent(): ReadonlyMap<number, readonly ProcessStat[]> {
    return this.#table.byParent();
  }

  /**
   * An orphan's zombie has ended, only its foreign parent does not notice. A crash handler counts once its browser is gone, and
   * so does whatever runs in the session of a browser of Playwright's.
   */
  #counts(stat: ProcessStat): boolean {
    if (!this.isOrphan(stat)) return true;
    if (stat.state === 'Z' || this.#isPlaywrightLeader(stat.sessionId) || this.#isPlaywrightLeader(stat.groupId)) return false;
    return !this.#hasBrowser(stat);
  }

  #hasBrowser(stat: ProcessStat): boolean {
    const key = `${String(stat.pid)}:${String(stat.startTime)}`;
    const known = this.#browsers.get(key);
    if (known !== undefined && this.#members.has(known) && processExists(known)) return true;
    this.#browsers.delete(key);
    const browser = isCrashHandler(readArgv(stat.pid)) ? findBrowserOf(stat, this.#livingMembers()) : undefined;
    if (browser !== undefined) this.#browsers.set(key, browser.pid);
    return browser !== undefined;
  }

  #isPlaywrightLeader(pid: number): boolean {
    return this.#members.get(pid)?.isPlaywright === true && processExists(pid);
  }

  /** Returns whether the members are exactly the living ones; otherwise some may have ended, but none is missing. */
  #refresh(): boolean {
    const born = this.#table.refresh();
    if (born !== undefined) {
      for (const { pid, startTime } of this.#members.values()) {
        if (this.#table.get(pid)?.startTime !== startTime) this.#members.delete(pid);
      }
    }
    const candidates = [...this.#undecided, ...(born ?? [])];
    if (candidates.length > 0) this.#adopt(candidates);
    return born !== undefined;
  }

  #adopt(candidates: readonly ProcessStat[]): void {
    const pending = new Map(candidates.map((stat) => [stat.pid, stat]));
    const undecided: ProcessStat[] = [];
    // A parent may have a higher pid than its child once the numbers wrapped: decide parents first.
    for (const { pid } of candidates) {
      const chain: ProcessStat[] = [];
      for (let stat = pending.get(pid); stat !== undefined; stat = pending.get(stat.ppid)) {
        pending.delete(stat.pid);
        chain.push(stat);
      }
      for (const stat of chain.reverse()) {
        if (this.#table.get(stat.pid)?.startTime !== stat.startTime) continue;
        const member = this.#decide(stat);
        if (member === 'undecided') undecided.push(stat);
        else if (member !== undefined) this.#members.set(member.pid, member);
      }
    }
    this.#undecided = undecided;
  }

  #decide(stat: ProcessStat): Member | 'undecided' | undefined {
    const { pid, ppid, startTime, isKernelThread } = stat;
    if (this.#members.has(pid)) return undefined;
    if (ppid === this.#options.rootPid) {
      const opening = this.#options.openings.child(pid);
      return { pid, startTime, opening, isPlaywright: this.#options.isPlaywrightChild(pid) };
    }
    const parent = this.#members.get(ppid);
    if (parent !== undefined) return { pid, startTime, opening: parent.opening, isPlaywright: parent.isPlaywright };
    // Nothing older than the root was born below it.
    if (isKernelThread || pid === this.#options.rootPid || startTime < this.#rootStartTime) return undefined;
    // What is decided later is taken for older than it is, hence for nobody's leak: each is waited for, once.
    const environment = readStartedEnvironment(pid, this.#undecided.includes(stat) ? 0 : undefined);
    if (environment === null) return 'undecided';
    if (environment === undefined || !this.#isMarked(environment)) return undefined;
    return { pid, startTime, opening: this.#options.openings.orphan?.(environment), isPlaywright: false };
  }

  #isMarked(environment: string): boolean {
    const marks = Object.entries(this.#options.marks);
    return marks.length > 0 && marks.every(([name, value]) => environment.includes(`\0${name}=${value}\0`));
  }

  *#livingMembers(): Iterable<ProcessStat> {
    for (const { pid, startTime } of this.#members.values()) {
      const stat = readStat(pid);
      if (stat !== undefined && stat.startTime === startTime && stat.state !== 'Z') yield stat;
    }
  }
}
