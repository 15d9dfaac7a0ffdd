import { appendTo } from '../core/groupBy.ts';
import { redactArgv } from '../core/redact.ts';
import { findBrowserOf, isCrashHandler } from './crashHandlers.ts';
import { listProcesses, readArgv, readStartedEnvironment, readStat, type ProcessStat } from './procfs.ts';
import { isWorkerCommand } from './workerCommand.ts';

/** A living process of one run, recognized by the run's id in its environment. */
export interface MarkedProcess {
  readonly pid: number;
  /** Clock ticks since boot; with the pid it is the process's identity. */
  readonly startTime: number;
  readonly ppid: number;
  readonly name: string;
  /** Redacted. */
  readonly argv: readonly string[];
  /** `R`, `S`, `Z` … as in proc(5). A zombie has no environment any more, so it is never here. */
  readonly state: string;
  readonly groupId: number;
  readonly sessionId: number;
  /** The worker below which it was born; `null` for what the runner itself started: workers and web servers. */
  readonly workerIndex: number | null;
  /** Whether it is a Playwright worker. One that outlives the run is stuck. */
  readonly isWorker: boolean;
  /** Chromium's crash handler, which ends by itself after its browser. */
  readonly isCrashHandler: boolean;
  /** Of a crash handler: the marked browser it watches, while that lives. */
  readonly browserPid: number | null;
  /** Living processes below it that carry no mark (Chromium's helpers write over their environment). */
  readonly descendants: readonly number[];
}

/**
 * Every living process other than this one that carries `PLAYWRIGHT_LEAK_RUN_ID=<runId>` in its environment, oldest first: what
 * the workers of a run left behind, also a worker that was killed. Somebody else's processes cannot be read and are left out.
 * Linear in the number of processes, about 20 µs each. Empty where /proc is not Linux's: ask {@link procfsProblem} first.
 *
 * @param variable The variable to look for instead.
 * @example auditMarkedProcesses(runId).filter((process) => process.workerIndex !== null)
 */
export function auditMarkedProcesses(runId: string, variable = 'PLAYWRIGHT_LEAK_RUN_ID'): MarkedProcess[] {
  const mark = `\0${variable}=${runId}\0`;
  const marked = new Map<number, { readonly stat: ProcessStat; readonly workerIndex: number | null }>();
  const unmarked: ProcessStat[] = [];
  for (const pid of listProcesses() ?? []) {
    const stat = readStat(pid);
    if (stat === undefined || stat.isKernelThread || pid === process.pid) continue;
    const environment = readStartedEnvironment(pid);
    if (environment?.includes(mark) === true) marked.set(pid, { stat, workerIndex: workerIndexOf(environment) });
    else unmarked.push(stat);
  }
  const stats = [...marked.values()].map(({ stat }) => stat);
  const descendants = unmarkedDescendants(marked, unmarked);
  return [...marked.values()]
    .sort((left, right) => left.stat.startTime - right.stat.startTime || left.stat.pid - right.stat.pid)
    .map(({ stat, workerIndex }) => {
      const argv = readArgv(stat.pid);
      const handler = isCrashHandler(argv);
      return {
        pid: stat.pid,
        startTime: stat.startTime,
        ppid: stat.ppid,
        name: stat.name,
        argv: redactArgv(argv),
        state: stat.state,
        groupId: stat.groupId,
        sessionId: stat.sessionId,
        workerIndex,
        isWorker: isWorkerCommand(argv),
        isCrashHandler: handler,
        browserPid: handler ? (findBrowserOf(stat, stats)?.pid ?? null) : null,
        descendants: descendants.get(stat.pid) ?? [],
      };
    });
}

function workerIndexOf(environment: string): number | null {
  const index = /\0TEST_WORKER_INDEX=(\d{1,9})\0/.exec(environment)?.[1];
  return index === undefined ? null : Number(index);
}

/** By marked process: the processes below it that carry no mark, each under its nearest marked ancestor. */
function unmarkedDescendants(marked: ReadonlyMap<number, unknown>, unmarked: readonly ProcessStat[]): Map<number, number[]> {
  const parents = new Map(unmarked.map(({ pid, ppid }) => [pid, ppid]));
  const roots = new Map<number, number | undefined>();
  const rootOf = (pid: number): number | undefined => {
    if (marked.has(pid)) return pid;
    if (roots.has(pid)) return roots.get(pid);
    roots.set(pid, undefined); // Ends a circle, which reused pids may seem to form.
    const parent = parents.get(pid);
    const root = parent === undefined ? undefined : rootOf(parent);
    roots.set(pid, root);
    return root;
  };
  const descendants = new Map<number, number[]>();
  for (const { pid } of unmarked) {
    const root = rootOf(pid);
    if (root !== undefined) appendTo(descendants, root, pid);
  }
  return descendants;
}
