import { chromium } from '@playwright/test';
import { expect, it } from 'vitest';
import { ExponentialBackoff } from '../../src/resilience/backoff.ts';
import { BrowserPool } from '../../src/resilience/browserPool.ts';
import { CircuitBreaker } from '../../src/resilience/circuitBreaker.ts';
import { CircuitOpenError } from '../../src/resilience/errors.ts';
import { breakerCheck, fdCheck, httpPoolCheck, memoryCheck, poolCheck } from '../../src/resilience/healthChecks.ts';
import type { CheckResult, HealthReport } from '../../src/resilience/healthReport.ts';
import { createHealthServer } from '../../src/resilience/healthServer.ts';
import { HttpPool } from '../../src/resilience/httpPool.ts';
import { Lifecycle } from '../../src/resilience/lifecycle.ts';
import { createMetrics } from '../../src/resilience/metrics.ts';
import { retry } from '../../src/resilience/retry.ts';
import { FakeTime } from '../unit/resilience/fakeTime.ts';
import { gate } from '../unit/resilience/factory.ts';
import { serveHttp } from '../unit/resilience/originServer.ts';
import { parsePrometheus } from '../unit/resilience/prometheusText.ts';
import { chromiumOptions, createMark } from './markedProcesses.ts';

/** A program as a user puts it together, with everything real but the time after which checks run again. */
async function startProgram() {
  const mark = createMark();
  const browsers = new BrowserPool({ browserType: chromium, launchOptions: chromiumOptions(mark), max: 2, maxFailures: Infinity });
  const http = new HttpPool({ connections: 2 });
  const breaker = new CircuitBreaker({ failureThreshold: 3 });
  const lifecycle = new Lifecycle();
  const metrics = createMetrics({ browserPool: browsers, httpPool: http, breakers: { shops: breaker }, lifecycle });
  const time = new FakeTime();
  let checked = 0;
  const counted = (check: () => CheckResult) => () => {
    checked += 1;
    return check();
  };
  const checks = {
    browsers: counted(poolCheck(browsers)),
    http: httpPoolCheck(http),
    shops: breakerCheck(breaker),
    fds: fdCheck(),
    memory: memoryCheck({ limitBytes: 64e9 }),
  };
  const server = await createHealthServer({ port: 0, checks, registry: metrics.registry, lifecycle, clock: time });
  lifecycle.add('health', server);
  lifecycle.add('http', http);
  lifecycle.add('browsers', browsers);

  const get = async (path: string) => {
    const response = await fetch(server.url + path);
    return { status: response.status, text: await response.text() };
  };
  const health = async () => {
    const { status, text } = await get('/health');
    return { httpStatus: status, ...(JSON.parse(text) as HealthReport) };
  };
  /** The value of each series, by its name and its labels' values: `browser_pool_browsers active`. */
  const scrape = async () => {
    const samples = parsePrometheus((await get('/metrics')).text);
    const values = new Map(samples.map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(' '), value]));
    return (series: string) => values.get(series);
  };
  return { mark, browsers, http, breaker, lifecycle, metrics, time, get, health, scrape, checked: () => checked };
}

it('health and metrics of real pools under load tell what is so, to a real client', async () => {
  await using origin = await serveHttp((request, response) => {
    if (request.url === '/broken') response.writeHead(500).end();
    else setImmediate(() => response.end('fine'));
  });
  const program = await startProgram();
  const { mark, browsers, http, breaker, lifecycle, metrics, time, get, health, scrape, checked } = program;
  try {
    expect(await health()).toMatchObject({ httpStatus: 200, status: 'healthy', ready: true, draining: false });
    expect((await scrape())('browser_pool_launches_total')).toBe(0);

    // Two hold the browsers, two wait for them.
    const goOn = gate();
    const inside = gate();
    let working = 0;
    const tasks = Array.from({ length: 4 }, async (_, number) =>
      metrics.operation('scan', async () =>
        browsers.withPage(async (page) => {
          working += 1;
          if (working === 2) inside.open();
          await goOn.promise;
          if (number === 3) throw new TypeError('no such tea');
          return page.evaluate(() => 1);
        }),
      ),
    );
    const settled = Promise.allSettled(tasks);
    await inside.promise;
    const before = checked();
    await time.advance(1_000);
    const busy = await health();
    expect(busy).toMatchObject({ httpStatus: 200, status: 'degraded', ready: true });
    expect(busy.checks).toMatchObject({
      browsers: { status: 'degraded', available: 0, max: 2, leased: 2, waiting: 2 },
      http: { status: 'healthy', waiting: 0 },
      shops: { status: 'healthy', open: 0 },
      memory: { status: 'healthy' },
    });
    expect(busy.checks['fds']?.['used']).toBeGreaterThan(10);
    const during = await scrape();
    expect(['active', 'idle', 'starting', 'closing'].map((state) => during(`browser_pool_browsers ${state}`))).toEqual([2, 0, 0, 0]);
    expect(['max_browsers', 'waiting', 'contexts', 'launches_total', 'reuses_total'].map((name) => during(`browser_pool_${name}`))).toEqual(
      [...[2, 2, 2, 2, 0]],
    );
    for (const browser of ['0', '1']) {
      expect(during(`browser_pool_browser_open_fds ${browser}`)).toBeGreaterThan(10);
      expect(during(`browser_pool_browser_resident_memory_bytes ${browser}`)).toBeGreaterThan(1e6);
    }
    expect(during('process_open_fds')).toBeLessThan(during('process_max_fds') ?? 0);

    // However many ask, the checks run once in a second.
    await Promise.all(Array.from({ length: 50 }, async () => health()));
    expect(checked() - before).toBe(1);

    goOn.open();
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    await Promise.all(Array.from({ length: 20 }, async () => (await http.request(origin.url)).body.text()));
    const visit = async (): Promise<void> => {
      const { statusCode, body } = await http.request(`${origin.url}/broken`);
      await body.dump();
      if (statusCode === 500) throw new Error('broken');
    };
    const backoff = new ExponentialBackoff({ baseDelay: 1 });
    const visiting = retry(async () => breaker.execute('shop.test', visit), {
      attempts: 3,
      backoff,
      onFailure: metrics.onFailure('visit'),
    });
    await expect(visiting).rejects.toThrow('broken');
    await expect(breaker.execute('shop.test', visit)).rejects.toThrow(CircuitOpenError);

    await time.advance(1_000);
    expect(await health()).toMatchObject({
      status: 'degraded',
      checks: { shops: { status: 'degraded', open: 1 }, browsers: { status: 'healthy' } },
    });
    const after = await scrape();
    const expected = {
      'browser_pool_browsers active': 0,
      browser_pool_contexts: 0,
      browser_pool_waiting: 0,
      browser_pool_reuses_total: 2,
      browser_pool_exhausted_total: 2,
      'browser_pool_acquire_duration_seconds_count served': 4,
      browser_pool_page_close_duration_seconds_count: 4,
      'http_pool_connections active': 0,
      http_pool_requests_total: 23,
      http_pool_hits_total: http.stats().hits,
      http_pool_exhausted_total: 18,
      'circuit_breaker_circuits shops open': 1,
      'circuit_breaker_trips_total shops': 1,
      'circuit_breaker_rejections_total shops': 1,
      'retries_total visit retry': 2,
      'retries_total visit give_up': 1,
      'operations_total scan success': 3,
      'operations_total scan error': 1,
      'operation_errors_total scan TypeError': 1,
      'operation_duration_seconds_count scan': 4,
      lifecycle_ready: 1,
    };
    expect(Object.fromEntries(Object.keys(expected).map((series) => [series, after(series)]))).toEqual(expected);
    expect(after('http_pool_hits_total')).toBeGreaterThanOrEqual(20);
    expect((await get('/metrics')).text).not.toContain('shop.test');

    // Draining: a browser is still in use, so that there is time to look.
    const last = gate();
    const entered = gate();
    const lastTask = browsers.withPage(async () => {
      entered.open();
      await last.promise;
    });
    await entered.promise;
    const ended = lifecycle.shutdown('the end of the test');
    expect(await health()).toMatchObject({ httpStatus: 503, ready: false, draining: true });
    expect([(await get('/ready')).status, (await get('/live')).status]).toEqual([503, 200]);
    expect((await scrape())('lifecycle_ready')).toBe(0);
    last.open();
    await lastTask;
    expect((await ended).components.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'browsers closed',
      'http closed',
      'health closed',
    ]);
    await expect(get('/live')).rejects.toThrow();
  } finally {
    await lifecycle.shutdown();
    metrics[Symbol.dispose]();
  }
  await mark.allGone();
  await origin.deserted();
});
