import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Stream } from 'node:stream';
import { Request as UndiciRequest } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import { PoolClosedError } from '../../../src/resilience/poolErrors.ts';
import { microtasks } from './fakeTime.ts';
import { serveHttp, serveTcp, type OriginServer } from './originServer.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'leak-bodies-'));
const file = path.join(folder, 'body.txt');
writeFileSync(file, 'body');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Accepts connections and never answers the TLS handshake. */
async function handshakeless(): Promise<OriginServer & { readonly https: string }> {
  const server = await serveTcp((socket) => socket.resume().on('end', () => socket.end()));
  return Object.assign(server, { https: server.url.replace('http:', 'https:') });
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await microtasks();
}

describe('an origin whose connection was given up while it was being made', () => {
  it('is connected to anew by the next request', async () => {
    await using server = await handshakeless();
    await using pool = new HttpPool({ connections: 1 });
    const first = new AbortController();
    const given = pool.request(server.https, { signal: first.signal });
    await until(() => server.accepted() === 1);
    first.abort(new Error('first'));
    await expect(given).rejects.toThrow('first');
    const second = new AbortController();
    const next = pool.request(server.https, { signal: second.signal });
    await until(() => server.accepted() === 2);
    second.abort(new Error('second'));
    await expect(next).rejects.toThrow('second');
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, connections: 0 });
  }, 10_000);

  it('loses none of its connections, however many are given up', async () => {
    await using server = await handshakeless();
    await using pool = new HttpPool({ connections: 2 });
    for (let round = 1; round <= 3; round += 1) {
      const abort = new AbortController();
      const both = [0, 1].map(async () => pool.request(server.https, { signal: abort.signal }));
      await until(() => server.accepted() === 2 * round);
      abort.abort(new Error('both'));
      await Promise.allSettled(both);
      await server.deserted();
    }
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, connections: 0 });
  }, 10_000);

  it('keeps the connection for who has waited for the turn', async () => {
    await using server = await handshakeless();
    await using pool = new HttpPool({ connections: 1, connectTimeout: 1_500 });
    const first = new AbortController();
    const given = pool.request(server.https, { signal: first.signal });
    await until(() => server.accepted() === 1);
    const waiting = pool.request(server.https);
    const settled = Promise.allSettled([given, waiting]);
    first.abort(new Error('first'));
    // It was not the connection's fault: the one that waited gets undici's own answer, in its time.
    expect(await settled).toMatchObject([{ reason: { message: 'first' } }, { reason: { code: 'UND_ERR_CONNECT_TIMEOUT' } }]);
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
  }, 10_000);

  it('keeps count of its turns when an abort comes in the turn of two requests', async () => {
    let asked = 0;
    await using server = await serveHttp(() => (asked += 1));
    await using pool = new HttpPool({ connections: 1, poolTimeout: 50, shutdownTimeout: 0 });
    const abort = new AbortController();
    const given = pool.request(server.url, { signal: abort.signal });
    const next = pool.request(server.url);
    const settled = Promise.allSettled([given, next]);
    abort.abort(new Error('given up'));
    await until(() => asked === 1);
    expect(pool.stats()).toMatchObject({ active: 1, waiting: 0, connections: 1 });
    await expect(pool.request(server.url)).rejects.toThrow('Timed out after 50 ms waiting for a permit');
    expect(asked).toBe(1);
    await pool.close();
    expect(await settled).toMatchObject([{ reason: { message: 'given up' } }, { status: 'rejected' }]);
  }, 10_000);

  it('is let go of also where a redirect led to it', async () => {
    await using target = await handshakeless();
    await using server = await serveHttp((_request, response) => response.writeHead(302, { location: target.https }).end());
    await using pool = new HttpPool();
    const abort = new AbortController();
    const redirected = pool.fetch(server.url, { signal: abort.signal });
    redirected.catch(() => {});
    await until(() => target.accepted() === 1);
    abort.abort(new Error('given up'));
    await expect(redirected).rejects.toThrow('given up');
    await target.deserted();
    await pool.close();
    expect(pool.stats()).toMatchObject({ active: 0, connections: 0 });
  }, 10_000);

  it('keeps a redirect’s connection when a request that began there is given up', async () => {
    await using target = await handshakeless();
    await using server = await serveHttp((_request, response) => response.writeHead(302, { location: target.https }).end());
    await using pool = new HttpPool({ connectTimeout: 1_500 });
    const redirected = pool.fetch(server.url);
    redirected.catch(() => {});
    await until(() => target.accepted() === 1);
    const abort = new AbortController();
    const own = pool.request(target.https, { signal: abort.signal });
    own.catch(() => {});
    await until(() => target.accepted() === 2);
    abort.abort(new Error('given up'));
    await expect(own).rejects.toThrow('given up');
    // undici's own answer, in its time.
    await expect(redirected).rejects.toMatchObject({ cause: { message: expect.stringContaining('timeout: 1500ms') as unknown } });
  }, 10_000);
});

describe('the body of a request that is not sent', () => {
  /** A pool whose only turn is taken. */
  async function busy() {
    let asked = 0;
    const server = await serveHttp(() => (asked += 1));
    const pool = new HttpPool({ connections: 1, poolTimeout: 60_000, shutdownTimeout: 0 });
    pool.request(server.url).catch(() => {});
    await until(() => asked === 1);
    const end = async (): Promise<void> => {
      await pool.close();
      await server[Symbol.asyncDispose]();
    };
    return { pool, url: server.url, [Symbol.asyncDispose]: end };
  }

  it('is closed when the wait is given up, or the pool closes', async () => {
    await using taken = await busy();
    const abort = new AbortController();
    const bodies = [0, 1].map(() => createReadStream(file));
    const requests = bodies.map(async (body, index) =>
      taken.pool.request(taken.url, { method: 'POST', body, ...(index === 0 ? { signal: abort.signal } : {}) }),
    );
    const settled = Promise.allSettled(requests);
    abort.abort(new Error('given up'));
    await taken.pool.close();
    expect(await settled).toMatchObject([{ reason: { message: 'given up' } }, { reason: expect.any(PoolClosedError) as unknown }]);
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it.each<[string, (url: string, pool: HttpPool, body: Readable) => Promise<unknown>]>([
    ['request', async (url, pool, body) => pool.request(url, { method: 'POST', body })],
    ['fetch', async (url, pool, body) => pool.fetch(url, { method: 'POST', body, duplex: 'half' })],
  ])('ends the wait of a %s when it fails, at once and with its error', async (_name, send) => {
    await using taken = await busy();
    const [failing, whole] = [new Readable({ read() {} }), Readable.from(['whole'])];
    const failed = send(taken.url, taken.pool, failing);
    const waiting = send(taken.url, taken.pool, whole);
    waiting.catch(() => {});
    expect([taken.pool.stats().waiting, failing.listenerCount('error'), whole.listenerCount('error')]).toEqual([2, 1, 1]);
    failing.destroy(new Error('the source is gone'));
    await expect(failed).rejects.toThrow('the source is gone');
    expect(taken.pool.stats()).toMatchObject({ active: 1, waiting: 1, requests: 1 });
  });

  it('ends the wait also where it has failed before, and where it is another library’s stream', async () => {
    await using taken = await busy();
    const before = new Readable({ read() {} }).once('error', () => {});
    before.destroy(new Error('gone before'));
    await microtasks();
    await expect(taken.pool.request(taken.url, { method: 'POST', body: before })).rejects.toThrow('gone before');
    // As `form-data` has them.
    const other = new Stream();
    const failed = taken.pool.request(taken.url, { method: 'POST', body: other as unknown as Readable });
    other.emit('error', new Error('gone meanwhile'));
    await expect(failed).rejects.toThrow('gone meanwhile');
    expect(taken.pool.stats().waiting).toBe(0);
  });

  it.each<[string, (url: string, pool: HttpPool, body: Readable) => Promise<string>]>([
    ['request', async (url, pool, body) => (await pool.request(url, { method: 'POST', body })).body.text()],
    ['fetch', async (url, pool, body) => (await pool.fetch(url, { method: 'POST', body, duplex: 'half' })).text()],
  ])('has no listener of the pool left once the %s was sent', async (_name, send) => {
    const body = createReadStream(file);
    let atServer: unknown[] = [];
    await using server = await serveHttp((request, response) => {
      atServer = body.listeners('error');
      request.resume().on('end', () => response.end('got it'));
    });
    await using pool = new HttpPool();
    const sent = send(server.url, pool, body);
    const [ours] = body.listeners('error');
    expect(ours).toBeTypeOf('function');
    expect(await sent).toBe('got it');
    // undici has its own.
    expect(atServer).not.toContain(ours);
  });

  it('is closed when the request is refused at once', async () => {
    await using server = await serveHttp((_request, response) => response.end());
    const pool = new HttpPool();
    const bodies = [0, 1, 2].map(() => createReadStream(file));
    const [first, second, third] = bodies;
    await expect(pool.request('nonsense', { method: 'POST', body: first ?? null })).rejects.toThrow('Invalid URL');
    await expect(pool.request(server.url, { method: 'POST', body: second ?? null, signal: AbortSignal.abort() })).rejects.toThrow(
      'aborted',
    );
    await pool.close();
    await expect(pool.request(server.url, { method: 'POST', body: third ?? null })).rejects.toThrow(PoolClosedError);
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  it('is cancelled where it is a web stream', async () => {
    await using taken = await busy();
    let cancelled: unknown;
    const body = new ReadableStream({ cancel: (reason) => void (cancelled = reason) });
    const request = taken.pool.fetch(taken.url, { method: 'POST', body, duplex: 'half', signal: AbortSignal.timeout(1) });
    await expect(request).rejects.toThrow('timeout');
    expect(cancelled).toMatchObject({ name: 'TimeoutError' });
  });

  it('is cancelled where it is that of a Request', async () => {
    await using taken = await busy();
    let cancelled: unknown;
    const body = new ReadableStream({ cancel: (reason) => void (cancelled = reason) });
    const request = new UndiciRequest(taken.url, { method: 'POST', body, duplex: 'half' });
    await expect(taken.pool.fetch(request, { signal: AbortSignal.timeout(1) })).rejects.toThrow('timeout');
    expect(cancelled).toMatchObject({ name: 'TimeoutError' });
  });

  it('is sent whole where the request is, to an answer that has none itself', async () => {
    const got: string[] = [];
    await using server = await serveHttp((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => got.push(text));
      request.on('end', () => response.writeHead(204).end());
    });
    await using pool = new HttpPool();
    const body = createReadStream(file);
    const { statusCode, body: answer } = await pool.request(server.url, { method: 'POST', body });
    expect([statusCode, await answer.text(), got, body.destroyed]).toEqual([204, '', ['body'], true]);
    const head = await pool.request(server.url, { method: 'HEAD' });
    expect([head.statusCode, await head.body.text()]).toEqual([204, '']);
    await microtasks();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
  });
});
