import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { shown } from './checks.ts';
import { HealthChecks } from './healthReport.ts';
import { resolveHealthServerOptions, type HealthServerOptions, type MetricsRegistry } from './healthServerOptions.ts';
import { jsonText } from './jsonText.ts';
import { errorFields, type Logger } from './logger.ts';

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
  const { port, host, checks, registry, lifecycle, logger, ...times } = resolveHealthServerOptions(options);
  const health = new HealthChecks(checks, times);
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
  return scrape(registry);
}

/** A registry is somebody else's: the log is to say what came from it, not where sending that failed. */
async function scrape(registry: MetricsRegistry): Promise<Answer> {
  const body: unknown = await registry.metrics();
  if (typeof body !== 'string') throw new TypeError(`registry.metrics() must resolve to a string, got ${shown(body)}`);
  return { status: 200, type: registry.contentType, body };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Promise<Answer | undefined>,
  logger: Logger,
): Promise<void> {
  try {
    send(request, response, await replyTo(request, response, find));
  } catch (error) {
    logger.error({ event: 'health.failed', error: errorFields(error) }, 'a health request failed');
    send(request, response, json(500, { error: 'internal error' }));
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
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
  return (await find(pathOf(request.url ?? '/'))) ?? json(404, { error: 'not found' });
}

/** `/live?x` and, as through a proxy, `http://host/live?x` (RFC 9112, 3.2.2). Anything else stays what it is, and is not found. */
function pathOf(target: string): string {
  const [path = '/'] = target.replace(/^https?:\/\/[^/?]+/i, '').split('?', 1);
  return path;
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${jsonText(value)}\n` };
}
