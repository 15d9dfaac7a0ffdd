import { anObject } from './checks.ts';
import type { Entry } from './poolEntry.ts';
import { LeaseReleasedError } from './poolErrors.ts';

export interface ReleaseOptions {
  /** The use failed; after `maxFailures` of these in a row the resource is replaced. */
  readonly failed?: boolean | undefined;
  /** The resource is not to be used again: something may still be working with it. */
  readonly discard?: boolean | undefined;
}

/** Where a lease came from and goes back to. */
export interface LeaseOrigin<T> {
  takeBack(entry: Entry<T>, options: ReleaseOptions, lease: Lease<T>): Promise<void>;
  readonly idPrefix: string;
}

/** For releases with nothing left to wait for. */
export const DONE: Promise<void> = Promise.resolve();
const NO_OPTIONS: ReleaseOptions = {};

/**
 * The right to use a resource, until it is released.
 *
 * @example
 * await using lease = await pool.acquire();
 * lease.resource.query('…');
 */
export class Lease<T> implements AsyncDisposable {
  readonly resource: T;
  readonly #origin: LeaseOrigin<T>;
  readonly #number: number;
  #entry: Entry<T> | undefined;
  #abort: AbortController | undefined = undefined;
  #revoked: Error | undefined = undefined;

  constructor(origin: LeaseOrigin<T>, entry: Entry<T>, number: number) {
    this.resource = entry.resource;
    this.#origin = origin;
    this.#entry = entry;
    this.#number = number;
  }

  /** The correlation id under which log lines speak of this lease. */
  get id(): string {
    return `${this.#origin.idPrefix}-${this.#number}`;
  }

  /** Aborts when the resource is taken away while it is held: a shutdown out of patience, or a browser that died. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#revoked !== undefined) this.#abort.abort(this.#revoked);
    }
    return this.#abort.signal;
  }

  /** Tells the holder through {@link signal} to stop. The lease is still to be released. */
  revoke(reason: Error): void {
    this.#revoked ??= reason;
    this.#abort?.abort(reason);
  }

  /**
   * Gives the resource back; resolves when it is ready for its next user (after a failed use it is checked first), or has been set aside
   * for replacement.
   *
   * @throws {LeaseReleasedError} (as a rejection) the second time; whoever holds the resource by then is not disturbed
   */
  release(options: ReleaseOptions = NO_OPTIONS): Promise<void> {
    // Before the lease is given up: its slot would be lost.
    if (options !== NO_OPTIONS) anObject('options', options);
    const entry = this.#entry;
    if (entry === undefined) return Promise.reject(new LeaseReleasedError(this.id));
    this.#entry = undefined;
    return this.#origin.takeBack(entry, options, this);
  }

  /** Releases unless that has happened; any number of times. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#entry === undefined ? DONE : this.release();
  }
}
