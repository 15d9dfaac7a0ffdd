import { inspect } from 'node:util';

/** What the async hooks of Node 20–24 call the things that stay open, and what a person calls them. */
const TYPES = {
  Timeout: 'timeout',
  TCPSERVERWRAP: 'server',
  TCPWRAP: 'socket',
  PIPESERVERWRAP: 'pipe server',
  PIPEWRAP: 'pipe',
  TTYWRAP: 'terminal',
  UDPWRAP: 'udp',
  FSEVENTWRAP: 'watcher',
  STATWATCHER: 'stat watcher',
  WORKER: 'worker',
  MESSAGEPORT: 'message port',
  PROCESSWRAP: 'child process',
} as const;

export type HandleType = keyof typeof TYPES;

export type HandleWord = (typeof TYPES)[HandleType] | 'interval' | 'broadcast channel';

/**
 * The type if it is one that stays open until it is closed; everything else (requests, ticks, parsers, sessions on top of a
 * socket) ends by itself or with the handle below it. Descriptors without a handle (`FILEHANDLE`, `DIRHANDLE`) are the descriptor
 * probe's, signal watchers belong to their listeners.
 */
export function handleType(type: string): HandleType | undefined {
  return Object.hasOwn(TYPES, type) ? (type as HandleType) : undefined;
}

export function wordFor(type: HandleType): HandleWord {
  return TYPES[type];
}

/**
 * - `held`: open, and it keeps the process from ending.
 * - `idle`: open with a descriptor of its own, but unreferenced: a pooled socket.
 * - `closed`: closed, ended, or unreferenced with nothing to give back.
 */
export type HandleState = 'held' | 'idle' | 'closed';

/** A socket's address as libuv tells it. */
export interface Address {
  readonly address?: string;
  readonly port?: number;
}

/**
 * The object that async hooks hand out, as far as it is read here. Everything is optional: whatever a later Node takes away is
 * missed, never thrown over.
 */
export interface NativeHandle {
  /** Once closed: `undefined` on native handles, but still the last answer on timers. */
  hasRef?(): boolean | undefined;
  readonly fd?: number;
  getsockname?(into: Address): number;
  getpeername?(into: Address): number;
  readonly pid?: number;
  readonly threadId?: number;
  readonly _destroyed?: boolean;
  readonly _idleTimeout?: number;
  /** Set while a timer waits in a list. */
  readonly _idleNext?: object | null;
  readonly _repeat?: number | null;
  readonly _onTimeout?: ((...args: unknown[]) => unknown) | null;
}

/**
 * Closing, or never bound: nothing to give back, nothing to wait for. A `TCPWRAP` without a descriptor may be waiting for its host
 * to be looked up. On Windows there are no descriptors to ask for.
 */
const WITHOUT_DESCRIPTOR_CLOSED: ReadonlySet<HandleType> = new Set(['TCPSERVERWRAP', 'PIPESERVERWRAP', 'PIPEWRAP', 'UDPWRAP']);

/** Whether a handle is open, and whether it matters. `asyncId`: the one it was recorded under; a revived timer has another. */
export function stateOf(type: HandleType, handle: NativeHandle, asyncId: number): HandleState {
  const referenced = handle.hasRef?.();
  if (type === 'Timeout') return referenced === true && isScheduled(handle, asyncId) ? 'held' : 'closed';
  if (referenced === undefined) return 'closed';
  const fd = handle.fd;
  if (fd !== undefined && fd >= 0 && fd <= 2) return 'closed';
  if (WITHOUT_DESCRIPTOR_CLOSED.has(type) && process.platform !== 'win32' && (fd === undefined || fd < 0)) return 'closed';
  if (referenced) return 'held';
  return fd !== undefined && fd >= 0 ? 'idle' : 'closed';
}

/** What may become `held` although it is `closed` now: an unreferenced timer, watcher, worker or port may be referenced again. */
export function isRevivable(type: HandleType, handle: NativeHandle, asyncId: number): boolean {
  if (type === 'Timeout') return isScheduled(handle, asyncId);
  if (handle.hasRef?.() === undefined) return false;
  return type !== 'MESSAGEPORT' || !isClosedPort(handle);
}

/** `hasRef()` of a port is `false` when it is closed, too; only what it shows of itself tells the two apart. */
function isClosedPort(port: object): boolean {
  const show: unknown = Reflect.get(port, inspect.custom);
  const shown: unknown = typeof show === 'function' ? Reflect.apply(show, port, []) : undefined;
  return typeof shown === 'object' && shown !== null && Reflect.get(shown, 'active') === false;
}

let asyncIdSymbol: symbol | undefined;

/** Whether a timer lives under this id: `refresh()` of one that has fired gives the same object a new life under a new async id. */
export function isScheduled(timer: NativeHandle, asyncId: number): boolean {
  if (timer._destroyed === true) return false;
  asyncIdSymbol ??= Object.getOwnPropertySymbols(timer).find((symbol) => symbol.description === 'asyncId');
  const present: unknown = asyncIdSymbol === undefined ? undefined : Reflect.get(timer, asyncIdSymbol);
  return present === undefined || present === asyncId;
}
