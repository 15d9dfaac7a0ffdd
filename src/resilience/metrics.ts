import { anObject, callable, havingFunctions, lifecycleLike } from './checks.ts';
import { LabelValues, OTHER } from './labelValues.ts';
import { addBreakerMetrics, addBrowserPoolMetrics, addHttpPoolMetrics, addProcessMetrics } from './metricSources.ts';
import type { BreakerSource, BrowserPoolSource, HttpPoolSource } from './metricSources.ts';
import type { PoolListener } from './poolEvents.ts';
import { fdUsage } from './processUsage.ts';
import { Meter, type PrometheusRegistry } from './prometheus.ts';
import type { RetryEvent } from './retry.ts';

/** See {@link createMetrics}. */
export interface MetricsOptions {
  /** A new one by default, never prom-client's global one. */
  readonly registry?: PrometheusRegistry | undefined;
  readonly browserPool?: (BrowserPoolSource & { observe(listener: PoolListener): () => void }) | undefined;
  readonly httpPool?: HttpPoolSource | undefined;
  /** By the name that their label is to have. */
  readonly breakers?: Readonly<Record<string, BreakerSource>> | undefined;
  readonly lifecycle?: { readonly ready: boolean } | undefined;
}

/** Upper limits in seconds, from a free browser to a launch under load. */
const ACQUIRE_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30];

/** Upper limits in seconds, up to where a page counts as hung. */
const CLOSE_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 3, 5];

/** Upper limits in seconds: Prometheus' own defaults, and up to a minute. */
const OPERATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metrics of one program; see {@link createMetrics}. */
export class Metrics implements Disposable {
  /** For {@link createHealthServer}. */
  readonly registry: PrometheusRegistry;
  readonly #operations = new LabelValues();
  readonly #errorNames = new LabelValues();
  readonly #counted: (labels: Readonly<Record<string, string>>) => void;
  readonly #failed: (labels: Readonly<Record<string, string>>) => void;
  readonly #retried: (labels: Readonly<Record<string, string>>) => void;
  readonly #lasted: (durationMs: number, labels: Readonly<Record<string, string>>) => void;
  readonly #meter: Meter;
  readonly #stop: (() => void) | undefined;

  /** @internal */
  constructor(options: MetricsOptions) {
    // First, so that nothing is left in the registry of somebody whose options are wrong.
    checkSources(options);
    const { registry, browserPool, httpPool, breakers, lifecycle } = options;
    const meter = new Meter(registry);
    this.#meter = meter;
    this.registry = meter.registry;
    try {
      const labels = ['operation'];
      this.#counted = meter.counter({ name: 'operations_total', help: 'Operations ended, by outcome.', labels: ['operation', 'outcome'] });
      this.#failed = meter.counter({
        name: 'operation_errors_total',
        help: 'Operations failed, by error.',
        labels: ['operation', 'error'],
      });
      this.#retried = meter.counter({ name: 'retries_total', help: 'Failed attempts, by what follows.', labels: ['operation', 'next'] });
      this.#lasted = meter.histogram({ name: 'operation_duration_seconds', help: 'Duration of operations.', labels }, OPERATION_BUCKETS);
      addProcessMetrics(meter, fdUsage, () => process.memoryUsage());
      if (httpPool !== undefined) addHttpPoolMetrics(meter, httpPool);
      if (breakers !== undefined) addBreakerMetrics(meter, breakers);
      if (lifecycle !== undefined) {
        meter.readGauge({ name: 'lifecycle_ready', help: '1 while new work is welcome.' }, () => [{ value: lifecycle.ready ? 1 : 0 }]);
      }
      if (browserPool !== undefined) {
        addBrowserPoolMetrics(meter, browserPool);
        this.#stop = browserPool.observe(durationsOf(meter));
      }
    } catch (error) {
      // A name that somebody else has taken: the registry is left as it was.
      meter.unregister();
      throw error;
    }
  }

  /**
   * Runs `work`, counts it under the name `operation`, and times it. Names are few: after 50 different ones, and for anything that looks
   * like more than a name (a URL), the label is `other`.
   */
  async operation<T>(operation: string, work: () => T | PromiseLike<T>): Promise<T> {
    callable('work', work);
    const label = this.#operations.of(operation);
    const startedAt = performance.now();
    let outcome = 'success';
    try {
      return await work();
    } catch (error) {
      outcome = isAbort(error) ? 'cancelled' : 'error';
      if (outcome === 'error') this.#failed({ operation: label, error: this.#errorNames.of(nameOf(error)) });
      throw error;
    } finally {
      this.#counted({ operation: label, outcome });
      this.#lasted(performance.now() - startedAt, { operation: label });
    }
  }

  /** For the option `onFailure` of {@link retry}: counts the failed attempts of `operation`. */
  onFailure(operation: string): (event: RetryEvent) => void {
    const label = this.#operations.of(operation);
    return ({ delayMs }) => {
      this.#retried({ operation: label, next: delayMs === undefined ? 'give_up' : 'retry' });
    };
  }

  /** Stops listening to the pool, and takes the metrics out of the registry: another `createMetrics` may use it from then on. */
  [Symbol.dispose](): void {
    this.#stop?.();
    this.#meter.unregister();
  }
}

/**
 * The metrics of pools, breakers, retries, operations and the process, in the Prometheus text format. What can be read is read when
 * Prometheus asks; there are no timers. Every label has few values; none is a URL.
 *
 * @throws Error where `registry` has metrics of these names already · TypeError for an option that is none
 * @example
 * const breaker = new CircuitBreaker();
 * using metrics = createMetrics({ breakers: { shops: breaker } });
 * await metrics.operation('scan', async () => breaker.execute('shop.test', async () => 42));
 * const text = await metrics.registry.metrics();
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  return new Metrics(options);
}

function checkSources({ registry, browserPool, httpPool, breakers = {}, lifecycle }: MetricsOptions): void {
  if (registry !== undefined) havingFunctions('registry', registry, ['getSingleMetric', 'registerMetric', 'removeSingleMetric']);
  if (browserPool !== undefined) havingFunctions('browserPool', browserPool, ['stats', 'observe']);
  if (httpPool !== undefined) havingFunctions('httpPool', httpPool, ['stats']);
  anObject('breakers', breakers);
  for (const [name, breaker] of Object.entries(breakers)) havingFunctions(`breakers.${name}`, breaker, ['stats']);
  if (lifecycle !== undefined) lifecycleLike(lifecycle);
}

function durationsOf(meter: Meter): PoolListener {
  const acquired = meter.histogram(
    { name: 'browser_pool_acquire_duration_seconds', help: 'How long callers waited, by outcome.', labels: ['outcome'] },
    ACQUIRE_BUCKETS,
  );
  const closed = meter.histogram(
    { name: 'browser_pool_page_close_duration_seconds', help: 'How long pages took to close.' },
    CLOSE_BUCKETS,
  );
  return (event) => {
    if (event.type === 'acquire') acquired(event.waitMs, { outcome: 'served' });
    if (event.type === 'acquireFailed') acquired(event.waitMs, { outcome: 'unserved' });
    if (event.type === 'pageClose') closed(event.durationMs);
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const name: unknown = error.name;
  // It is the caller's, and may be anything; what cannot be counted must not take the error's place.
  return typeof name === 'string' ? name : OTHER;
}
