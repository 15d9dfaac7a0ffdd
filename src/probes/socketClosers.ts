import type { Socket } from 'node:net';
import type { Closer } from './probe.ts';

interface Watched {
  readonly socket: WeakRef<Socket>;
  /** The other side ended the connection while this side had not yet. */
  wasHungUpOn: boolean;
}

/** Sockets remembered; the oldest are forgotten. */
const MAX_WATCHED = 1000;

/**
 * Tells who ended a connection. A client that a test forgot is closed all the same when its server shuts down in afterAll; that
 * was not the test's doing. Only sockets that were described, hence accused, are watched.
 */
export class SocketClosers {
  readonly #watched = new Map<number, Watched>();

  /** Watches an open socket from now on. Listening for `end` neither makes data flow nor keeps the socket alive. */
  watch(asyncId: number, socket: Socket): void {
    if (this.#watched.has(asyncId)) return;
    const watched: Watched = { socket: new WeakRef(socket), wasHungUpOn: false };
    socket.once('end', () => {
      watched.wasHungUpOn = !socket.writableEnded;
    });
    this.#watched.set(asyncId, watched);
    const [oldest] = this.#watched.keys();
    if (this.#watched.size > MAX_WATCHED && oldest !== undefined) this.#watched.delete(oldest);
  }

  /** `peer`: the other side ended or reset the connection. `undefined`: not watched, or not known any more. */
  closedBy(asyncId: number): Closer {
    const watched = this.#watched.get(asyncId);
    const socket = watched?.socket.deref();
    if (watched === undefined || socket === undefined) return undefined;
    return watched.wasHungUpOn || isReset(socket.errored) ? 'peer' : 'own';
  }

  clear(): void {
    this.#watched.clear();
  }
}

function isReset(error: Error | null): boolean {
  return error !== null && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
