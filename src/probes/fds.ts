import { fstatSync, statSync, type Stats } from 'node:fs';
import type { Opener, Resource, ResourceKey, Standing } from '../core/resource.ts';
import { openerOf } from '../core/stack.ts';
import { describeTarget, fdKey, inodeOf, isTelling, kindOf, type FdTarget } from './fdTargets.ts';
import { forgetOldest } from './forgetOldest.ts';
import { NO_OPENINGS, type Opening, type Openings } from './openings.ts';
import type { Availability, Closer, ResourceProbe } from './probe.ts';
import { listNames, readLink, readText, tolerant } from './procfs.ts';
import { readSockets, type SocketFacts } from './sockets.ts';
import { isMeterPath } from './usage.ts';

export interface FdProbeOptions {
  /** Who opened which descriptor. Default: nothing was recorded. */
  readonly openings?: Pick<Openings, 'fd' | 'threads'>;
}

/**
 * The file descriptors of this process: number, kind and inode of every one, through /proc/self/fd and `fstat`. The descriptor
 * that reads the directory and those of the process meter are not counted. Unavailable where /proc is not Linux's.
 *
 * @example
 * const probe = createFdProbe();
 * const before = probe.read();
 * fs.openSync('/etc/hosts');
 * const opened = [...probe.read()].filter((key) => !before.has(key));
 * probe.describe(opened)[0]?.label; // '/etc/hosts'
 */
export function createFdProbe(options: FdProbeOptions = {}): ResourceProbe {
  return new FdProbe(options.openings ?? NO_OPENINGS);
}

/** What a thread's event loop (libuv) opens for itself. */
const EVENT_LOOP_TYPES: ReadonlySet<string> = new Set(['eventpoll', 'eventfd', 'pipe', 'io_uring']);

/** Descriptors of which it is remembered who closed them; the oldest are forgotten. */
const MAX_CLOSERS = 1000;

/** With this many closed numbers in a row, a walk over the numbers themselves is at its end. */
const WALK_GAP = 256;

class FdProbe implements ResourceProbe {
  readonly name = 'fds';
  readonly #openings: Pick<Openings, 'fd' | 'threads'>;
  /** Of descriptors that were described, hence accused. */
  readonly #closers = new Map<ResourceKey, () => Closer>();
  /** Device number of /proc, on which the meter's descriptors lie. */
  #procDevice: number | undefined;

  constructor(openings: Pick<Openings, 'fd' | 'threads'>) {
    this.#openings = openings;
  }

  availability(): Availability {
    if (listNames('/proc/self/fd') !== undefined) return { available: true };
    return {
      available: false,
      reason: `file descriptors are read from Linux’s /proc/self/fd, which cannot be read here (${process.platform})`,
    };
  }

  start(): void {
    this.#procDevice = tolerant(() => statSync('/proc'))?.dev;
  }

  stop(): void {
    this.#procDevice = undefined;
    this.#closers.clear();
  }

  read(): ReadonlySet<ResourceKey> {
    const names = listNames('/proc/self/fd');
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0; // The directory's own descriptor is closed by now: asking for it fails, which must stay cheap.
    try {
      return names === undefined ? this.#walk() : this.#keysOf(names);
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  stillOpen(keys: readonly ResourceKey[]): ReadonlySet<ResourceKey> {
    return new Set(keys.filter((key) => this.#stats(key) !== undefined));
  }

  describe(keys: readonly ResourceKey[]): readonly Resource[] {
    const links = new Map<ResourceKey, string>();
    for (const key of keys) {
      const link = readLink(`/proc/self/fd/${String(fdOf(key))}`);
      if (link !== undefined) links.set(key, link);
    }
    const inodes = [...links.values()].filter((link) => link.startsWith('socket:')).map(inodeOf);
    const sockets = inodes.length === 0 ? new Map<string, SocketFacts>() : readSockets(new Set(inodes));
    const hasThreads = (this.#openings.threads?.() ?? 0) > 0;
    return [...links].flatMap(([key, link]) => this.#resource(key, link, sockets, hasThreads));
  }

  closedBy(key: ResourceKey): Closer {
    return this.#closers.get(key)?.();
  }

  #remember(key: ResourceKey, closer: () => Closer): void {
    this.#closers.delete(key);
    this.#closers.set(key, closer);
    forgetOldest(this.#closers, MAX_CLOSERS);
  }

  #resource(key: ResourceKey, link: string, sockets: ReadonlyMap<string, SocketFacts>, hasThreads: boolean): Resource[] {
    // Asked after its link was read: what changed its identity in between is left out.
    const stats = this.#stats(key);
    if (stats === undefined) return [];
    const fd = fdOf(key);
    const target = describeTarget(kindOf(stats.mode), link, stats.nlink === 0, sockets.get(inodeOf(link)));
    const opening = this.#openings.fd(fd, target.path);
    if (opening?.closer !== undefined) this.#remember(key, opening.closer);
    const stack = opening?.stack ?? [];
    const access = accessOf(fd);
    return [
      {
        key,
        kind: 'fd',
        type: target.type,
        label: target.label,
        opener: openerOfTarget(target, access, opening),
        standing: standingOf(target, access, opening, hasThreads),
        stack,
        evidence: { fd, ...target.evidence, ...(access === undefined ? {} : { access }) },
        owns: [],
      },
    ];
  }

  #keysOf(names: readonly string[]): Set<ResourceKey> {
    const keys = new Set<ResourceKey>();
    for (const name of names) {
      const key = this.#keyOf(Number(name));
      if (key !== undefined) keys.add(key);
    }
    return keys;
  }

  /** The directory cannot be listed when no descriptor is left (EMFILE), which is when it matters most: ask for every number. */
  #walk(): Set<ResourceKey> {
    const keys = new Set<ResourceKey>();
    for (let fd = 0, gap = 0; gap < WALK_GAP; fd++, gap++) {
      const key = this.#keyOf(fd);
      if (key === undefined) continue;
      keys.add(key);
      gap = 0;
    }
    return keys;
  }

  #keyOf(fd: number): ResourceKey | undefined {
    const stats = statsOf(fd);
    if (stats === undefined || (stats.dev === this.#procDevice && isMeter(fd))) return undefined;
    return fdKey(fd, stats, () => readLink(`/proc/self/fd/${String(fd)}`));
  }

  #stats(key: ResourceKey): Stats | undefined {
    const fd = fdOf(key);
    const stats = statsOf(fd);
    return stats !== undefined && fdKey(fd, stats, () => readLink(`/proc/self/fd/${String(fd)}`)) === key ? stats : undefined;
  }
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined; // EBADF: closed meanwhile.
  }
}

function isMeter(fd: number): boolean {
  return isMeterPath(readLink(`/proc/self/fd/${String(fd)}`) ?? '');
}

/** `fd:12:socket:4711` → `12`. */
function fdOf(key: ResourceKey): number {
  return Number.parseInt(key.slice('fd:'.length), 10);
}

function standingOf(target: FdTarget, access: string | undefined, opening: Opening | undefined, hasThreads: boolean): Standing {
  if (opening !== undefined || isTelling(target, access)) return 'counts';
  // A thread that runs on for the next task has its event loop's descriptors for as long; one that is a leak is accused itself.
  return hasThreads && EVENT_LOOP_TYPES.has(target.type) ? 'pooled' : 'shared';
}

function openerOfTarget(target: FdTarget, access: string | undefined, opening: Opening | undefined): Opener {
  // Playwright's folder for videos, traces and downloads of a running test.
  if (target.path?.includes('.playwright-artifacts-') === true) return 'playwright';
  if (opening !== undefined) return openerOf(opening.stack);
  return isTelling(target, access) ? 'unknown' : 'runtime';
}

/** What it was opened for, from the octal flags in fdinfo (O_ACCMODE of fcntl.h). */
function accessOf(fd: number): string | undefined {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readText(`/proc/self/fdinfo/${String(fd)}`) ?? '')?.[1];
  if (flags === undefined) return undefined;
  return ['read', 'write', 'read and write'][Number.parseInt(flags, 8) & 3] ?? 'unknown';
}
