import {
  breakerCheck,
  CircuitBreaker,
  createHealthServer,
  createMetrics,
  fdCheck,
  httpPoolCheck,
  Lifecycle,
  type CheckResult,
  type ShutdownReport,
} from 'leak/resilience';
import { Embedder, MODEL_BREAKER } from './embedder.ts';
import { SharedClient } from './sharedClient.ts';

export interface ServiceOptions {
  readonly modelUrl: string;
  /** Of `/health` and `/metrics`; 0, the default, takes a free one. */
  readonly port?: number;
  readonly concurrency?: number;
  /** Milliseconds that stopping may take. Default 10,000. */
  readonly shutdownTimeout?: number;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/** A service that runs. */
export interface Service extends AsyncDisposable {
  readonly embedder: Embedder;
  /** Of `/health` and `/metrics`. */
  readonly url: string;
  /** For `handleSignals`. */
  readonly lifecycle: Lifecycle;
  /** Any number of times; it never rejects. */
  stop(): Promise<ShutdownReport>;
}

/**
 * Starts the service: its health server first, so that it can be watched while it starts, and stopped last; then the client,
 * which it shares with the other services of the process; then it asks the model for a first vector.
 *
 * @throws what went wrong, or the signal's reason, after everything that is its own has been closed again
 * @example
 * await using service = await startService({ modelUrl: 'http://model.internal/embed' });
 * using _signals = service.lifecycle.handleSignals();
 * const vector = await service.embedder.embed('green tea');
 */
export async function startService({
  modelUrl,
  port = 0,
  concurrency = 4,
  shutdownTimeout = 10_000,
  signal,
}: ServiceOptions): Promise<Service> {
  const lifecycle = new Lifecycle({ timeout: shutdownTimeout });
  const client = new SharedClient({ connections: concurrency, shutdownTimeout });
  try {
    const { http } = client;
    const breaker = new CircuitBreaker(MODEL_BREAKER);
    const metrics = createMetrics({ httpPool: http, breakers: { model: breaker }, lifecycle });
    const embedder = new Embedder({ modelUrl, http, metrics, breaker, concurrency });
    const checks = { model: breakerCheck(breaker), http: httpPoolCheck(http), embedder: () => turnsCheck(embedder), fds: fdCheck() };
    const health = await createHealthServer({ port, checks, registry: metrics.registry, lifecycle });
    lifecycle.add('health', health);
    lifecycle.add('http', client);
    lifecycle.add('embedder', embedder);
    await embedder.embed('ready?', { signal });
    signal?.throwIfAborted();
    // At once: components hear of a shutdown only a moment later.
    lifecycle.signal.addEventListener('abort', () => void embedder.close(), { once: true });
    const stop = async (): Promise<ShutdownReport> => lifecycle.shutdown('stopped');
    const dispose = async (): Promise<void> => {
      await stop();
    };
    return { embedder, url: health.url, lifecycle, stop, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await lifecycle.shutdown('not started');
    // Nobody has added it where the health server could not start.
    await client.close();
    throw error;
  }
}

function turnsCheck(embedder: Embedder): CheckResult {
  const { active, waiting } = embedder.stats();
  return { status: waiting > 0 ? 'degraded' : 'healthy', active, waiting };
}
