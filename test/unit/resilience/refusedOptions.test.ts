import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { HealthServerOptions, MetricsOptions } from '../../../src/resilience/index.ts';
import {
  BrowserPool,
  CircuitBreaker,
  createHealthServer,
  createMetrics,
  ExponentialBackoff,
  HttpPool,
  Lifecycle,
  memoryCheck,
  Pool,
  retry,
  Semaphore,
} from '../../../src/resilience/index.ts';
import { ChildBrowserType } from './childBrowser.ts';

const create = (): number => 1;
const browserType = new ChildBrowserType();

/** Everything that takes options, given one that its types do not allow. */
const takers: Record<string, (options: object) => unknown> = {
  Pool: (options) => new Pool({ create, max: 1, ...options }),
  BrowserPool: (options) => new BrowserPool({ browserType, ...options }),
  HttpPool: (options) => new HttpPool(options),
  CircuitBreaker: (options) => new CircuitBreaker(options),
  ExponentialBackoff: (options) => new ExponentialBackoff(options),
  Lifecycle: (options) => new Lifecycle(options),
  Semaphore: (options) => new Semaphore(1, options),
  createHealthServer: async (options) => createHealthServer({ port: 0, ...options }),
  createMetrics: (options) => createMetrics(options),
  handleSignals: (options) => new Lifecycle().handleSignals(options),
  retry: async (options) => retry(create, options),
};

const taking = async (taker: string, options: object): Promise<unknown> => takers[taker]?.(options);

const LOGGERS = ['Pool', 'BrowserPool', 'HttpPool', 'CircuitBreaker', 'Lifecycle', 'createHealthServer', 'retry'];
const CLOCKS = [...LOGGERS, 'ExponentialBackoff', 'Semaphore'];

describe('a wrong option is refused by name', () => {
  it.each(LOGGERS)('logger, by %s', async (taker) => {
    const message = 'logger must be an object with debug(), info(), warn(), error(), got ';
    await expect(taking(taker, { logger: 5 })).rejects.toThrow(new TypeError(`${message}5`));
    await expect(taking(taker, { logger: null })).rejects.toThrow(new TypeError(`${message}null`));
    const silent = { debug: create, info: create, warn: create };
    await expect(taking(taker, { logger: silent })).rejects.toThrow(new TypeError(`${message}an object without error()`));
  });

  it.each(CLOCKS)('clock, by %s', async (taker) => {
    const message = 'clock must be an object with now(), setTimeout(), got ';
    await expect(taking(taker, { clock: 'now' })).rejects.toThrow(new TypeError(`${message}"now"`));
    await expect(taking(taker, { clock: performance.now.bind(performance) })).rejects.toThrow(new TypeError(`${message}a function`));
    await expect(taking(taker, { clock: { now: create } })).rejects.toThrow(new TypeError(`${message}an object without setTimeout()`));
  });

  it.each<[string, object, string]>([
    ['retry', { onFailure: {} }, 'onFailure must be a function, got an object'],
    ['retry', { backoff: {} }, 'backoff must be an object with delay(), got an object without delay()'],
    ['retry', { backoff: 100 }, 'backoff must be an object with delay(), got 100'],
    ['retry', { budget: {} }, 'budget must be an object with deposit(), withdraw(), got an object without deposit()'],
    ['retry', { budget: 0.2 }, 'budget must be an object with deposit(), withdraw(), got 0.2'],
    ['handleSignals', { exit: 5 }, 'exit must be a function, got 5'],
    ['Pool', { create: 5 }, 'create must be a function, got 5'],
    ['Pool', { destroy: 5 }, 'destroy must be a function, got 5'],
    ['Pool', { kill: 5 }, 'kill must be a function, got 5'],
    ['Pool', { kill: 5, destroy: create }, 'kill must be a function, got 5'],
    ['Pool', { name: '' }, 'name must be a string that is not empty, got ""'],
    ['Pool', { name: Symbol('x') }, 'name must be a string that is not empty, got Symbol(x)'],
    ['BrowserPool', { name: 5 }, 'name must be a string that is not empty, got 5'],
    ['BrowserPool', { launchOptions: 'headless' }, 'launchOptions must be an object, got "headless"'],
    ['createMetrics', { registry: {} }, 'registry must be an object with getSingleMetric(), registerMetric(), removeSingleMetric(), got '],
    ['createMetrics', { browserPool: null }, 'browserPool must be an object with stats(), observe(), got null'],
    ['createMetrics', { httpPool: {} }, 'httpPool must be an object with stats(), got an object without stats()'],
    ['createMetrics', { breakers: null }, 'breakers must be an object, got null'],
    ['createMetrics', { breakers: { shops: 5 } }, 'breakers.shops must be an object with stats(), got 5'],
    ['createMetrics', { lifecycle: {} }, 'lifecycle must be an object with a boolean ready, got an object'],
  ])('by %s: %o', async (taker, options, message) => {
    await expect(taking(taker, options)).rejects.toThrow(TypeError);
    await expect(taking(taker, options)).rejects.toThrow(message);
  });

  it('and leaves nothing in a registry', async () => {
    const registry = new Registry();
    expect(() => createMetrics({ registry, breakers: { shops: {} } } as unknown as MetricsOptions)).toThrow(/^breakers\.shops must be /);
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});

it.each<[string, (options: never) => unknown]>([
  ['Pool', (options) => new Pool(options)],
  ['BrowserPool', (options) => new BrowserPool(options)],
  ['createHealthServer', async (options: HealthServerOptions) => createHealthServer(options)],
  ['memoryCheck', memoryCheck],
])('options that are not there at all are refused by name, by %s', async (_name, take) => {
  const taken = async (): Promise<unknown> => take(undefined as never);
  await expect(taken()).rejects.toThrow(new TypeError('options must be an object, got undefined'));
});

it('work that is none takes no lease', async () => {
  const none = undefined as unknown as () => void;
  let created = 0;
  await using pool = new Pool({ create: () => (created += 1), max: 1 });
  await using browsers = new BrowserPool({ browserType });
  for (const used of [pool.use(none), browsers.use(none), browsers.withPage(none)]) {
    await expect(used).rejects.toThrow(/^work must be a function, got undefined/);
  }
  expect([created, browserType.servers.length]).toEqual([0, 0]);
});
