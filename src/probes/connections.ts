import { Socket } from 'node:net';
import { addressOf } from './handleDescription.ts';
import type { HandleEntry, HandleRegistry } from './handleRegistry.ts';
import type { NativeHandle } from './handleTypes.ts';

/** How the connections of this process hang together at one moment. */
export class Connections {
  readonly #registry: HandleRegistry;
  /** Both ends of every connection that this process asked for; read once, when first needed. */
  #requested: ReadonlySet<string> | undefined;

  constructor(registry: HandleRegistry) {
    this.#registry = registry;
  }

  /** The connections that this server accepted and that are still open. */
  acceptedBy(server: HandleEntry): HandleEntry[] {
    const accepted: HandleEntry[] = [];
    this.#registry.forEachOpen((entry) => {
      if (entry.server === server) accepted.push(entry);
    });
    return accepted;
  }

  /**
   * Whether somebody else answers for this connection: the server that accepted it, for as long as it is open, and the other end where
   * that is this process's as well. A server that listened before anybody watched is taken for open.
   */
  isAnsweredFor(entry: HandleEntry, handle: NativeHandle): boolean {
    if (entry.server === null) return isMadeByNode(entry);
    if (this.#registry.find(entry.server.asyncId) !== undefined) return true;
    this.#requested ??= this.#endsOfRequested();
    const ends = entry.type === 'PIPEWRAP' ? entry.server.origin?.path : endsOf(remoteOf(handle), localOf(handle));
    return typeof ends === 'string' && this.#requested.has(ends);
  }

  #endsOfRequested(): Set<string> {
    const requested = new Set<string>();
    this.#registry.forEachOpen((entry, _state, handle) => {
      if (entry.server !== null) return;
      // The kernel does not tell who is at the other end of a Unix socket; its path must do.
      const path = entry.type === 'PIPEWRAP' ? entry.origin?.path : null;
      const ends = entry.type === 'TCPWRAP' ? endsOf(localOf(handle), remoteOf(handle)) : path;
      if (typeof ends === 'string') requested.add(ends);
    });
    return requested;
  }
}

/** The socket that reads from the handle of a connection. */
export function socketOf(handle: object): Socket | undefined {
  const symbol = Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'owner_symbol');
  const owner: unknown = symbol === undefined ? undefined : Reflect.get(handle, symbol);
  return owner instanceof Socket ? owner : undefined;
}

/**
 * What is accepted Node makes by itself, out of the event loop: nothing but the notice of it is on the stack. What connects is made
 * from JavaScript, however late, so that `node:net` is on its stack. A stack that could not be read says nothing.
 */
function isMadeByNode(entry: HandleEntry): boolean {
  if (entry.type !== 'TCPWRAP' && entry.type !== 'PIPEWRAP') return false;
  const frames = entry.stack.frames();
  return frames.length > 0 && frames.every((frame) => frame.file === 'node:internal/async_hooks');
}

function localOf(handle: NativeHandle): string | null {
  return addressOf((into) => handle.getsockname?.(into));
}

function remoteOf(handle: NativeHandle): string | null {
  return addressOf((into) => handle.getpeername?.(into));
}

/** A server that listens on IPv6 as well sees an IPv4 client under another name than the client itself. */
function endsOf(here: string | null, there: string | null): string | null {
  if (here === null || there === null) return null;
  return [here, there].map((address) => address.replace(/^\[::ffff:(.+)\]/, '$1')).join(' ');
}
