import type { Resource, ResourceKey } from '../core/resource.ts';
import type { Frame } from '../core/stack.ts';

/** Whether a probe can measure on this machine; if not, why, in words a user can act on. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/** What every probe has: a name for reports, an availability, and an explicit start and stop. Constructors only assign. */
export interface Probe {
  /** As it stands in `report.json` under `environment.detectors`: `fds`, `processes`, `handles`, `heap`, `objects`, `browser`. */
  readonly name: string;
  availability(): Availability;
  /** Installs what it needs (hooks, wrappers). Called once, before the first reading. */
  start(): void;
  /** Takes out everything `start` installed; afterwards the process is as it was. Idempotent. */
  stop(): void;
}

/**
 * Who closed a resource: the code that opened it · its parent, with which it went down (a page's context, a context's browser) · the
 * peer, which hung up · nobody, it came to its end by itself (a timer that fired) · `undefined`: that cannot be told.
 */
export type Closer = 'own' | 'parent' | 'peer' | 'nobody' | undefined;

/**
 * A probe for resources that have an identity. It is asked three things, from cheap to dear:
 * all identities now (twice a test), whether some are still open (while settling), and everything about one (survivors only).
 */
export interface ResourceProbe extends Probe {
  /** Every resource open now. Runs twice a test: aim at well under half a millisecond. */
  read(): ReadonlySet<ResourceKey>;
  /** Of these keys (all of them this probe's own), the ones still open. Called repeatedly while settling, and twice in every later test. */
  stillOpen(keys: readonly ResourceKey[]): ReadonlySet<ResourceKey>;
  /** Makes sure that none of these is open only because nobody has looked closely. May be dear: asked for where a verdict hangs on it. */
  ascertain?(keys: readonly ResourceKey[]): void;
  /** What is known of these survivors. One that vanishes meanwhile is left out; nothing is thrown. */
  describe(keys: readonly ResourceKey[]): readonly Resource[];
  /** Facts that take a while (CPU and memory of a process), for resources about to be reported. */
  refine?(resources: readonly Resource[]): Promise<readonly Resource[]>;
  /** Who closed a resource that is gone. */
  closedBy?(key: ResourceKey): Closer;
}

/** Bytes V8 holds. All include garbage unless a collection has just run. */
export interface HeapReading {
  readonly usedBytes: number;
  /** External memory, ArrayBuffers among it. */
  readonly externalBytes: number;
  /** The part of `usedBytes` that is in the young generation: all that a minor collection can free. */
  readonly youngBytes: number;
}

/** One collection that V8 did by itself. */
export interface NaturalCollection {
  /** `minor`: only the young generation was collected. `major`: all of it, so that `afterBytes` is what lived then, or little more. */
  readonly generation: 'minor' | 'major';
  /** Bytes in use, external memory left out. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** The heap has no identities: it is read cheaply with its garbage, and dearly (15–50 ms) without. */
export interface HeapProbe extends Probe {
  /** With garbage: an upper bound of what lives. About 20 µs. */
  read(): HeapReading;
  /** Collects all garbage, then reads: what lives. */
  collect(): HeapReading;
  /** Collects the garbage of the young generation only: 1 to 10 ms, by what survives. It is no natural collection. */
  collectYoung(): HeapReading;
  /** The collections V8 did by itself since the last call, oldest first; those that {@link HeapProbe.collect} forced left out. */
  naturalCollections(): readonly NaturalCollection[];
  /**
   * Counts no natural collections until they are asked for again, and forgets those counted so far. V8 keeps some 2 kB of each, which
   * a process that runs for days must not.
   */
  pause(): void;
}

/** Where living memory was allocated, as far as it is the JavaScript heap: ArrayBuffers are not on it. */
export interface AllocationSites extends Probe {
  /** About what was allocated since the last call (or the start) and lives now. Collects garbage; 20–50 ms. */
  sinceLast(): AllocationGrowth;
  /** The same, and the next call is about it again. */
  peek(): AllocationGrowth;
  /** Lets go of what the program lives on with only because somebody looks: to be called before its memory is read. Takes 10 µs. */
  release(): void;
}

/** What modules hold outside of the JavaScript heap for as long as they are loaded, which no sample of it tells of. */
export interface ModuleMemories extends Probe {
  /**
   * Bytes of those that live, each as large as it was when it was first looked at: once it grows, that is somebody's growth. One that is the
   * third of its place to stay is none any more: those keep coming. To be called after a collection.
   */
  heldBytes(): number;
  /** Whether one is about to turn up: its memory is there a moment before anybody is told of it. */
  isStarting(): boolean;
}

export interface AllocationGrowth {
  /** Bytes allocated while modules were being loaded: that happens once, however often a test is repeated. */
  readonly moduleBytes: number;
  /** All the rest, whoever allocated it. Sampled, like the modules': the smaller of the two is the better known. */
  readonly otherBytes: number;
  /** Bytes allocated in the one function of the user's code in which most of the rest was. */
  readonly siteBytes: number;
  /** Stack of that function; empty when there is none. */
  readonly stack: readonly Frame[];
}

/** Which keys are whose: the part before the first `:` of every {@link ResourceKey}, by the name of the probe that makes it. */
export const KEY_PREFIXES: Readonly<Record<string, readonly string[]>> = {
  fds: ['fd'],
  processes: ['process'],
  handles: ['handle', 'listener'],
  browser: ['browser', 'context', 'page', 'request'],
  objects: ['object'],
};
