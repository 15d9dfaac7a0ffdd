import { AsyncLocalStorage } from 'node:async_hooks';
import { abortSignal, milliseconds } from './checks.ts';
import type { Timer } from './clock.ts';
import { HttpCall, type HttpCallListener } from './httpCall.ts';
import { HttpEvents } from './httpEvents.ts';
import { HttpOrigin } from './httpOrigin.ts';
import { limit, resolveHttpPoolOptions, type HttpPoolOptions } from './httpPoolOptions.ts';
import { correlationIds } from './logger.ts';
import { PoolClosedError } from './poolErrors.ts';
import { discardBody } from './requestBody.ts';
import type { Resolved } from './resolved.ts';
import { safeText } from './safeText.ts';
import {
  createHttpClient,
  type HttpClient,
  type HttpFetchInit,
  type HttpFetchInput,
  type HttpFetchResponse,
  type HttpRequestOptions,
  type HttpResponse,
  type Connection,
} from './undici.ts';

/** What the pool itself reads of a request. */
interface Exchange {
  readonly method?: string | undefined;
  readonly signal?: AbortSignal | null | undefined;
  readonly body?: unknown;
  readonly bodyTimeout?: number | null | undefined;
}

export interface HttpPoolStats {
  /** Requests that have a turn: being sent, or their answer not complete. */
  readonly active: number;
  /** Connections that are open with nothing to do. */
  readonly idle: number;
  readonly waiting: number;
  readonly connections: number;
  /** Requests sent so far, and how many of them needed no new connection. */
  readonly requests: number;
  readonly hits: number;
  /** `hits` as a share of `requests`; 0 before the first. */
  readonly hitRate: number;
  /** How often a request found all turns of its origin taken. */
  readonly exhausted: number;
}

/**
 * HTTP over connections that are kept and shared, with an end to every wait. A request that is aborted or out of time settles at once, also
 * while it waits for its turn, and leaves no connection, listener or gauge behind; a body that nobody reads is ended after `bodyTimeout`.
 *
 * @example
 * await using http = new HttpPool({ connections: 4 });
 * const { statusCode, body } = await http.request('https://example.com/', { signal: AbortSignal.timeout(5_000) });
 * const text = await body.text();
 */
export class HttpPool implements AsyncDisposable {
  readonly #options: Resolved<HttpPoolOptions>;
  readonly #client: HttpClient;
  readonly #events: HttpEvents;
  readonly #origins = new Map<string, HttpOrigin>();
  readonly #calls = new Set<HttpCall>();
  readonly #nextId = correlationIds('request');
  readonly #listener: HttpCallListener = {
    onExhausted: (call, origin) => this.#onExhausted(call, origin),
    onSent: (origin) => this.#onSent(origin),
    originOf: (name) => this.#origin(name),
    onLeft: ({ name }) => this.#forget(name),
    onFinished: (call) => this.#onFinished(call),
  };
  #sent = 0;
  #hits = 0;
  #exhausted = 0;
  #closing: Promise<void> | undefined = undefined;
  #onEmpty: () => void = () => {};
  #deadline = Infinity;
  #timer: Timer | undefined = undefined;

  /** @throws {RangeError} or {TypeError} naming the option that is wrong */
  constructor(options: HttpPoolOptions = {}) {
    this.#options = resolveHttpPoolOptions(options);
    this.#events = new HttpEvents(this.#options.logger);
    this.#client = createHttpClient({
      ...this.#options,
      onConnecting: (origin, connection) => this.#origin(origin).begin(connection),
      onConnected: (origin, connection) => this.#onConnected(origin, connection),
      outside: AsyncLocalStorage.snapshot(),
    });
  }

  /**
   * undici's `request`: resolves with status, headers and a body to read. A `bodyTimeout` of its own (`Infinity` or 0 for none) counts instead of the
   * pool's.
   *
   * @throws (as a rejection) the signal's reason · {@link TimeoutError} while waiting · {@link PoolClosedError} · undici's errors ·
   * TypeError or RangeError where `signal` or `bodyTimeout` is wrong
   */
  async request(url: string | URL, options: HttpRequestOptions = {}): Promise<HttpResponse> {
    const response = await this.#exchange(url, options, async (signal, call) => this.#client.request(url, { ...options, signal }, call));
    // A body that is ended while nobody reads it has nobody to tell.
    response.body.on('error', () => {});
    return response;
  }

  /**
   * undici's `fetch`, on the pool's connections. Where it is redirected to another origin it gives its turn back and waits for one there, for
   * up to `poolTimeout` again.
   */
  async fetch(input: HttpFetchInput, init: HttpFetchInit = {}): Promise<HttpFetchResponse> {
    const { url, method, signal, body } = typeof input === 'object' && 'url' in input ? input : { url: input };
    const wanted = { method: init.method ?? method, signal: init.signal ?? signal, body: init.body ?? body };
    return this.#exchange(url, wanted, async (own, call) => this.#client.fetch(input, { ...init, signal: own }, call));
  }

  /** Whether {@link close} has been called: nothing can be asked of it any more. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  stats(): HttpPoolStats {
    let active = 0;
    let waiting = 0;
    let connections = 0;
    let idle = 0;
    for (const origin of this.#origins.values()) {
      active += origin.active;
      waiting += origin.turns.waiting;
      connections += origin.open;
      idle += Math.max(0, origin.open - origin.active);
    }
    const hits = this.#hits;
    const hitRate = this.#sent === 0 ? 0 : hits / this.#sent;
    return { active, idle, waiting, connections, requests: this.#sent, hits, hitRate, exhausted: this.#exhausted };
  }

  /**
   * Turns away whoever waits or comes, gives what is under way `timeout` milliseconds (default `shutdownTimeout`), then ends it. Further
   * calls return the same promise; one with a shorter timeout makes the shutdown more urgent.
   */
  close({ timeout = this.#options.shutdownTimeout }: { timeout?: number | undefined } = {}): Promise<void> {
    milliseconds('timeout', timeout);
    const closed = new PoolClosedError('HttpPool');
    this.#closing ??= this.#close(closed);
    this.#hurry(timeout, closed);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #exchange<R>(url: string | URL, exchange: Exchange, send: (signal: AbortSignal, call: HttpCall) => Promise<R>): Promise<R> {
    try {
      // fetch takes null for none.
      abortSignal('signal', exchange.signal ?? undefined);
      const call = this.#call(new URL(url), exchange);
      return await call.run((own) => send(own, call));
    } catch (error) {
      // undici ends the bodies that it was given; one that never came so far would keep its file open.
      discardBody(exchange.body, error);
      throw error;
    }
  }

  #call(url: URL, { method, signal, body, bodyTimeout: own }: Exchange): HttpCall {
    if (this.#closing !== undefined) throw new PoolClosedError('HttpPool');
    const { poolTimeout, clock } = this.#options;
    const bodyTimeout = limit('bodyTimeout', own ?? this.#options.bodyTimeout);
    const id = this.#nextId();
    const events = this.#events;
    if (!events.quiet) events.emit({ type: 'request', request: id, method: method ?? 'GET', url: safeText(url.href) });
    const origin = this.#origin(url.origin);
    const call = new HttpCall({
      ...{ id, origin, signal: signal ?? undefined, body, poolTimeout, bodyTimeout, clock, events },
      listener: this.#listener,
    });
    this.#calls.add(call);
    return call;
  }

  #origin(name: string): HttpOrigin {
    const { connections, pipelining, clock } = this.#options;
    let origin = this.#origins.get(name);
    if (origin === undefined) {
      origin = new HttpOrigin(name, connections * pipelining, clock, (established) => this.#onDisconnected(name, established));
      this.#origins.set(name, origin);
    }
    return origin;
  }

  #onConnected(name: string, connection: Connection): void {
    const origin = this.#origin(name);
    origin.establish(connection);
    this.#events.emit({ type: 'connected', origin: name, connections: origin.open });
  }

  #onDisconnected(name: string, established: boolean): void {
    if (established) this.#events.emit({ type: 'disconnected', origin: name, connections: this.#origins.get(name)?.open ?? 0 });
    this.#forget(name);
  }

  #onSent(origin: HttpOrigin): void {
    this.#sent += 1;
    if (origin.use()) this.#hits += 1;
  }

  #onExhausted({ id }: HttpCall, { name, turns }: HttpOrigin): void {
    this.#exhausted += 1;
    this.#events.emit({ type: 'exhausted', request: id, origin: name, waiting: turns.waiting });
  }

  #onFinished(call: HttpCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#onEmpty();
  }

  #forget(name: string): void {
    if (this.#origins.get(name)?.unused === true) this.#origins.delete(name);
  }

  async #close(closed: PoolClosedError): Promise<void> {
    this.#events.emit({ type: 'close', requests: this.#calls.size });
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const call of this.#calls) call.abortWaiting(closed);
    if (this.#calls.size > 0) await empty;
    this.#timer?.cancel();
    await this.#client.destroy();
    this.#events.emit({ type: 'closed', requests: this.#sent });
  }

  #hurry(timeout: number, reason: Error): void {
    const { clock } = this.#options;
    const deadline = clock.now() + timeout;
    if (deadline >= this.#deadline || this.#calls.size === 0) return;
    this.#deadline = deadline;
    this.#timer?.cancel();
    const end = (): void => {
      this.#events.emit({ type: 'force', requests: this.#calls.size });
      for (const call of [...this.#calls]) call.abort(reason);
    };
    if (timeout === 0) end();
    else this.#timer = clock.setTimeout(end, timeout, { keepAlive: true });
  }
}
