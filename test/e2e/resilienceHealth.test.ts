import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/resilience/healthReport.ts';
import { createHealthServer, type HealthServer } from '../../src/resilience/healthServer.ts';
import type { HealthServerOptions } from '../../src/resilience/healthServerOptions.ts';
import { Lifecycle } from '../../src/resilience/lifecycle.ts';
import { createMetrics } from '../../src/resilience/metrics.ts';
import { parsePrometheus } from '../unit/resilience/prometheusText.ts';

const servers: HealthServer[] = [];

async function serve(options: Partial<HealthServerOptions> = {}): Promise<HealthServer> {
  const server = await createHealthServer({ port: 0, cacheMs: 0, ...options });
  servers.push(server);
  return server;
}

async function get(server: HealthServer, path: string, init?: RequestInit): Promise<{ status: number; body: string; headers: Headers }> {
  const response = await fetch(`${server.url}${path}`, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe('the health server', () => {
  it('tells every check as JSON, and 503 as soon as one is unhealthy', async () => {
    let status: CheckResult['status'] = 'healthy';
    const server = await serve({ checks: { pool: () => ({ status, available: 2, big: 2n }), disk: async () => ({ status: 'healthy' }) } });
    const healthy = await get(server, '/health');
    expect([healthy.status, healthy.headers.get('content-type'), healthy.headers.get('cache-control')]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ]);
    expect(JSON.parse(healthy.body)).toEqual({
      status: 'healthy',
      ready: true,
      draining: false,
      checks: { pool: { status: 'healthy', available: 2, big: '2' }, disk: { status: 'healthy' } },
    });
    status = 'degraded';
    expect(await get(server, '/health')).toMatchObject({ status: 200, body: expect.stringContaining('"status":"degraded"') as unknown });
    status = 'unhealthy';
    expect(await get(server, '/health')).toMatchObject({ status: 503, body: expect.stringContaining('"ready":false') as unknown });
    expect((await get(server, '/ready')).status).toBe(503);
    expect((await get(server, '/live')).status).toBe(200);
  });

  it('is no longer ready from the moment a shutdown begins, while it still answers, and closes in its turn', async () => {
    const lifecycle = new Lifecycle();
    const server = await serve({ lifecycle, cacheMs: 60_000, checks: { pool: () => ({ status: 'healthy' }) } });
    lifecycle.add('health', server);
    const seen: unknown[] = [];
    lifecycle.add('pool', async () => {
      for (const path of ['/health', '/ready', '/live']) seen.push((await get(server, path)).status);
    });
    expect([(await get(server, '/health')).status, (await get(server, '/ready')).status]).toEqual([200, 200]);
    const { components } = await lifecycle.shutdown();
    expect(seen).toEqual([503, 503, 200]);
    expect(components.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['pool closed', 'health closed']);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('runs the checks once for a hundred requests at once', async () => {
    let runs = 0;
    const server = await serve({ cacheMs: 60_000, checks: { counted: async () => ({ status: 'healthy', runs: (runs += 1) }) } });
    await Promise.all(Array.from({ length: 100 }, () => get(server, '/health')));
    expect(runs).toBe(1);
  });

  it('serves metrics as valid Prometheus text, with its content type', async () => {
    const { registry } = createMetrics();
    const server = await serve({ registry });
    const { status, body, headers } = await get(server, '/metrics?debug=1');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(parsePrometheus(body).map(({ name }) => name)).toContain('process_resident_memory_bytes');
  });

  it('answers what it does not know with 404, what it does not do with 405, and HEAD without a body', async () => {
    const server = await serve({ checks: {} });
    expect((await get(server, '/metrics')).status).toBe(404);
    expect((await get(server, '/')).status).toBe(404);
    const posted = await get(server, '/health', { method: 'POST', body: 'x'.repeat(1e6) });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await get(server, '/health', { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
  });

  it('answers 500 without a reason, and logs it, when the registry fails; and goes on', async () => {
    const logged: unknown[] = [];
    const log = (fields: object): number => logged.push(fields);
    const registry = { contentType: 'text/plain', metrics: async () => Promise.reject(new Error('secret')) };
    const server = await serve({ registry, logger: { debug: log, info: log, warn: log, error: log } });
    const { status, body } = await get(server, '/metrics');
    expect([status, JSON.parse(body)]).toEqual([500, { error: 'internal error' }]);
    expect(logged).toEqual([{ event: 'health.failed', error: { name: 'Error', message: 'secret' } }]);
    expect((await get(server, '/live')).status).toBe(200);
  });

  it('closes with clients connected that say nothing, and once for everybody', async () => {
    const server = await serve();
    const idle = net.connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    idle.write('GET /live HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(idle, 'data');
    const gone = once(idle, 'close');
    idle.on('error', () => {});
    const closed = server.close();
    expect(server.close()).toBe(closed);
    await closed;
    await gone;
    await server[Symbol.asyncDispose]();
  });

  it('survives clients that hang up in the middle of a check', async () => {
    let finish = (_: CheckResult): void => {};
    let begun = (): void => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    const slow = async (): Promise<CheckResult> => {
      begun();
      return new Promise((resolve) => (finish = resolve));
    };
    const server = await serve({ checks: { slow } });
    const controller = new AbortController();
    const request = fetch(`${server.url}/health`, { signal: controller.signal });
    await started;
    controller.abort();
    await expect(request).rejects.toThrow();
    finish({ status: 'healthy' });
    expect((await get(server, '/live')).status).toBe(200);
  });

  it('refuses wrong options by name, and a port that is taken with the system’s error', async () => {
    for (const port of [-1, 1.5, 65_536, NaN]) await expect(createHealthServer({ port })).rejects.toThrow(/^port must be /);
    await expect(createHealthServer({ port: '80' as unknown as number })).rejects.toThrow(TypeError);
    await expect(createHealthServer({ port: 0, cacheMs: -1 })).rejects.toThrow(/^cacheMs must be /);
    await expect(createHealthServer({ port: 0, checkTimeout: NaN })).rejects.toThrow(/^checkTimeout must be /);
    const { port } = await serve();
    await expect(createHealthServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('has a URL that can be fetched, also on IPv6', async () => {
    const server = await serve({ host: '::1' }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(String(error.code))) return undefined;
      throw error;
    });
    if (server === undefined) return;
    expect(server.url).toBe(`http://[::1]:${server.port}`);
    expect((await get(server, '/live')).status).toBe(200);
  });
});
