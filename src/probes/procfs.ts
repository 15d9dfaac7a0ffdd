import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/**
 * Reading Linux's /proc. Every function tolerates what vanishes or may not be read: it answers `undefined`, it never throws.
 * Files are read as UTF-8 because Node does that in one native call, without going through `fs.openSync`.
 */

/** One process, from `/proc/<pid>/stat`. A pid is reused; (`pid`, `startTime`) is not. */
export interface ProcessStat {
  readonly pid: number;
  /** Name of the program, cut to 15 bytes by the kernel; all there is of a zombie. */
  readonly name: string;
  readonly ppid: number;
  /** `R`, `S`, `D`, `Z` (zombie), `T` … as in proc(5). */
  readonly state: string;
  readonly groupId: number;
  readonly sessionId: number;
  /** Clock ticks (hundredths of a second) since boot. */
  readonly startTime: number;
  readonly isKernelThread: boolean;
  /** Bytes of its environment; `null` while its program is being started, and when it has ended or is a kernel thread. */
  readonly environmentSize: number | null;
}

/** USER_HZ: 100 on every architecture Node runs on (proc(5), sysconf(_SC_CLK_TCK)). */
export const TICKS_PER_SECOND = 100;

/** PF_KTHREAD of linux/sched.h. */
const KERNEL_THREAD = 0x00200000;

/** Parses the text of `/proc/<pid>/stat`; the name, in parentheses, may itself hold spaces, parentheses and newlines. */
export function parseStat(text: string): ProcessStat | undefined {
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd === -1) return undefined;
  const fields = text.slice(nameEnd + 2).split(' ');
  const pid = Number.parseInt(text, 10);
  const startTime = Number(fields[19]);
  if (!Number.isInteger(pid) || !Number.isFinite(startTime)) return undefined;
  const [endOfCode = Number.NaN, start = Number.NaN, end = Number.NaN] = [24, 47, 48].map((index) => Number(fields[index]));
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state: fields[0] ?? '?',
    ppid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    isKernelThread: (Number(fields[6]) & KERNEL_THREAD) !== 0,
    startTime,
    // The kernel enters the code last, when everything else of a program is in its place.
    environmentSize: endOfCode > 0 && Number.isFinite(end - start) ? end - start : null,
  };
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${String(pid)}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Arguments of a process, unredacted: never let them out. Empty for a zombie and for kernel threads. */
export function readArgv(pid: number): string[] {
  const text = readText(`/proc/${String(pid)}/cmdline`) ?? '';
  return text === '' ? [] : text.replace(/\0+$/, '').split('\0');
}

/** The environment a process was started with, as `\0NAME=value\0…\0`: search it for `\0NAME=value\0`. Never let it out. */
export function readEnvironment(pid: number): string | undefined {
  const text = readText(`/proc/${String(pid)}/environ`);
  return text === undefined ? undefined : `\0${text}\0`;
}

const EMPTY_ENVIRONMENT = '\0\0';

/** Milliseconds that the start of a program is waited for: it takes a fraction of one, and on a busy machine its turn of a processor. */
const START_PATIENCE_MS = 100;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * As {@link readEnvironment}, of a process that may just be becoming another program: for a moment it has no environment then (execve(2)),
 * and a mark in it would be overlooked. That moment is waited for, blocking, since it comes once in hundreds of processes at most.
 *
 * @returns `null` when the program had not been started after `patienceMs`.
 */
export function readStartedEnvironment(pid: number, patienceMs = START_PATIENCE_MS): string | null | undefined {
  for (let waitedMs = 0; ; waitedMs += 1) {
    const environment = readEnvironment(pid);
    if (environment !== EMPTY_ENVIRONMENT) return environment;
    const stat = readStat(pid);
    if (stat === undefined || stat.state === 'Z' || stat.isKernelThread || stat.environmentSize === 0) return environment;
    if (waitedMs >= patienceMs) return null;
    Atomics.wait(sleeper, 0, 0, 1);
  }
}

/** Path of the program a process runs; `undefined` for a zombie, a kernel thread or somebody else's process. */
export function readExecutable(pid: number): string | undefined {
  return readLink(`/proc/${String(pid)}/exe`);
}

export function processExists(pid: number): boolean {
  return statSync(`/proc/${String(pid)}`, { throwIfNoEntry: false }) !== undefined;
}

/** Pids of all processes that may be seen, in the order the kernel lists them (ascending). */
export function listProcesses(): number[] | undefined {
  const names = listNames('/proc');
  if (names === undefined) return undefined;
  const pids: number[] = [];
  for (const name of names) {
    const first = name.charCodeAt(0);
    if (first >= 48 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

/**
 * The pid given out last, to any process or thread of this pid namespace: as long as it stays, nothing was born.
 * `undefined` where the kernel does not tell (gVisor writes 0).
 */
export function readLastPid(): number | undefined {
  const text = readText('/proc/loadavg');
  const last = text === undefined ? Number.NaN : Number.parseInt(text.slice(text.lastIndexOf(' ') + 1), 10);
  return last > 0 ? last : undefined;
}

/** Seconds since boot, exact to a hundredth. */
export function readUptime(): number | undefined {
  const seconds = Number.parseFloat(readText('/proc/uptime') ?? '');
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Resident memory of a process in bytes. */
export function readRssBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readText(`/proc/${String(pid)}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Whether /proc is Linux's and shows this very pid namespace; otherwise the reason why not. */
export function procfsProblem(): string | undefined {
  const self = readLink('/proc/self');
  if (self === undefined) return '/proc is not mounted or cannot be read (it is Linux’s)';
  if (self !== String(process.pid)) return '/proc belongs to another pid namespace';
  if (readStat(process.pid) === undefined) return '/proc/self/stat cannot be read';
  return undefined;
}

export function readText(path: string): string | undefined {
  return tolerant(() => readFileSync(path, 'utf8'));
}

export function readLink(path: string): string | undefined {
  return tolerant(() => readlinkSync(path));
}

export function listNames(path: string): string[] | undefined {
  return tolerant(() => readdirSync(path));
}

/**
 * The result, or `undefined` for any system error: in /proc they mean "gone" or "not yours". Stacks are switched off
 * meanwhile, since capturing one costs more than the failed call.
 */
export function tolerant<T>(read: () => T): T | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
