import { sharedHttpPool, type HttpPool, type HttpPoolOptions } from 'leak/resilience';

const users = new WeakMap<HttpPool, Set<SharedClient>>();

/** One user's share of the process's HTTP client: the last who closes theirs closes the client. Whoever comes later gets a new one. */
export class SharedClient implements AsyncDisposable {
  readonly http: HttpPool;
  readonly #users: Set<SharedClient>;

  constructor(options: HttpPoolOptions = {}) {
    this.http = sharedHttpPool(options);
    this.#users = users.get(this.http) ?? new Set();
    this.#users.add(this);
    users.set(this.http, this.#users);
  }

  /** Any number of times, and again with a shorter timeout when it has to be quick. */
  async close(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    this.#users.delete(this);
    if (this.#users.size === 0) await this.http.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
