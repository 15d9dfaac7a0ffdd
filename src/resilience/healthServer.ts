import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { milliseconds, wholeNumber } from './checks.ts';
import { systemClock, type Clock } from './clock.ts';
import { HealthChecks, type HealthCheck } from './healthReport.ts';
import { errorFields, guardedLogger, type Logger } from './logger.ts';

/** What `/metrics` is made of; a registry of prom-client fits. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** See {@link createHealthServer}. Times are milliseconds. */
export interface HealthServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** '127.0.0.1' by default: what the checks say is not for everybody. */
  readonly host?: string | undefined;
  readonly checks?: Readonly<Record<string, HealthCheck>> | undefined;
  /** Without one, `/metrics` is not found. */
  readonly registry?: MetricsRegistry | undefined;
  /** While it is not ready, `/health` and `/ready` answer 503. */
  readonly lifecycle?: { readonly ready: boolean } | undefined;
  /** How long results are used again; 1,000 by default. */
  readonly cacheMs?: number | undefined;
  /** A check that takes longer is unhealthy; 5,000 by default. */
  readonly checkTimeout?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** A server that answers; see {@link createHealthServer}. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  /** Without a slash at the end. */
  readonly url: string;
  /** Ends the server and all its connections. Further calls return the same promise. */
  close(): Promise<void>;
}

/** A client has this long to send its request, which has no body: slow ones do not hold sockets. */
const REQUEST_TIMEOUT_MS = 5_000;

const NOT_READY = { ready: false, status: 'draining', draining: true };

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves `/health` (every check as JSON; 503 when unhealthy or draining), `/ready` (200 or 503), `/live` (200 while the process answers;
 * also when draining, so that nobody restarts what is about to end) and `/metrics` (Prometheus text format).
 *
 * @throws RangeError or TypeError for a wrong option; the system's error where the port cannot be had
 * @example
 * await using server = await createHealthServer({ port: 0, checks: { disk: async () => ({ status: 'healthy', freeBytes: 1e9 }) } });
 * const report = await (await fetch(`${server.url}/health`)).json(); // { status: 'healthy', … }
 */
export async function createHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host = '127.0.0.1', checks = {}, registry, lifecycle, cacheMs = 1_000, checkTimeout = 5_000, clock = systemClock } = options;
  const logger = guardedLogger(options.logger);
  const port = wholeNumber('port', options.port, { least: 0 });
  if (port > 65_535) throw new RangeError(`port must be at most 65535, got ${port}`);
  milliseconds('cacheMs', cacheMs);
  milliseconds('checkTimeout', checkTimeout);
  const health = new HealthChecks(checks, { cacheMs, checkTimeout, clock });
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.on('request', (request, response) => {
    void respond(request, response, (path) => answer(path, health, registry, lifecycle), logger);
  });
  await listen(server, port, host);
  return new RunningServer(server, host);
}

class RunningServer implements HealthServer {
  readonly port: number;
  readonly url: string;
  readonly #server: Server;
  #closed: Promise<void> | undefined = undefined;

  constructor(server: Server, host: string) {
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.#server = server;
  }

  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve, reject) => {
      this.#server.close((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
      // Kept-alive connections, and clients that read slowly, would hold `close` for ever.
      this.#server.closeAllConnections();
    });
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

async function answer(
  path: string,
  health: HealthChecks,
  registry: MetricsRegistry | undefined,
  lifecycle: { readonly ready: boolean } | undefined,
): Promise<Answer | undefined> {
  const isDraining = (): boolean => lifecycle?.ready === false;
  if (path === '/live') return json(200, { status: 'live', draining: isDraining() });
  if (path === '/health') {
    const report = await health.report(isDraining);
    return json(report.ready ? 200 : 503, report);
  }
  if (path === '/ready') {
    // Who is about to leave says so without asking its components.
    const { ready, status, draining } = isDraining() ? NOT_READY : await health.report(isDraining);
    return json(ready ? 200 : 503, { ready, status: draining ? 'draining' : status });
  }
  if (path !== '/metrics' || registry === undefined) return undefined;
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Promise<Answer | undefined>,
  logger: Logger,
): Promise<void> {
  const { status, type, body } = await replyTo(request, response, find).catch((error: unknown) => {
    logger.error({ event: 'health.failed', error: errorFields(error) }, 'a health request failed');
    return json(500, { error: 'internal error' });
  });
  // Whatever the client still sends is not read; without this its connection could not be used again.
  request.resume();
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function replyTo(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Promise<Answer | undefined>,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return json(405, { error: 'only GET and HEAD are allowed' });
  }
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  return (await find(path)) ?? json(404, { error: 'not found' });
}

function json(status: number, value: unknown): Answer {
  // A check may report what JSON does not know.
  const body = JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field));
  return { status, type: 'application/json; charset=utf-8', body: `${body}\n` };
}
