import { PassThrough } from 'node:stream';
import { Request } from 'undici';
import { describe, expect, it } from 'vitest';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import type { HttpPoolOptions } from '../../../src/resilience/httpPoolOptions.ts';
import type { Logger } from '../../../src/resilience/logger.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { serveHttp, serveTcp } from './originServer.ts';

type Line = Record<string, unknown> & { level: string };

/** A pool whose log can be read. */
function logged(options: HttpPoolOptions = {}) {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const pool = new HttpPool({ logger, ...options });
  const of = (request: unknown): string[] => lines.filter((line) => line['request'] === request).map(({ event }) => String(event));
  const one = (event: string): Line => lines.find((line) => line['event'] === event) ?? { level: 'none' };
  return { pool, lines, of, one };
}

describe('the log of an HTTP pool', () => {
  it('tells of every step of a request under one id, and of the connection and the shutdown', async () => {
    await using server = await serveHttp((_request, response) => response.writeHead(201).end('made'));
    const { pool, lines, of, one } = logged();
    const { body } = await pool.request(`${server.url}/cart?token=secret#me`, { method: 'POST' });
    await body.text();
    await pool.close();
    await server.deserted();
    const { request } = one('http.request');
    expect(request).toMatch(/^request-[0-9a-f]{6}-1$/);
    expect(of(request)).toEqual(['http.request', 'http.sent', 'http.response', 'http.end']);
    expect(one('http.request')).toMatchObject({ level: 'debug', method: 'POST', url: `${server.url}/cart` });
    expect(one('http.sent')['waitMs']).toBeTypeOf('number');
    expect(one('http.response')).toMatchObject({ status: 201 });
    expect(one('http.end')).toMatchObject({ level: 'debug', outcome: 'complete' });
    expect('error' in one('http.end')).toBe(false);
    expect(one('http.connected')).toMatchObject({ level: 'debug', origin: server.url, connections: 1 });
    expect(one('http.disconnected')).toMatchObject({ level: 'debug', origin: server.url, connections: 0 });
    expect(one('http.close')).toMatchObject({ level: 'info', requests: 0 });
    expect(one('http.closed')).toMatchObject({ level: 'info', requests: 1 });
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('tells how long each step has taken, and by which method, also of a Request', async () => {
    const time = new FakeTime();
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => (answer = resolve));
    let respond = (): void => {};
    await using server = await serveHttp((_request, response) => {
      respond = () => response.end('late');
      answer();
    });
    const { pool, lines, one } = logged({ clock: time });
    const response = pool.fetch(new Request(server.url, { method: 'PUT' }));
    await asked;
    await time.advance(40);
    respond();
    expect(await (await response).text()).toBe('late');
    expect(one('http.request')).toMatchObject({ method: 'PUT' });
    expect(one('http.sent')).toMatchObject({ waitMs: 0 });
    expect(one('http.response')).toMatchObject({ durationMs: 40 });
    expect(one('http.end')).toMatchObject({ durationMs: 40 });
    const deleting = pool.fetch(new Request(server.url, { method: 'PUT' }), { method: 'DELETE' });
    while (lines.filter(({ event }) => event === 'http.sent').length < 2) await microtasks();
    expect(lines.filter(({ event }) => event === 'http.request')[1]).toMatchObject({ method: 'DELETE' });
    void pool.close({ timeout: 0 });
    await expect(deleting).rejects.toThrow();
  });

  it('tells how many connections an origin has left when one goes', async () => {
    const answers: (() => void)[] = [];
    await using server = await serveHttp((_request, response) => answers.push(() => response.end('x')));
    const { pool, lines } = logged();
    const both = [1, 2].map(async () => (await pool.request(server.url)).body.text());
    while (answers.length < 2) await microtasks();
    for (const answer of answers) answer();
    await Promise.all(both);
    await pool.close();
    await server.deserted();
    const left = (event: string): unknown[] => lines.filter((line) => line['event'] === event).map(({ connections }) => connections);
    expect([left('http.connected'), left('http.disconnected')]).toEqual([
      [1, 2],
      [1, 0],
    ]);
  });

  it('numbers requests, so that the steps of two at once can be told apart', async () => {
    await using server = await serveHttp((_request, response) => response.end('x'));
    const { pool, lines, of } = logged();
    await Promise.all([1, 2].map(async () => (await pool.fetch(server.url)).text()));
    await pool.close();
    const ids = new Set(lines.map((line) => line['request']).filter((id) => id !== undefined));
    expect(ids.size).toBe(2);
    for (const id of ids) expect(of(id)).toEqual(['http.request', 'http.sent', 'http.response', 'http.end']);
  });

  it('tells who had to wait, who gave up, and who was ended by the shutdown, each with its reason', async () => {
    await using server = await serveHttp(() => {});
    const { pool, lines, of, one } = logged({ connections: 1 });
    const under = expect(pool.request(server.url)).rejects.toThrow('closed');
    while (server.sockets.size === 0) await microtasks();
    const abort = new AbortController();
    const waiting = expect(pool.request(server.url, { signal: abort.signal })).rejects.toThrow('never mind');
    const { request } = one('http.exhausted');
    expect(one('http.exhausted')).toMatchObject({ level: 'warn', origin: server.url, waiting: 0 });
    abort.abort(new Error('never mind'));
    await waiting;
    expect(of(request)).toEqual(['http.request', 'http.exhausted', 'http.end']);
    expect(lines.at(-1)).toMatchObject({ level: 'debug', outcome: 'aborted', error: { message: 'never mind' } });
    await pool.close({ timeout: 0 });
    await under;
    expect(one('http.force')).toMatchObject({ level: 'warn', requests: 1 });
    expect(lines.filter(({ outcome }) => outcome === 'failed')).toMatchObject([{ level: 'warn', error: { name: 'PoolClosedError' } }]);
    expect(lines.at(-1)?.['event']).toBe('http.closed');
  });

  it('calls a request whose signal had aborted before aborted, too', async () => {
    const { pool, one } = logged();
    await expect(pool.request('http://127.0.0.1:1', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(one('http.end')).toMatchObject({ outcome: 'aborted', error: { message: 'before' } });
    await pool.close();
  });

  it.each<[string, (pool: HttpPool, url: string) => Promise<unknown>]>([
    ['destroys the body', async (pool, url) => (await pool.request(url)).body.destroy()],
    [
      'leaves a loop over it',
      async (pool, url) => {
        for await (const _ of (await pool.request(url)).body) break;
      },
    ],
    ['dumps one that is long', async (pool, url) => (await pool.request(url)).body.dump()],
    ['cancels that of fetch', async (pool, url) => (await pool.fetch(url)).body?.cancel()],
  ])('calls an answer aborted whose reader wants no more of it: %s', async (_how, leave) => {
    await using server = await serveHttp((_request, response) => response.write('x'.repeat(300_000)));
    const { pool, one } = logged();
    await leave(pool, server.url);
    await pool.close();
    expect(one('http.end')).toMatchObject({ level: 'debug', outcome: 'aborted', error: { name: 'AbortError' } });
  });

  it('calls a request failed whose own body breaks off', async () => {
    await using server = await serveHttp(() => {});
    const { pool, lines, one } = logged();
    const body = new PassThrough();
    body.write('half');
    const request = expect(pool.request(server.url, { method: 'POST', body })).rejects.toThrow();
    while (!lines.some(({ event }) => event === 'http.sent')) await microtasks();
    body.destroy();
    await request;
    expect(one('http.end')).toMatchObject({ level: 'warn', outcome: 'failed', error: { name: 'AbortError' } });
    await pool.close();
  });

  it('tells of the answer only, and not of what a server says before it', async () => {
    await using server = await serveHttp((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeProcessing();
      response.end('fine');
    });
    const { pool, lines } = logged();
    expect(await (await pool.request(server.url)).body.text()).toBe('fine');
    expect(await (await pool.fetch(server.url)).text()).toBe('fine');
    await pool.close();
    expect(lines.filter(({ event }) => event === 'http.response').map(({ status }) => status)).toEqual([200, 200]);
  });

  it('tells of answers that break off, with what broke them and not with what follows from it', async () => {
    await using server = await serveTcp((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.end());
      }),
    );
    const { pool, one, of } = logged();
    const { body } = await pool.request(server.url);
    await expect(body.text()).rejects.toThrow();
    expect(one('http.end')).toMatchObject({ level: 'warn', outcome: 'failed', error: { code: 'UND_ERR_SOCKET' } });
    expect(of(one('http.end')['request'])).toEqual(['http.request', 'http.sent', 'http.response', 'http.end']);
    await pool.close();
  });

  it('tells of a connection that never came about by its request only', async () => {
    let url: string;
    {
      await using server = await serveHttp(() => {});
      url = server.url;
    }
    const { pool, lines } = logged();
    await expect(pool.request(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await pool.close();
    expect(lines.map(({ event }) => event)).toEqual(['http.request', 'http.end', 'http.close', 'http.closed']);
    expect(lines[1]).toMatchObject({ outcome: 'failed', error: { code: 'ECONNREFUSED' } });
  });

  it('harms nobody when the logger throws', async () => {
    await using server = await serveHttp((_request, response) => response.end('fine'));
    const broken = (): void => {
      throw new Error('disk full');
    };
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await using pool = new HttpPool({ logger: { debug: broken, info: broken, warn: broken, error: broken } });
    expect(await (await pool.request(server.url)).body.text()).toBe('fine');
    expect((await warned).message).toBe('The logger threw: disk full');
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
  });
});
