import type { Clock } from './clock.ts';
import { Semaphore } from './semaphore.ts';
import type { Connection } from './undici.ts';

/** What a pool knows of one origin (`https://example.com:8443`): its turns and its connections. */
export class HttpOrigin {
  readonly name: string;
  readonly turns: Semaphore;
  readonly #connecting = new Set<Connection>();
  readonly #open = new Set<Connection>();
  /** How many of the open ones have never been used. */
  #fresh = 0;
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
      const established = this.#open.delete(connection);
      this.#fresh = Math.min(this.#fresh, this.#open.size);
      this.#onClosed(established);
    });
  }

  establish(connection: Connection): void {
    this.#connecting.delete(connection);
    if (connection.destroyed) return;
    this.#open.add(connection);
    this.#fresh += 1;
  }

  /**
   * To be called for each request that is sent: says whether a connection was there for it. undici does not say which one it takes; that
   * each new one has a first request makes the sum right.
   */
  use(): boolean {
    if (this.#fresh === 0) return true;
    this.#fresh -= 1;
    return false;
  }

  /** Gives up connections that are being made when there is no request left that could want one. */
  dropUnwanted(): void {
    if (this.active > 0) return;
    for (const connection of this.#connecting) connection.giveUp();
  }
}
