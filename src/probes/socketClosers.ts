import type { Socket } from 'node:net';
import { forgetOldest } from './forgetOldest.ts';
import type { Closer } from './probe.ts';

interface Watched {
  readonly socket: WeakRef<Socket>;
  /** The other side ended the connection while this side had not yet, or reset it. */
  byPeer: boolean;
}

/** Sockets remembered; the oldest are forgotten. */
const MAX_WATCHED = 1000;

/**
 * Tells who ended a connection. A client that a test forgot is closed all the same when its server shuts down in afterAll; that
 * was not the test's doing. Only sockets that were described, hence accused, are watched.
 */
export class SocketClosers {
  readonly #watched = new Map<number, Watched>();

  /** Watches an open socket from now on. Listening for its end neither makes data flow nor keeps the socket alive. */
  watch(asyncId: number, socket: Socket): void {
    if (this.#watched.has(asyncId)) return;
    const watched: Watched = { socket: new WeakRef(socket), byPeer: false };
    // Noted as it happens: by the time that somebody asks, the collector may have taken the socket.
    socket.once('end', () => {
      watched.byPeer ||= !socket.writableEnded;
    });
    socket.once('close', () => {
      watched.byPeer ||= isReset(socket.errored);
    });
    this.#watched.set(asyncId, watched);
    forgetOldest(this.#watched, MAX_WATCHED);
  }

  /** `peer`: the other side ended or reset the connection. `undefined`: not watched. */
  closedBy(asyncId: number): Closer {
    const watched = this.#watched.get(asyncId);
    if (watched === undefined) return undefined;
    return watched.byPeer || isReset(watched.socket.deref()?.errored ?? null) ? 'peer' : 'own';
  }

  clear(): void {
    this.#watched.clear();
  }
}

function isReset(error: Error | null): boolean {
  return error !== null && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
