import { Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../src/resilience/circuitBreaker.ts';
import { LabelValues } from '../../../src/resilience/labelValues.ts';
import { createMetrics, type MetricsOptions } from '../../../src/resilience/metrics.ts';
import type { PoolEvent, PoolListener } from '../../../src/resilience/poolEvents.ts';
import { retry } from '../../../src/resilience/retry.ts';
import { ExponentialBackoff } from '../../../src/resilience/backoff.ts';
import { parsePrometheus } from './prometheusText.ts';

/** A browser pool as far as metrics see it, with numbers that the test knows. */
function pool() {
  const listeners = new Set<PoolListener>();
  const counted = { reads: 0 };
  const stats = {
    ...{ max: 3, starting: 1, closing: 0, idle: 1, leased: 1, waiting: 5, launched: 7, reused: 9, exhausted: 4, killed: 2 },
    replaced: { age: 1, uses: 2, failures: 0, health: 0, disconnected: 3 },
    browsers: [
      { failures: 2, contexts: 1, fds: 80, rssBytes: 1e8 },
      { failures: 0, contexts: 2, fds: null, rssBytes: null },
    ],
  };
  return {
    listeners,
    counted,
    emit: (event: PoolEvent) => listeners.forEach((listener) => listener(event)),
    stats: () => {
      counted.reads += 1;
      return stats;
    },
    observe: (listener: PoolListener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function scrape(options: MetricsOptions, before: (metrics: ReturnType<typeof createMetrics>) => unknown = () => {}) {
  using metrics = createMetrics(options);
  await before(metrics);
  const samples = parsePrometheus(await metrics.registry.metrics());
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    samples.find((sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels))?.value;
  return { samples, value };
}

describe('the metrics', () => {
  it('are valid Prometheus text, again and again, and tell what the pools tell', async () => {
    const browserPool = pool();
    const httpPool = { stats: () => ({ active: 2, idle: 3, waiting: 1, requests: 100, hits: 80, exhausted: 6 }) };
    using metrics = createMetrics({ browserPool, httpPool, lifecycle: { ready: false } });
    browserPool.emit({ type: 'acquire', lease: 'l', resource: 'b', waitMs: 40, reused: true });
    browserPool.emit({ type: 'acquireFailed', waitMs: 30_000, error: { name: 'TimeoutError', message: '' } });
    browserPool.emit({ type: 'pageClose', lease: 'l', durationMs: 300, hung: false });
    browserPool.emit({ type: 'kill', resource: 'b' });
    for (let round = 0; round < 2; round += 1) {
      const samples = parsePrometheus(await metrics.registry.metrics());
      const text = samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`.replace('  ', ' '));
      expect(text).toEqual(
        expect.arrayContaining([
          'browser_pool_browsers active 1',
          'browser_pool_browsers idle 1',
          'browser_pool_browsers starting 1',
          'browser_pool_browsers closing 0',
          'browser_pool_max_browsers 3',
          'browser_pool_waiting 5',
          'browser_pool_contexts 3',
          'browser_pool_exhausted_total 4',
          'browser_pool_launches_total 7',
          'browser_pool_reuses_total 9',
          'browser_pool_kills_total 2',
          'browser_pool_replacements_total disconnected 3',
          'browser_pool_browser_errors 0 2',
          'browser_pool_browser_errors 1 0',
          'browser_pool_browser_open_fds 0 80',
          'browser_pool_acquire_duration_seconds_count served 1',
          'browser_pool_acquire_duration_seconds_sum served 0.04',
          'browser_pool_acquire_duration_seconds_count unserved 1',
          'browser_pool_page_close_duration_seconds_sum 0.3',
          'http_pool_connections active 2',
          'http_pool_connections idle 3',
          'http_pool_waiting 1',
          'http_pool_requests_total 100',
          'http_pool_hits_total 80',
          'http_pool_exhausted_total 6',
          'lifecycle_ready 0',
        ]),
      );
      expect(text).not.toContain('browser_pool_browser_open_fds 1 0');
    }
    expect(browserPool.counted.reads).toBe(2);
  });

  it('tell the process’s memory, and its descriptors where they can be counted', async () => {
    const { value } = await scrape({ lifecycle: { ready: true } });
    expect(value('lifecycle_ready')).toBe(1);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(value('nodejs_heap_size_used_bytes')).toBeLessThan(value('nodejs_heap_size_total_bytes') ?? 0);
    if (process.platform === 'linux') expect(value('process_open_fds')).toBeLessThan(value('process_max_fds') ?? 0);
  });

  it('count operations by outcome and errors by name, and time them', async () => {
    const { value } = await scrape({}, async (metrics) => {
      expect(await metrics.operation('scan', async () => 42)).toBe(42);
      await expect(metrics.operation('scan', async () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
      const sync = (): never => {
        throw new DOMException('stopped', 'AbortError');
      };
      await expect(metrics.operation('scan', sync)).rejects.toThrow('stopped');
    });
    for (const outcome of ['success', 'error', 'cancelled']) expect(value('operations_total', { operation: 'scan', outcome })).toBe(1);
    expect(value('operation_errors_total', { operation: 'scan', error: 'RangeError' })).toBe(1);
    expect(value('operation_errors_total', { operation: 'scan', error: 'AbortError' })).toBeUndefined();
    expect(value('operation_duration_seconds_count', { operation: 'scan' })).toBe(3);
  });

  it.each([Symbol('mine'), {}, Object.create(null), undefined, 5])('hand on an error whose name is no text: %o', async (name) => {
    const error = Object.defineProperty(new Error('mine'), 'name', { value: name });
    const { value } = await scrape({}, async (metrics) => {
      await expect(metrics.operation('scan', async () => Promise.reject(error))).rejects.toBe(error);
    });
    expect(value('operations_total', { operation: 'scan', outcome: 'error' })).toBe(1);
    expect(value('operation_errors_total', { operation: 'scan', error: 'other' })).toBe(1);
  });

  it('count the retries, and those that gave up', async () => {
    const { value } = await scrape({}, async (metrics) => {
      const backoff = new ExponentialBackoff({ baseDelay: 0 });
      const failing = async (): Promise<never> => Promise.reject(new Error('no'));
      await retry(failing, { backoff, onFailure: metrics.onFailure('scan') }).catch(() => {});
    });
    expect(value('retries_total', { operation: 'scan', next: 'retry' })).toBe(2);
    expect(value('retries_total', { operation: 'scan', next: 'give_up' })).toBe(1);
  });

  it('stay few with 10,000 URLs, and never show one', async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1 });
    const urls = Array.from({ length: 10_000 }, (_, index) => `https://shop-${index}.test/?token=${index}`);
    const { samples, value } = await scrape({ breakers: { shops: breaker } }, async (metrics) => {
      for (const url of urls) {
        breaker.recordFailure(url);
        const named = Object.assign(new Error('no'), { name: url });
        await metrics.operation(url, () => Promise.reject(named)).catch(() => {});
        metrics.onFailure(url)({ attempt: 0, error: named, delayMs: undefined });
      }
    });
    expect(value('circuit_breaker_circuits', { breaker: 'shops', state: 'open' })).toBe(10_000);
    expect(value('circuit_breaker_trips_total', { breaker: 'shops' })).toBe(10_000);
    expect(value('operation_errors_total', { operation: 'other', error: 'other' })).toBe(10_000);
    expect(JSON.stringify(samples)).not.toMatch(/shop-|token|https/);
    expect(samples.length).toBeLessThan(60);
  });

  it('leave out what cannot be read, count that, and tell the rest', async () => {
    const httpPool = {
      stats: (): never => {
        throw new Error('closed');
      },
    };
    using metrics = createMetrics({ httpPool, lifecycle: { ready: true } });
    await metrics.registry.metrics();
    const samples = parsePrometheus(await metrics.registry.metrics());
    expect(samples.find(({ name }) => name === 'lifecycle_ready')?.value).toBe(1);
    expect(samples.filter(({ name }) => name.startsWith('http_pool'))).toEqual([]);
    const errors = samples.find(({ name, labels }) => name === 'metric_read_errors_total' && labels['metric'] === 'http_pool_waiting');
    expect(errors?.value).toBeGreaterThanOrEqual(1);
  });

  it('share a registry with what is there already, one at a time, and leave nothing of theirs behind', async () => {
    const browserPool = pool();
    const registry = new Registry();
    const gauge = new Gauge({ name: 'process_resident_memory_bytes', help: 'mine', registers: [registry] });
    gauge.set(42);
    for (let round = 0; round < 2; round += 1) {
      const metrics = createMetrics({ registry, browserPool });
      expect([metrics.registry, browserPool.listeners.size]).toEqual([registry, 1]);
      expect(() => createMetrics({ registry })).toThrow(/^registry has these metrics from another createMetrics already/);
      const text = parsePrometheus(await registry.metrics());
      expect(text.filter(({ name }) => name === 'process_resident_memory_bytes')).toHaveLength(1);
      metrics[Symbol.dispose]();
      expect(browserPool.listeners.size).toBe(0);
      expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual(['process_resident_memory_bytes']);
    }
  });

  it('leave a registry as it was where one of their names is taken, and can be had once it is free', () => {
    for (const taken of ['operations_total', 'browser_pool_page_close_duration_seconds']) {
      const browserPool = pool();
      const registry = new Registry();
      new Gauge({ name: taken, help: 'mine', registers: [registry] });
      for (let round = 0; round < 2; round += 1) {
        expect(() => createMetrics({ registry, browserPool })).toThrow(`A metric with the name ${taken} has already been registered`);
        expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual([taken]);
      }
      expect(browserPool.listeners.size).toBe(0);
      registry.removeSingleMetric(taken);
      createMetrics({ registry, browserPool })[Symbol.dispose]();
    }
  });
});

describe('the values of a label', () => {
  it('pass while they are few and names', () => {
    const values = new LabelValues(2);
    expect(['scan', 'https://x.test/', 'shop.test:443', 'third', 'scan', '', 'x'.repeat(65)].map((value) => values.of(value))).toEqual([
      ...['scan', 'other', 'shop.test:443', 'other', 'scan', 'other', 'other'],
    ]);
  });
});

describe('the parser of this test', () => {
  it.each([
    '# HELP a_total x\n# TYPE a_total counter\na_total 1',
    'a 1\n',
    '# HELP a x\n# TYPE a counter\na 1\n',
    '# HELP a x\n# TYPE a gauge\na 1\na 2\n',
    '# HELP a x\n# TYPE a gauge\na{b="c"d="e"} 1\n',
    '# HELP a x\n# TYPE a gauge\na{b="c\\x"} 1\n',
    '# HELP a x\n# TYPE a gauge\na undefined\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 2\na_sum 1\na_count 3\n',
  ])('refuses %j', (text) => {
    expect(() => parsePrometheus(text)).toThrow();
  });
});
