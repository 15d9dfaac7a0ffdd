import type { Clock } from './clock.ts';
import { Semaphore } from './semaphore.ts';
import type { Connection } from './undici.ts';

/** What a pool knows of one origin (`https://example.com:8443`): its turns and its connections. */
export class HttpOrigin {
  readonly name: string;
  readonly turns: Semaphore;
  readonly #connecting = new Set<Connection>();
  readonly #open = new Set<Connection>();
  readonly #onClosed: (established: boolean) => void;

  /** @param onClosed called after each connection that has gone, whether or not it was ever established */
  constructor(name: string, turns: number, clock: Clock, onClosed: (established: boolean) => void) {
    this.name = name;
    this.turns = new Semaphore(turns, { clock });
    this.#onClosed = onClosed;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Requests that have a turn, from the moment it is granted. */
  get active(): number {
    return this.turns.permits - this.turns.available;
  }

  /** Nothing under way, nothing waiting, no connection: it can be forgotten. */
  get unused(): boolean {
    return this.active + this.#connecting.size + this.#open.size === 0;
  }

  begin(connection: Connection): void {
    this.#connecting.add(connection);
    connection.once('close', () => {
      this.#connecting.delete(connection);
      this.#onClosed(this.#open.delete(connection));
    });
  }

  establish(connection: Connection): void {
    this.#connecting.delete(connection);
    if (!connection.destroyed) this.#open.add(connection);
  }

  /** Gives up connections that are being made when there is no request left that could want one. */
  dropUnwanted(): void {
    if (this.active > 0) return;
    for (const connection of this.#connecting) connection.giveUp();
  }
}
