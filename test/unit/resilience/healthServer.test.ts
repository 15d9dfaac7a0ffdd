import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createHealthServer, type HealthServer } from '../../../src/resilience/healthServer.ts';
import type { HealthServerOptions, MetricsRegistry } from '../../../src/resilience/healthServerOptions.ts';

const listening = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;

describe('the options of a health server', () => {
  it.each([
    [undefined, /^options must be an object, got undefined/],
    [{}, /^port must be a whole number of at least 0, got undefined/],
    [{ port: 65_536 }, /^port must be at most 65535, got 65536/],
    [{ port: 0, host: null }, /^host must be a string that is not empty, got null/],
    [{ port: 0, host: '' }, /^host must be a string that is not empty, got ""/],
    [{ port: 0, host: 5 }, /^host must be a string that is not empty, got 5/],
    [{ port: 0, host: {} }, /^host must be a string that is not empty, got an object/],
    [{ port: 0, checks: null }, /^checks must be an object, got null/],
    [{ port: 0, checks: 5 }, /^checks must be an object, got 5/],
    [{ port: 0, registry: null }, /^registry must be an object with metrics\(\), got null/],
    [{ port: 0, registry: {} }, /^registry must be an object with metrics\(\), got an object without metrics\(\)/],
    [{ port: 0, registry: { metrics: async () => '' } }, /^registry\.contentType must be a string that is not empty, got undefined/],
    [{ port: 0, lifecycle: null }, /^lifecycle must be an object with a boolean ready, got null/],
    [{ port: 0, lifecycle: { ready: 'yes' } }, /^lifecycle must be an object with a boolean ready, got an object/],
    [{ port: 0, cacheMs: -1 }, /^cacheMs must be /],
    [{ port: 0, checkTimeout: NaN }, /^checkTimeout must be /],
  ])('%o are refused by name, before anything listens', async (options, message) => {
    const before = listening();
    await expect(createHealthServer(options as unknown as HealthServerOptions)).rejects.toThrow(message);
    expect(listening()).toBe(before);
  });
});

describe('a metrics registry that goes wrong', () => {
  const good: MetricsRegistry = { contentType: 'text/plain', metrics: async () => 'up 1\n' };

  it.each<[string, object, string]>([
    ['resolves to nothing', { metrics: async () => undefined }, 'registry.metrics() must resolve to a string, got undefined'],
    ['resolves to an object', { metrics: async () => ({}) }, 'registry.metrics() must resolve to a string, got an object'],
    ['has a content type that no header can hold', { contentType: 'text/plain\n' }, 'Invalid character in header content ["content-type"]'],
    ['throws at once', { metrics: () => expect.fail('broken') }, 'broken'],
  ])('and %s is a logged 500, and the server goes on', async (_name, wrong, message) => {
    const logged: unknown[] = [];
    const log = (fields: object): number => logged.push(fields);
    const registry = { ...good, ...wrong };
    await using server = await createHealthServer({ port: 0, registry, logger: { debug: log, info: log, warn: log, error: log } });
    const failed = await fetch(`${server.url}/metrics`);
    expect([failed.status, await failed.json()]).toEqual([500, { error: 'internal error' }]);
    expect(logged).toMatchObject([{ event: 'health.failed', error: { message } }]);
    Object.assign(registry, good);
    const scraped = await fetch(`${server.url}/metrics`);
    expect([scraped.status, await scraped.text()]).toEqual([200, 'up 1\n']);
  });
});

/** What the server answers to a request line as it stands; `fetch` sends no other than plain paths. */
async function statusOf(server: HealthServer, target: string): Promise<number> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  return Number((await text(socket)).split(' ')[1]);
}

it.each([
  ['/live', 200],
  ['/live?from=probe', 200],
  ['http://health.test/live', 200],
  ['HTTPS://health.test:8443/live?from=proxy', 200],
  ['http://health.test', 404],
  ['http://health.test?/live', 404],
  ['http:///live', 404],
  ['http://', 404],
  ['ftp://health.test/live', 404],
  ['//health.test/live', 404],
  ['//', 404],
  ['/', 404],
  ['*', 404],
])('a request is answered by its path, in both forms that a target may have: %s', async (target, status) => {
  await using server = await createHealthServer({ port: 0 });
  expect(await statusOf(server, target)).toBe(status);
});

it('a check that says what is no JSON leaves the health report whole', async () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const checks = { fine: () => ({ status: 'healthy', free: 1 }) as const, odd: () => ({ status: 'healthy', circle }) as const };
  await using server = await createHealthServer({ port: 0, checks });
  const response = await fetch(`${server.url}/health`);
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { status: 'healthy', checks: { fine: { status: 'healthy', free: 1 }, odd: { status: 'healthy' } } },
  ]);
});
