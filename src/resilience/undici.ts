// The only file that knows undici: to replace the HTTP client is to replace this.
import { Agent, buildConnector, Dispatcher, errors, fetch, request, type RequestInfo, type RequestInit, type Response } from 'undici';
import { WireExchange, type Handler, type WireListener } from './httpExchange.ts';

export type HttpRequestOptions = Omit<NonNullable<Parameters<typeof request>[1]>, 'dispatcher' | 'signal' | 'bodyTimeout'> & {
  readonly signal?: AbortSignal | undefined;
  readonly bodyTimeout?: number | null | undefined;
};
/** undici's response: `statusCode`, `headers`, `trailers`, and a `body` with `text()`, `json()`, `dump()` … */
export type HttpResponse = Awaited<ReturnType<typeof request>>;
export type HttpFetchInput = RequestInfo;
export type HttpFetchInit = Omit<RequestInit, 'dispatcher'>;
export type HttpFetchResponse = Response;
/** A connection, from the moment it is begun. */
export interface Connection {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
  /** Ends it while it is being made: it is not wanted any more. */
  giveUp(): void;
}

export interface ClientOptions {
  readonly connections: number;
  readonly pipelining: number;
  readonly keepAliveTimeout: number;
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  /** A connection begins. `origin` is `http://host:port`, without the port where it is the default. */
  readonly onConnecting: (origin: string, connection: Connection) => void;
  /** The connection that began is there. */
  readonly onConnected: (origin: string, connection: Connection) => void;
  /** Runs what outlives the request that happened to need it first. */
  readonly outside: (run: () => void) => void;
}

/** An agent whose exchanges can be listened to one by one. */
export interface HttpClient {
  request(url: string | URL, options: HttpRequestOptions, listener: WireListener): Promise<HttpResponse>;
  fetch(input: HttpFetchInput, init: HttpFetchInit, listener: WireListener): Promise<HttpFetchResponse>;
  destroy(): Promise<void>;
}

/** undici takes 0 for "no limit", has no use for Infinity, and refuses fractions. */
const limit = (ms: number): number => (ms === Infinity ? 0 : Math.ceil(ms));

export function createHttpClient(options: ClientOptions): HttpClient {
  const { connections, pipelining, headersTimeout, bodyTimeout } = options;
  // Unlike the others, 0 means 0 here; the longest that a timer can do stands for Infinity.
  const keepAliveTimeout = Math.min(Math.max(options.keepAliveTimeout, 1), 2 ** 31 - 1);
  const agent = new Agent({
    connections,
    pipelining,
    keepAliveTimeout,
    // A server may ask for less. If it asks for more, undici would otherwise obey for up to ten minutes.
    keepAliveMaxTimeout: keepAliveTimeout,
    headersTimeout: limit(headersTimeout),
    bodyTimeout: limit(bodyTimeout),
    connect: watchedConnector(options),
  });
  return {
    // exactOptionalPropertyTypes: undici's own signal option does not name undefined.
    request: async (url, { signal = null, bodyTimeout: own, ...given }, listener) =>
      request(url, { ...given, signal, bodyTimeout: limit(own ?? bodyTimeout), dispatcher: new WatchedDispatcher(agent, listener) }),
    fetch: async (input, init, listener) => fetch(input, { ...init, dispatcher: new WatchedDispatcher(agent, listener) }),
    destroy: async () => agent.destroy(),
  };
}

/** undici's own agent with nothing around it, for a benchmark to compare with. */
export function createBareClient(connections: number): Pick<HttpClient, 'destroy'> & { get(url: string): Promise<HttpResponse> } {
  const agent = new Agent({ connections, pipelining: 1 });
  return { get: async (url) => request(url, { dispatcher: agent }), destroy: async () => agent.destroy() };
}

function watchedConnector({ connectTimeout, onConnecting, onConnected, outside }: ClientOptions): buildConnector.connector {
  // It returns the socket, which its declaration keeps to itself.
  const connect = buildConnector({ timeout: limit(connectTimeout) }) as unknown as SocketConnector;
  return (target, callback) => {
    const origin = `${target.protocol}//${target.host ?? target.hostname}`;
    outside(() => {
      let told = false;
      const tell: buildConnector.Callback = (...result) => {
        if (told) return;
        told = true;
        if (result[0] === null) onConnected(origin, connection);
        callback(...result);
      };
      const socket = connect(target, tell);
      const connection: Connection = {
        get destroyed() {
          return socket.destroyed;
        },
        once: (event, listener) => socket.once(event, listener),
        giveUp() {
          // undici hears of a socket that was destroyed only with an error, and late: until then its client takes nothing else up.
          tell(new errors.ConnectTimeoutError('Nobody wants this connection any more'), null);
          socket.destroy();
        },
      };
      onConnecting(origin, connection);
    });
  };
}

type SocketConnector = (...args: Parameters<buildConnector.connector>) => Omit<Connection, 'giveUp'> & { destroy(): unknown };

/** Hands the exchanges of one call on to the agent, one after the other. */
class WatchedDispatcher extends Dispatcher {
  readonly #agent: Agent;
  readonly #listener: WireListener;
  #exchange: WireExchange | undefined = undefined;

  constructor(agent: Agent, listener: WireListener) {
    super();
    this.#agent = agent;
    this.#listener = listener;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const previous = this.#exchange;
    const exchange = new WireExchange(handler as Handler, this.#listener);
    this.#exchange = exchange;
    if (previous === undefined) return this.#send(options, exchange);
    void this.#follow(previous, options, exchange);
    return true;
  }

  /** undici has no end for a request that waits in its own queue: a redirect gets there only when there is a connection for it. */
  async #follow(previous: WireExchange, options: Dispatcher.DispatchOptions, exchange: WireExchange): Promise<void> {
    const { origin } = options;
    try {
      await this.#listener.onFurther(typeof origin === 'string' ? origin : (origin?.origin ?? ''), previous);
    } catch (error) {
      exchange.onError(error as Error);
      return;
    }
    this.#send(options, exchange);
  }

  #send(options: Dispatcher.DispatchOptions, exchange: WireExchange): boolean {
    this.#listener.onDispatched();
    return this.#agent.dispatch(options, exchange);
  }
}
