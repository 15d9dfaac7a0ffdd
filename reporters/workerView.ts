import type { DetectorState } from '../src/core/record.ts';
import type { OutsideResource } from '../src/core/outsideView.ts';
import type { ResourceKey } from '../src/core/resource.ts';
import { commandLabel } from '../src/probes/commandLabel.ts';
import { findWorkers, observe, socketLabels, type Observation, type ObservedIdentity } from '../src/probes/observer.ts';
import { procfsProblem, readStat, readUptime, TICKS_PER_SECOND } from '../src/probes/procfs.ts';
import type { SocketFacts } from '../src/probes/sockets.ts';

export type WorkerProcess = ObservedIdentity;

/** How Playwright talks to the browsers it launches: Chromium, Firefox, WebKit. */
const BROWSER_FLAGS: ReadonlySet<string> = new Set(['--remote-debugging-pipe', '-juggler-pipe', '--inspector-pipe']);
/** Playwright's own files: videos and traces that are being written, its compilation cache. */
const PLAYWRIGHT_PATH = /[\\/](?:\.playwright-artifacts-\d+|playwright-transform-cache[^\\/]*|ms-playwright)[\\/]/;
const SYSTEM_PATH = /^\/(?:proc|sys|dev)\//;

/**
 * The process of the worker with an index. Workers are forked in the order of their indexes, so of those that are not yet known, oldest
 * first, it is the one after as many as have a lower index. `null` when that cannot be told.
 *
 * @param known pids of workers whose index is known
 * @param unknownBelow how many lower indexes have no process yet
 */
export function findWorker(known: ReadonlySet<number>, unknownBelow: number): WorkerProcess | null {
  const candidates = findWorkers(process.pid).filter(({ pid }) => !known.has(pid));
  return (candidates.length === 1 ? candidates[0] : candidates[unknownBelow]) ?? null;
}

/** One worker seen from outside. What a socket is does not change, so the machine's socket tables are read only when there is a new one. */
export class WorkerView {
  readonly #process: WorkerProcess;
  #sockets = new Map<string, SocketFacts | null>();

  constructor(process: WorkerProcess) {
    this.#process = process;
  }

  /** What the worker holds that a test can be charged with; `null` when the worker is gone. */
  look(): OutsideResource[] | null {
    const { pid } = this.#process;
    const observation = observe(pid);
    if (observation === undefined) return null;
    return [...files(observation), ...this.#servers(observation), ...children(pid, observation)];
  }

  #servers({ fds }: Observation): OutsideResource[] {
    const open = [...fds].flatMap(([key, { inode, kind }]) => (kind === 'socket' && inode !== null ? [{ key, inode }] : []));
    const unknown = open.map(({ inode }) => inode).filter((inode) => !this.#sockets.has(inode));
    const labels = unknown.length === 0 ? null : socketLabels(this.#process.pid, unknown);
    this.#sockets = new Map(open.map(({ inode }) => [inode, this.#sockets.get(inode) ?? labels?.get(inode)?.facts ?? null]));
    return open.flatMap(({ key, inode }): OutsideResource[] => {
      const facts = this.#sockets.get(inode);
      if (facts?.state !== 'listening' || facts.local === '') return [];
      const { protocol, local, state } = facts;
      return [
        { key, kind: 'fd', type: 'server', label: `${protocol} ${local}`, bornAt: null, evidence: { address: { protocol, local, state } } },
      ];
    });
  }
}

/** Whether the process with this key is there still; a zombie has ended. */
export function isRunning(key: ResourceKey): boolean {
  const [, pid, startTime] = key.split(':');
  const stat = readStat(Number(pid));
  return stat?.startTime === Number(startTime) && stat.state !== 'Z';
}

/** What the outside view can and cannot measure. */
export function outsideDetectors(): DetectorState[] {
  const problem = procfsProblem();
  const measured = ['fds', 'processes'].map((name) =>
    problem === undefined ? { name, available: true } : { name, available: false, reason: problem },
  );
  const reason = 'not to be seen from outside of a worker: use leak/fixtures';
  return [...measured, ...['handles', 'heap', 'objects', 'browser'].map((name) => ({ name, available: false, reason }))];
}

function files({ fds }: Observation): OutsideResource[] {
  const found: OutsideResource[] = [];
  for (const [key, { kind, path }] of fds) {
    if (path === null || (kind !== 'file' && kind !== 'directory') || PLAYWRIGHT_PATH.test(path) || SYSTEM_PATH.test(path)) continue;
    found.push({ key, kind: 'fd', type: kind, label: path, bornAt: null, evidence: { path, fd: Number(key.split(':')[1]) } });
  }
  return found;
}

/** Only what the worker itself started; what is below that belongs to it. */
function children(worker: number, { processes }: Observation): OutsideResource[] {
  const found: OutsideResource[] = [];
  for (const [key, { pid, ppid, startTime, argv, state }] of processes) {
    if (
      ppid !== worker ||
      state === 'Z' ||
      argv.length === 0 ||
      argv.some((argument) => PLAYWRIGHT_PATH.test(argument) && argument.includes('ffmpeg'))
    )
      continue;
    const type = argv.some((argument) => BROWSER_FLAGS.has(argument)) ? 'browser' : 'process';
    const label = type === 'browser' ? `pid ${String(pid)}` : commandLabel(argv, '');
    found.push({ key, kind: 'process', type, label, bornAt: epochOf(startTime), evidence: { pid, argv: argv.slice(0, 40) } });
  }
  return found;
}

/** The kernel rounds the uptime down, so the earliest of all estimates is the nearest. */
let bootedAt = Infinity;

/** Milliseconds since the epoch of a start time in clock ticks; at most one tick (10 ms) too early. */
function epochOf(startTime: number): number | null {
  const uptime = readUptime();
  if (uptime === undefined) return null;
  bootedAt = Math.min(bootedAt, Date.now() - uptime * 1000);
  return bootedAt + (startTime * 1000) / TICKS_PER_SECOND;
}
