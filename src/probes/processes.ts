import type { Evidence, Resource, ResourceKey, Standing } from '../core/resource.ts';
import { openerOf } from '../core/stack.ts';
import { commandLabel } from './commandLabel.ts';
import { DirectChildrenProbe } from './directChildren.ts';
import { redactArgv } from '../core/redact.ts';
import type { ChildOpening, Openings } from './openings.ts';
import type { Availability, Closer, ResourceProbe } from './probe.ts';
import { descendantsOf } from './processTable.ts';
import { ProcessTree, type Member } from './processTree.ts';
import { procfsProblem, readArgv, readStat, readUptime, TICKS_PER_SECOND, type ProcessStat } from './procfs.ts';
import { measureUsage } from './usage.ts';

export interface ProcessProbeOptions {
  readonly openings: Openings;
  /**
   * Variables that this process hands down to every process it starts, such as the run's id and the worker's index: they give
   * away an orphan that left the tree before it was seen in it. They must be set before the first process is started.
   */
  readonly marks: Readonly<Record<string, string>>;
}

export interface ProcessProbe extends ResourceProbe {
  /** Pids of the browsers that Playwright runs for this process, with everything below them; `null` where they cannot be seen. */
  browserPids(): readonly number[] | null;
}

/**
 * The processes this process has brought about: the whole tree below it, and orphans. Playwright's own children and everything
 * below them are left out. Where /proc is not Linux's, only direct children are seen, and that is said in their evidence.
 *
 * @example
 * const probe = createProcessProbe({ openings, marks: { PLAYWRIGHT_LEAK_RUN_ID: runId, TEST_WORKER_INDEX: '0' } });
 * probe.start();
 */
export function createProcessProbe(options: ProcessProbeOptions): ProcessProbe {
  const problem = procfsProblem();
  return problem === undefined ? new TreeProbe(options) : new DirectChildrenProbe(options.openings, problem);
}

class TreeProbe implements ProcessProbe {
  readonly name = 'processes';
  readonly #openings: Openings;
  readonly #tree: ProcessTree;

  constructor({ openings, marks }: ProcessProbeOptions) {
    this.#openings = openings;
    this.#tree = new ProcessTree({
      rootPid: process.pid,
      marks,
      openings,
      isPlaywrightChild: (pid) =>
        openings.isPlaywrightChild(pid) || (openings.child(pid) === undefined && isPlaywrightBrowser(readArgv(pid))),
    });
  }

  availability(): Availability {
    return { available: true };
  }

  start(): void {
    this.#tree.start();
  }

  stop(): void {
    // Nothing was installed.
  }

  browserPids(): readonly number[] {
    return this.#tree.playwrightPids();
  }

  read(): ReadonlySet<ResourceKey> {
    return new Set(this.#tree.open().map(processKey));
  }

  stillOpen(keys: readonly ResourceKey[]): ReadonlySet<ResourceKey> {
    return new Set(keys.filter((key) => this.#tree.isStillOpen(parseKey(key))));
  }

  describe(keys: readonly ResourceKey[]): readonly Resource[] {
    this.#tree.open();
    const children = this.#tree.byParent();
    const uptime = readUptime();
    return keys.flatMap((key) => {
      const identity = parseKey(key);
      const stat = readStat(identity.pid);
      const member = this.#tree.member(identity.pid, identity.startTime);
      if (stat?.startTime !== identity.startTime || member === undefined) return [];
      return [this.#resource(member, stat, children, uptime)];
    });
  }

  /** A child that ends without a signal may have been asked to, over a pipe or the network: that cannot be told. */
  closedBy(key: ResourceKey): Closer {
    return this.#openings.wasKilled?.(parseKey(key).pid) === true ? 'own' : undefined;
  }

  async refine(resources: readonly Resource[]): Promise<readonly Resource[]> {
    const usages = await measureUsage(resources.map((resource) => parseKey(resource.key).pid));
    return resources.map((resource) => {
      const { pid, startTime } = parseKey(resource.key);
      const usage = usages.get(pid);
      if (usage === undefined || readStat(pid)?.startTime !== startTime) return resource;
      return { ...resource, evidence: { ...resource.evidence, ...usage } };
    });
  }

  #resource(
    member: Member,
    stat: ProcessStat,
    children: ReadonlyMap<number, readonly ProcessStat[]>,
    uptime: number | undefined,
  ): Resource {
    const argv = redactArgv(readArgv(stat.pid));
    const ageMs = uptime === undefined ? undefined : Math.max(0, Math.round((uptime - stat.startTime / TICKS_PER_SECOND) * 1000));
    const relation = this.#relationOf(stat);
    const child = relation === 'child' ? this.#openings.child(stat.pid) : undefined;
    const stack = member.opening?.stack ?? [];
    // Listed for roots only: a deep tree would otherwise be listed once per level.
    const descendants = relation === 'descendant' ? [] : descendantsOf(stat.pid, children).map(({ pid }) => pid);
    return {
      key: processKey(member),
      kind: 'process',
      type: stat.state === 'Z' ? 'zombie' : relation,
      label: commandLabel(argv, stat.name),
      opener: openerOf(stack),
      standing: standingOf(relation, stat, child),
      stack,
      evidence: evidenceOf(stat, argv, ageMs, descendants),
      owns: [...(children.get(stat.pid) ?? []).map(processKey), ...(child?.handleKeys ?? [])],
    };
  }

  #relationOf(stat: ProcessStat): Relation {
    if (stat.ppid === process.pid) return 'child';
    return this.#tree.isOrphan(stat) ? 'orphan' : 'descendant';
  }
}

type Relation = 'child' | 'descendant' | 'orphan';

/**
 * A helper that this process unref'd and feeds through pipes ends with this process: it is kept on purpose. What a child that
 * was there before starts for itself is the child's business, unless it keeps coming.
 */
function standingOf(relation: Relation, stat: ProcessStat, child: ChildOpening | undefined): Standing {
  if (relation === 'descendant') return 'shared';
  const isDetached = stat.sessionId === stat.pid;
  return child?.unreferenced === true && child.hasPipes === true && !isDetached ? 'pooled' : 'counts';
}

function evidenceOf(stat: ProcessStat, argv: readonly string[], ageMs: number | undefined, descendants: readonly number[]): Evidence {
  return {
    pid: stat.pid,
    ppid: stat.ppid,
    argv,
    state: STATES[stat.state] ?? stat.state,
    ...(ageMs === undefined ? {} : { startedMsAgo: ageMs }),
    ...(descendants.length === 0 ? {} : { descendants }),
  };
}

/** proc(5), `/proc/<pid>/stat`, field 3. */
const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting for disk',
  T: 'stopped',
  t: 'traced',
  Z: 'zombie',
  I: 'idle',
};

/** How Playwright starts Chromium, Firefox and WebKit: for a browser that was there before anything was recorded. */
function isPlaywrightBrowser(argv: readonly string[]): boolean {
  return argv.some((argument) => /^(?:--remote-debugging-pipe|-juggler-pipe|--inspector-pipe)$/.test(argument));
}

function processKey({ pid, startTime }: Pick<Member, 'pid' | 'startTime'>): ResourceKey {
  return `process:${String(pid)}:${String(startTime)}`;
}

function parseKey(key: ResourceKey): Pick<Member, 'pid' | 'startTime'> {
  const [, pid, startTime] = key.split(':');
  return { pid: Number(pid), startTime: Number(startTime) };
}
