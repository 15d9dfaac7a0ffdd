import type { BrowserLike } from './browserTypes.ts';
import type { Lease, ReleaseOptions } from './lease.ts';
import type { PooledBrowser } from './pooledBrowser.ts';

/**
 * A browser of one's own, until it is released. Contexts and pages that are still open then are closed.
 *
 * @example
 * await using lease = await pool.acquire({ timeout: 5_000 });
 * const page = await lease.browser.newPage();
 */
export class BrowserLease<B extends BrowserLike> implements AsyncDisposable {
  readonly browser: B;
  readonly pid: number;
  readonly #lease: Lease<PooledBrowser<B>>;

  constructor(lease: Lease<PooledBrowser<B>>) {
    this.browser = lease.resource.browser;
    this.pid = lease.resource.pid;
    this.#lease = lease;
  }

  /** The correlation id under which log lines speak of this lease. */
  get id(): string {
    return this.#lease.id;
  }

  /** Aborts when the browser dies or a shutdown takes it away. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Gives the browser back. @throws {LeaseReleasedError} (as a rejection) the second time */
  async release(options: ReleaseOptions = {}): Promise<void> {
    await this.#lease.release(options);
  }

  /** Releases unless that has happened; any number of times. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }
}
