import type { Resource, ResourceKey } from '../core/resource.ts';
import type { Frame } from '../core/stack.ts';
import { openerOf } from '../core/stack.ts';
import { ChildOpenings } from './childOpenings.ts';
import { Connections, socketOf } from './connections.ts';
import { FsOpenings } from './fsOpenings.ts';
import { describeHandle } from './handleDescription.ts';
import type { Relations } from './handleDescription.ts';
import { asyncIdOf, handleKey } from './handleKeys.ts';
import type { HandleEntry } from './handleRegistry.ts';
import { HandleRegistry } from './handleRegistry.ts';
import type { NativeHandle } from './handleTypes.ts';
import type { Openings } from './openings.ts';
import { OriginContext } from './originContext.ts';
import type { ResourceProbe } from './probe.ts';
import { procfsProblem } from './procfs.ts';
import { publishPatches } from './publishPatches.ts';
import { SignalListeners } from './signalListeners.ts';
import { SocketClosers } from './socketClosers.ts';
import { TimerEnds } from './timerEnds.ts';

/** The probe named `handles`, which also records who opened descriptors and started children for the probes that measure those. */
export interface HandleProbe extends ResourceProbe {
  /** Answers from `start()` to `stop()`; about what was opened before, it knows nothing. */
  readonly openings: Openings;
}

export interface HandleProbeOptions {
  /**
   * Variables that this process hands down to every process it starts, as for {@link createProcessProbe}. What inherits them gets one
   * more, `PLAYWRIGHT_LEAK_SPAWN`, which says where it was started; only where the environment of processes can be read.
   */
  readonly marks?: Readonly<Record<string, string>>;
}

/** `new Worker` makes the worker's handle and, in the same breath, its message ports. */
const WORKER_REACH = 16;

/**
 * Open handles of this process: timers, servers, sockets, UDP, watchers, worker threads, message ports, and listeners for signals.
 *
 * Read are those that can keep the process from ending, under `handle:<async id>`, and unreferenced ones that own a descriptor,
 * under `handle:<async id>:idle`. A child process is the process probe's, a file the descriptor probe's. Only what is made after
 * `start()` is seen, and of `fs` functions that a CommonJS module took out of `fs` before, the callers are not, but for those that
 * `layPassages` has made observable.
 *
 * @example
 * ```ts
 * const handles = createHandleProbe();
 * handles.start();
 * const before = handles.read();
 * setInterval(poll, 1000);
 * const leaked = [...handles.read()].filter((key) => !before.has(key));
 * handles.describe(leaked); // [{ kind: 'handle', type: 'interval', label: 'setInterval 1000 ms (poll)', stack: […], … }]
 * ```
 */
export function createHandleProbe({ marks = {} }: HandleProbeOptions = {}): HandleProbe {
  const context = new OriginContext();
  const registry = new HandleRegistry(context);
  const files = new FsOpenings(context);
  const children = new ChildOpenings(registry, context, procfsProblem() === undefined ? marks : {});
  const signals = new SignalListeners();
  const closers = new SocketClosers();
  const timers = new TimerEnds((id) => registry.latestLink(id));
  let isStarted = false;

  const relationsOf = (entry: HandleEntry, handle: NativeHandle, connections: Connections): Relations => {
    switch (entry.type) {
      case 'TCPSERVERWRAP':
      case 'PIPESERVERWRAP':
        return { parts: connections.acceptedBy(entry), isPart: false };
      case 'WORKER':
        return { parts: portsOf(registry, entry), isPart: false };
      case 'MESSAGEPORT':
        return { parts: otherPort(registry, entry), isPart: isWorkersPort(entry) };
      case 'PIPEWRAP':
        return { parts: [], isPart: connections.isAnsweredFor(entry, handle) || children.childOfPipe(entry.asyncId) !== undefined };
      default:
        return { parts: [], isPart: connections.isAnsweredFor(entry, handle) };
    }
  };

  return {
    name: 'handles',
    availability: () => ({ available: true }),
    start() {
      if (isStarted) return;
      isStarted = true;
      registry.start();
      context.start();
      files.start();
      children.start();
      publishPatches();
      signals.start();
    },
    stop() {
      if (!isStarted) return;
      isStarted = false;
      signals.stop();
      children.stop();
      files.stop();
      context.stop();
      publishPatches();
      registry.stop();
      closers.clear();
      timers.clear();
    },
    read() {
      const keys = new Set<ResourceKey>(signals.keys());
      registry.forEachOpen((entry, state) => {
        if (!isSomebodyElses(entry)) keys.add(handleKey(entry.chainId, state));
      });
      registry.formatStacks();
      files.formatStacks();
      return keys;
    },
    stillOpen(keys) {
      const listeners = new Set(signals.keys());
      return new Set(
        keys.filter((key) => {
          const asyncId = asyncIdOf(key);
          return asyncId === undefined ? listeners.has(key) : registry.find(asyncId) !== undefined;
        }),
      );
    },
    describe(keys) {
      const resources: Resource[] = signals.describe(new Set(keys));
      const connections = new Connections(registry);
      for (const key of keys) {
        const asyncId = asyncIdOf(key);
        const open = asyncId === undefined ? undefined : registry.find(asyncId);
        if (open === undefined) continue;
        const { entry, state, handle } = open;
        const relations = relationsOf(entry, handle, connections);
        const isAccusedAlone = entry.server !== null && !relations.isPart;
        const socket = isAccusedAlone ? socketOf(handle) : entry.type === 'TCPWRAP' ? entry.origin?.socket?.deref() : undefined;
        if (socket !== undefined) closers.watch(entry.asyncId, socket);
        const resource = describeHandle(entry, state, handle, relations);
        if (resource.type === 'timeout') timers.watch(entry.chainId);
        resources.push({ ...resource, key });
      }
      return resources;
    },
    closedBy(key) {
      const asyncId = asyncIdOf(key);
      return asyncId === undefined ? undefined : (timers.closedBy(asyncId) ?? closers.closedBy(asyncId));
    },
    openings: {
      fd: (fd, path) => files.opening(fd, path),
      child: (pid) => children.opening(pid),
      wasKilled: (pid) => children.wasKilled(pid),
      children: () => children.pids(),
      isPlaywrightChild: (pid) => children.isPlaywrightChild(pid),
      threads: () => registry.threads(),
      orphan: (environment) => children.orphan(environment),
    },
  };
}

/** Children are the process probe's; Playwright always has a deadline pending, which would be suspected after every test. */
function isSomebodyElses(entry: HandleEntry): boolean {
  return entry.type === 'PROCESSWRAP' || (entry.type === 'Timeout' && openerOf(entry.stack.frames()) === 'playwright');
}

function portsOf(registry: HandleRegistry, worker: HandleEntry): HandleEntry[] {
  const made = registry.made(worker.asyncId + 1, worker.asyncId + WORKER_REACH);
  return made.filter((entry) => entry.executionAsyncId === worker.executionAsyncId && isWorkersPort(entry));
}

function isWorkersPort(entry: HandleEntry): boolean {
  return entry.type === 'MESSAGEPORT' && entry.stack.frames().some(isWorkerConstructor);
}

function isWorkerConstructor(frame: Frame): boolean {
  return frame.function === 'new Worker' && frame.file.startsWith('node:internal/');
}

/** The two ports of a channel are made one after the other; the first answers for both. */
function otherPort(registry: HandleRegistry, entry: HandleEntry): HandleEntry[] {
  const [next] = registry.made(entry.asyncId + 1, entry.asyncId + 1);
  if (next?.type !== 'MESSAGEPORT' || next.executionAsyncId !== entry.executionAsyncId) return [];
  const isSameCall = JSON.stringify(next.stack.frames()) === JSON.stringify(entry.stack.frames());
  return isSameCall ? [next] : [];
}
