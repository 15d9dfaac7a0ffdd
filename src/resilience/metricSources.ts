import type { FdUsage } from './processUsage.ts';
import type { Meter, Sample } from './prometheus.ts';

/** A {@link BrowserPool}, as far as its metrics need it. */
export interface BrowserPoolSource {
  stats(): {
    readonly max: number;
    readonly starting: number;
    readonly closing: number;
    readonly idle: number;
    readonly leased: number;
    readonly waiting: number;
    readonly launched: number;
    readonly reused: number;
    readonly exhausted: number;
    readonly killed: number;
    readonly replaced: Readonly<Record<string, number>>;
    readonly browsers: readonly {
      readonly failures: number;
      readonly contexts?: number;
      readonly fds: number | null;
      readonly rssBytes: number | null;
    }[];
  };
}

/** An {@link HttpPool}, as far as its metrics need it. */
export interface HttpPoolSource {
  stats(): {
    readonly active: number;
    readonly idle: number;
    readonly waiting: number;
    readonly requests: number;
    readonly hits: number;
    readonly exhausted: number;
  };
}

/** A {@link CircuitBreaker}, as far as its metrics need it. */
export interface BreakerSource {
  stats(): {
    readonly closed: number;
    readonly open: number;
    readonly halfOpen: number;
    readonly awaitingProbe?: number;
    readonly trips: number;
    readonly rejected: number;
  };
}

/** Browsers by state, what they hold, and what became of them. A browser's label is its place in the pool: there are never more than `max`. */
export function addBrowserPoolMetrics(meter: Meter, pool: BrowserPoolSource): void {
  const stats = oncePerScrape(() => pool.stats());
  const gauge = (name: string, help: string, value: () => number): void => {
    meter.readGauge({ name: `browser_pool_${name}`, help }, () => [{ value: value() }]);
  };
  const counter = (name: string, help: string, value: () => number): void => {
    meter.readCounter({ name: `browser_pool_${name}_total`, help }, () => [{ value: value() }]);
  };
  meter.readGauge({ name: 'browser_pool_browsers', help: 'Browsers by state.', labels: ['state'] }, () => {
    const { leased, idle, starting, closing } = stats();
    return samples('state', { active: leased, idle, starting, closing });
  });
  gauge('max_browsers', 'Browsers there may be at most.', () => stats().max);
  gauge('waiting', 'Callers that wait for a browser.', () => stats().waiting);
  gauge('contexts', 'Contexts open in all browsers.', () => sum(stats().browsers.map(({ contexts }) => contexts ?? 0)));
  counter('exhausted', 'Callers that came while every browser was taken.', () => stats().exhausted);
  counter('launches', 'Browsers launched.', () => stats().launched);
  counter('reuses', 'Leases of a browser that had been used before.', () => stats().reused);
  counter('kills', 'Browsers killed because they would not close.', () => stats().killed);
  meter.readCounter({ name: 'browser_pool_replacements_total', help: 'Browsers replaced, by cause.', labels: ['cause'] }, () =>
    samples('cause', stats().replaced),
  );
  const perBrowser = (
    name: string,
    help: string,
    value: (browser: ReturnType<typeof stats>['browsers'][number]) => number | null,
  ): void => {
    meter.readGauge({ name: `browser_pool_browser_${name}`, help, labels: ['browser'] }, () =>
      stats().browsers.flatMap((browser, index) => {
        const read = value(browser);
        return read === null ? [] : [{ labels: { browser: String(index) }, value: read }];
      }),
    );
  };
  perBrowser('errors', 'Failed uses of each live browser.', ({ failures }) => failures);
  perBrowser('open_fds', 'File descriptors of each live browser.', ({ fds }) => fds);
  perBrowser('resident_memory_bytes', 'Resident memory of each live browser.', ({ rssBytes }) => rssBytes);
}

/** Connections by state, and how often one was used again. */
export function addHttpPoolMetrics(meter: Meter, pool: HttpPoolSource): void {
  const stats = oncePerScrape(() => pool.stats());
  meter.readGauge({ name: 'http_pool_connections', help: 'Connections by state.', labels: ['state'] }, () => {
    const { active, idle } = stats();
    return samples('state', { active, idle });
  });
  meter.readGauge({ name: 'http_pool_waiting', help: 'Requests that wait for a connection.' }, () => [{ value: stats().waiting }]);
  meter.readCounter({ name: 'http_pool_requests_total', help: 'Requests sent.' }, () => [{ value: stats().requests }]);
  meter.readCounter({ name: 'http_pool_hits_total', help: 'Requests on a connection that was open.' }, () => [{ value: stats().hits }]);
  meter.readCounter({ name: 'http_pool_exhausted_total', help: 'Requests that came while every connection was taken.' }, () => [
    { value: stats().exhausted },
  ]);
}

/** Circuits by state. The label is the breaker's name, never the key of a circuit: keys are URLs, and there are thousands. */
export function addBreakerMetrics(meter: Meter, breakers: Readonly<Record<string, BreakerSource>>): void {
  const sources = Object.entries(breakers).map(([breaker, source]) => [breaker, oncePerScrape(() => source.stats())] as const);
  meter.readGauge({ name: 'circuit_breaker_circuits', help: 'Circuits that ever failed, by state.', labels: ['breaker', 'state'] }, () =>
    sources.flatMap(([breaker, stats]) => {
      const { closed, open, halfOpen, awaitingProbe = 0 } = stats();
      return samples('state', { closed, open, half_open: halfOpen, awaiting_probe: awaitingProbe }, { breaker });
    }),
  );
  const counter = (name: string, help: string, value: (stats: ReturnType<BreakerSource['stats']>) => number): void => {
    meter.readCounter({ name: `circuit_breaker_${name}_total`, help, labels: ['breaker'] }, () =>
      sources.map(([breaker, stats]) => ({ labels: { breaker }, value: value(stats()) })),
    );
  };
  counter('trips', 'Circuits opened.', ({ trips }) => trips);
  counter('rejections', 'Callers kept away by an open circuit.', ({ rejected }) => rejected);
}

/** This process's descriptors and memory, under the names that Prometheus clients have for them. */
export function addProcessMetrics(meter: Meter, fdUsage: () => Promise<FdUsage | undefined>, memory: () => NodeJS.MemoryUsage): void {
  const fds = oncePerScrape(fdUsage);
  const usage = oncePerScrape(memory);
  const known = async (pick: (fds: FdUsage) => number): Promise<readonly Sample[]> => {
    const current = await fds();
    return current === undefined ? [] : [{ value: pick(current) }];
  };
  meter.readGauge({ name: 'process_open_fds', help: 'Number of open file descriptors.' }, () => known(({ used }) => used));
  meter.readGauge({ name: 'process_max_fds', help: 'Maximum number of open file descriptors.' }, () => known(({ limit }) => limit));
  meter.readGauge({ name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.' }, () => [{ value: usage().rss }]);
  meter.readGauge({ name: 'nodejs_heap_size_used_bytes', help: 'Process heap size used from Node.js in bytes.' }, () => [
    { value: usage().heapUsed },
  ]);
  meter.readGauge({ name: 'nodejs_heap_size_total_bytes', help: 'Process heap size from Node.js in bytes.' }, () => [
    { value: usage().heapTotal },
  ]);
}

function samples(label: string, values: Readonly<Record<string, number>>, more: Readonly<Record<string, string>> = {}): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { ...more, [label]: name }, value }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** All metrics of one answer are read in the same turn, from one reading. */
function oncePerScrape<T>(read: () => T): () => T {
  let current: { readonly value: T } | undefined;
  return () => {
    if (current === undefined) {
      current = { value: read() };
      queueMicrotask(() => {
        current = undefined;
      });
    }
    return current.value;
  };
}
