import { readdirSync, readFileSync } from 'node:fs';

/** Nothing there, or nothing that is ours to touch. */
const GONE: readonly string[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'];

/** What the operating system says about a browser. */
export interface BrowserUsage {
  /** Open file descriptors of the browser's main process; `null` where the system does not tell (anything but Linux). */
  readonly fds: number | null;
  /** Resident memory of the browser's whole process group, pages shared between its processes counted in each. */
  readonly rssBytes: number | null;
}

/**
 * Ends a process and everything in its group, stopped or hung or not. That there is nothing left to end is fine. Only for one that is
 * known to live: the number of one that has ended may be somebody else's by now.
 */
export function killGroup(pid: number): void {
  // To the system 0 is this process's own group, and minus 1 is everybody.
  if (pid <= 1) return;
  killAll(process.platform === 'win32' ? [pid] : [-pid, pid]);
}

/** Ends what a process that has ended this very moment has left behind in its group. */
export function killLeftBehind(pid: number): void {
  if (pid > 1 && process.platform !== 'win32') killAll([-pid]);
}

function killAll(targets: readonly number[]): void {
  for (const target of targets) {
    try {
      process.kill(target, 'SIGKILL');
    } catch (error) {
      if (!hasCode(error, GONE)) throw error;
    }
  }
}

/** How many file descriptors a process has open, or `null` where that cannot be told. */
export function countFds(pid: number): number | null {
  return readOr(null, () => readdirSync(`/proc/${pid}/fd`).length);
}

/** Descriptors and memory of several browsers, given the pids of their main processes, in one pass over the process table. */
export function readUsage(pids: readonly number[]): Map<number, BrowserUsage> {
  const rss = new Map<number, number>();
  for (const pid of pids.length === 0 ? [] : processIds()) {
    const group = groupOf(pid);
    if (group !== undefined && pids.includes(group)) rss.set(group, (rss.get(group) ?? 0) + rssOf(pid));
  }
  return new Map(pids.map((pid) => [pid, { fds: countFds(pid), rssBytes: rss.get(pid) ?? null }]));
}

/**
 * Kills whatever was started with `NAME=value` in its environment, with its group, and returns the pids of those that led a group: a
 * browser's main process does. Linux only; elsewhere it finds nothing.
 */
export function killMarked(name: string, value: string): number[] {
  const mark = `${name}=${value}`;
  const leaders: number[] = [];
  for (const pid of processIds()) {
    const environment = readOr('', () => readFileSync(`/proc/${pid}/environ`, 'latin1'));
    if (pid === process.pid || !environment.split('\0').includes(mark)) continue;
    if (groupOf(pid) === pid) leaders.push(pid);
    killGroup(pid);
  }
  return leaders;
}

function processIds(): number[] {
  return readOr<string[]>([], () => readdirSync('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Process groups are the fifth field of `stat`, counted behind the name, which may itself contain spaces and brackets (proc_pid_stat(5)). */
function groupOf(pid: number): number | undefined {
  const stat = readOr('', () => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const group = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
  return group === undefined ? undefined : Number(group);
}

function rssOf(pid: number): number {
  const status = readOr('', () => readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/**
 * Processes vanish while they are looked at, other systems have no /proc, and a process out of descriptors cannot look: all read as
 * nothing. A pool that could not tell so would end healthy browsers in the very moment in which it cannot start others.
 */
function readOr<V>(fallback: V, read: () => V): V {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, [...GONE, 'EMFILE', 'ENFILE'])) return fallback;
    throw error;
  }
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && codes.includes(code);
}
