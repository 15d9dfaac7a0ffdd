import type { Finding } from './finding.ts';
import { fingerprint, normalizeLabel } from './fingerprint.ts';
import { appendTo } from './groupBy.ts';

/** A process that carries the mark of the run, after the run. Everything in it is redacted. */
export interface LeftProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly startTime: number;
  /** Its command line as a person recognizes it. */
  readonly label: string;
  readonly argv: readonly string[];
  readonly state: string;
  /** Worker below which it was started; `null`: the worker process itself, global set-up or a web server. */
  readonly workerIndex: number | null;
  readonly isWorker: boolean;
  /** Of Chromium's crash handler: the browser it watches. */
  readonly browserPid: number | null;
  /** Processes below it that carry no mark. */
  readonly descendants: readonly number[];
}

const MAX_LISTED = 50;

/** A build daemon or an emulator's server ends with none of the runs that it serves. */
const SURROUNDINGS = 'a web server or global set-up started it, and may mean it to stay for further runs';

/**
 * Makes one finding of each tree of processes that was left: a browser with its renderers and its crash handler is one. Trees with a
 * process in `reported`, which a test was charged with already, are left out. Keyed by worker; -1 is the run itself: what no worker has
 * started is told of and allowed.
 */
export function auditFindings(left: readonly LeftProcess[], reported: ReadonlySet<number>): Map<number, Finding[]> {
  const byWorker = new Map<number, Finding[]>();
  for (const [root, ...rest] of trees(left)) {
    if (root === undefined || [root, ...rest].some(({ pid, descendants }) => [pid, ...descendants].some((id) => reported.has(id))))
      continue;
    const workerIndex = root.workerIndex ?? rest.find((member) => member.workerIndex !== null)?.workerIndex ?? -1;
    appendTo(byWorker, workerIndex, toFinding(root, rest, workerIndex));
  }
  return byWorker;
}

/** Trees by parent, root first; a crash handler joins the tree of its browser. */
function trees(left: readonly LeftProcess[]): LeftProcess[][] {
  const byPid = new Map(left.map((process) => [process.pid, process]));
  const grown = new Map<LeftProcess, LeftProcess[]>();
  for (const process of [...left].sort((a, b) => a.startTime - b.startTime || a.pid - b.pid)) {
    const root = rootOf(process, byPid);
    const tree = grown.get(root) ?? [root];
    grown.set(root, process === root ? tree : [...tree, process]);
  }
  return [...grown.values()];
}

function rootOf(process: LeftProcess, byPid: ReadonlyMap<number, LeftProcess>): LeftProcess {
  const path = new Set<LeftProcess>();
  let root = process;
  while (!path.has(root)) {
    path.add(root);
    root = byPid.get(root.ppid) ?? (root.browserPid === null ? undefined : byPid.get(root.browserPid)) ?? root;
  }
  return root;
}

function toFinding(root: LeftProcess, rest: readonly LeftProcess[], workerIndex: number): Finding {
  const { label, isWorker } = root;
  const below = [...new Set([...root.descendants, ...rest.flatMap(({ pid, descendants }) => [pid, ...descendants])])];
  const ofRun = workerIndex < 0 && !isWorker;
  const type = isWorker ? 'playwright worker' : root.state === 'Z' ? 'zombie' : 'process';
  const what = isWorker ? `a Playwright worker (pid ${String(root.pid)})` : `process ${label} (pid ${String(root.pid)})`;
  return {
    kind: 'process',
    severity: 'leak',
    status: ofRun ? 'allowed' : 'new',
    fingerprint: fingerprint({
      kind: 'process',
      type,
      file: null,
      place: null,
      source: null,
      label: isWorker ? type : `left ${normalizeLabel(label)}`,
    }),
    summary: `${what} outlived the run${below.length === 0 ? '' : ` with ${String(below.length)} more below it`}`,
    hint: isWorker
      ? `the test it was running never came to an end: look for an endless loop; now end it with: kill -9 ${String(root.pid)}`
      : `end it where it was started, in a finally block or a teardown; now end it with: kill ${String(root.pid)}`,
    count: 1,
    bytes: null,
    scope: workerIndex < 0 ? 'run' : 'worker',
    origin: null,
    stack: [],
    evidence: {
      type,
      label,
      pid: root.pid,
      argv: [...root.argv],
      state: root.state,
      ...(ofRun ? { allowedBecause: SURROUNDINGS } : {}),
      ...(below.length === 0 ? {} : { descendants: below.slice(0, MAX_LISTED) }),
    },
  };
}
