import type { Evidence, Resource, ResourceKey, Standing } from '../core/resource.ts';
import type { Frame } from '../core/stack.ts';
import { openerOf } from '../core/stack.ts';
import { firstWithCaller } from './captureStack.ts';
import { handleKey, handleKeys } from './handleKeys.ts';
import type { HandleEntry } from './handleRegistry.ts';
import type { Address, HandleState, HandleWord, NativeHandle } from './handleTypes.ts';
import { wordFor } from './handleTypes.ts';

/** How one handle hangs together with others. */
export interface Relations {
  /** Handles that exist only because this one does: accepted connections, a worker's ports, a channel's other port. */
  readonly parts: readonly HandleEntry[];
  /** It is itself such a part, or the pipe of a running child, or the other end answers for it: never accused on its own. */
  readonly isPart: boolean;
}

/** Everything a finding needs to know about one open handle. */
export function describeHandle(entry: HandleEntry, state: HandleState, handle: NativeHandle, relations: Relations): Resource {
  // Nobody asked for an accepted connection but whoever listened.
  const { server } = entry;
  const stack = firstWithCaller(entry.stack.frames(), entry.origin?.stack, server?.stack.frames(), server?.origin?.stack);
  const word = wordOf(entry, handle, entry.stack.frames());
  const details = detailsOf(entry, handle, word);
  const fd = handle.fd !== undefined && handle.fd >= 0 ? handle.fd : null;
  return {
    key: handleKey(entry.asyncId, state),
    kind: 'handle',
    type: word,
    label: details.label,
    opener: openerOf(stack),
    standing: standingOf(entry, state, relations, stack),
    stack,
    evidence: {
      asyncId: entry.asyncId,
      ...(fd === null ? {} : { fd }),
      ...details.evidence,
      ...(server === null ? {} : { accepted: true }),
    },
    owns: [...(fd === null ? [] : [`fd:${String(fd)}:`]), ...relations.parts.flatMap((part): ResourceKey[] => handleKeys(part.asyncId))],
  };
}

function standingOf(entry: HandleEntry, state: HandleState, relations: Relations, stack: readonly Frame[]): Standing {
  if (state === 'idle' || relations.isPart) return 'pooled';
  // Node's own timers come and go; the program's always have a frame of the program.
  return entry.type === 'Timeout' && openerOf(stack) === 'runtime' ? 'shared' : 'counts';
}

function wordOf(entry: HandleEntry, handle: NativeHandle, stack: readonly Frame[]): HandleWord {
  if (entry.type === 'Timeout') return isInterval(handle) ? 'interval' : 'timeout';
  const isBroadcast = entry.type === 'MESSAGEPORT' && stack.some((frame) => frame.function === 'new BroadcastChannel');
  return isBroadcast ? 'broadcast channel' : wordFor(entry.type);
}

function detailsOf(entry: HandleEntry, handle: NativeHandle, word: HandleWord): { readonly label: string; readonly evidence: Evidence } {
  switch (word) {
    case 'timeout':
    case 'interval':
      return describeTimer(handle, word);
    case 'server':
    case 'udp': {
      const local = addressOf((into) => handle.getsockname?.(into));
      return { label: local ?? '', evidence: { local } };
    }
    case 'socket': {
      const local = addressOf((into) => handle.getsockname?.(into));
      const remote = addressOf((into) => handle.getpeername?.(into));
      return { label: [local, remote].filter((address) => address !== null).join(' → '), evidence: { local, remote } };
    }
    case 'worker':
      return { label: `thread ${String(handle.threadId ?? '')}`.trim(), evidence: { threadId: handle.threadId ?? null } };
    case 'pipe':
    case 'pipe server':
    case 'watcher':
    case 'stat watcher': {
      const path = entry.origin?.path ?? null;
      return { label: path ?? '', evidence: { path } };
    }
    default:
      return { label: '', evidence: {} };
  }
}

function describeTimer(handle: NativeHandle, word: 'timeout' | 'interval'): { readonly label: string; readonly evidence: Evidence } {
  const delayMs = handle._idleTimeout === undefined ? null : Math.round(handle._idleTimeout);
  const callback = typeof handle._onTimeout === 'function' ? handle._onTimeout.name : '';
  const call = word === 'interval' ? 'setInterval' : 'setTimeout';
  const label = `${call}${delayMs === null ? '' : ` ${String(delayMs)} ms`}${callback === '' ? '' : ` (${callback})`}`;
  return { label, evidence: { delayMs, callback } };
}

function isInterval(handle: NativeHandle): boolean {
  return handle._repeat !== null && handle._repeat !== undefined;
}

/** What `getsockname` or `getpeername` of a handle tells. */
export function addressOf(ask: (into: Address) => number | undefined): string | null {
  const into: Address = {};
  if (ask(into) !== 0 || into.address === undefined || into.port === undefined) return null;
  return `${into.address.includes(':') ? `[${into.address}]` : into.address}:${String(into.port)}`;
}
