import { statSync } from 'node:fs';
import { redactArgv } from '../core/redact.ts';
import type { ResourceKey } from '../core/resource.ts';
import { describeTarget, fdKey, inodeOf, kindOf } from './fdTargets.ts';
import { descendantsOf, ProcessTable } from './processTable.ts';
import { listNames, readArgv, readLink, readRssBytes, readStat, tolerant, type ProcessStat } from './procfs.ts';
import { readSockets, type SocketFacts } from './sockets.ts';
import { isWorkerCommand } from './workerCommand.ts';

/** One process seen from outside, by its identity. */
export interface ObservedIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

export interface ObservedFd {
  /** `file`, `socket`, `pipe`, `eventpoll` … */
  readonly kind: string;
  /** A path; for a socket its inode until {@link socketLabels} is asked. */
  readonly label: string;
  readonly path: string | null;
  /** Of a socket or an unnamed pipe. */
  readonly inode: string | null;
}

export interface ObservedProcess extends ObservedIdentity {
  readonly ppid: number;
  /** Redacted. */
  readonly argv: readonly string[];
  /** As in proc(5): `Z` is a zombie. */
  readonly state: string;
}

export interface Observation {
  readonly fds: ReadonlyMap<ResourceKey, ObservedFd>;
  /** Everything below the observed process. */
  readonly processes: ReadonlyMap<ResourceKey, ObservedProcess>;
  readonly rssBytes: number;
}

/** A cache only: what it holds is what /proc says. It saves reading every process of the machine at every observation. */
const table = new ProcessTable();
const commands = new Map<ResourceKey, { readonly raw: string; readonly argv: readonly string[] }>();
const MAX_COMMANDS = 5000;

/** The Playwright workers that a runner has now, oldest first. Empty where /proc is not Linux's. */
export function findWorkers(runnerPid: number): ObservedIdentity[] {
  table.refresh();
  return (table.byParent().get(runnerPid) ?? [])
    .filter(({ pid }) => isWorkerCommand(readArgv(pid)))
    .sort((left, right) => left.startTime - right.startTime || left.pid - right.pid)
    .map(({ pid, startTime }) => ({ pid, startTime }));
}

/**
 * What another process holds now: descriptors, everything below it, resident memory. `undefined` when it is gone or may not be
 * read. About 10 µs a descriptor and 30 µs a process below it.
 */
export function observe(pid: number): Observation | undefined {
  const rssBytes = readRssBytes(pid);
  const names = listNames(`/proc/${String(pid)}/fd`);
  if (rssBytes === undefined || names === undefined) return undefined;
  return { fds: observeFds(pid, names), processes: observeProcesses(pid), rssBytes };
}

/** Addresses of another process's sockets by inode (`tcp 127.0.0.1:40100 → 127.0.0.1:8080`); ones that are gone are left out. */
export function socketLabels(pid: number, inodes: readonly string[]): Map<string, { readonly label: string; readonly facts: SocketFacts }> {
  const sockets = readSockets(new Set(inodes), pid);
  return new Map(
    [...sockets].map(([inode, facts]) => [inode, { label: describeTarget('socket', `socket:[${inode}]`, false, facts).label, facts }]),
  );
}

function observeFds(pid: number, names: readonly string[]): Map<ResourceKey, ObservedFd> {
  const fds = new Map<ResourceKey, ObservedFd>();
  for (const name of names) {
    const place = `/proc/${String(pid)}/fd/${name}`;
    const link = readLink(place);
    const stats = link === undefined ? undefined : tolerant(() => statSync(place, { throwIfNoEntry: false }));
    if (link === undefined || stats === undefined) continue;
    const kind = kindOf(stats.mode);
    const target = describeTarget(kind, link, stats.nlink === 0, undefined);
    const inode = target.path === null && (kind === 'socket' || kind === 'pipe') ? inodeOf(link) : null;
    fds.set(
      fdKey(Number(name), stats, () => link),
      { kind: target.type, label: target.label, path: target.path, inode },
    );
  }
  return fds;
}

function observeProcesses(pid: number): Map<ResourceKey, ObservedProcess> {
  table.refresh();
  const processes = new Map<ResourceKey, ObservedProcess>();
  for (const { pid: child, startTime } of descendantsOf(pid, table.byParent())) {
    const stat = readStat(child);
    if (stat?.startTime !== startTime) continue;
    const key = `process:${String(child)}:${String(startTime)}`;
    processes.set(key, { pid: child, startTime, ppid: stat.ppid, argv: commandOf(key, stat), state: stat.state });
  }
  return processes;
}

/** Redacting a browser's command line takes longer than reading it, and it hardly ever changes. */
function commandOf(key: ResourceKey, { pid }: ProcessStat): readonly string[] {
  const argv = readArgv(pid);
  const raw = argv.join('\0');
  const known = commands.get(key);
  if (known?.raw === raw) return known.argv;
  if (commands.size >= MAX_COMMANDS) commands.clear();
  const redacted = redactArgv(argv);
  commands.set(key, { raw, argv: redacted });
  return redacted;
}
