import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { queryObjects } from 'node:v8';
import { Client, Pool as UndiciPool, Request } from 'undici';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import { HttpOrigin } from '../../../src/resilience/httpOrigin.ts';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import type { HttpPoolOptions } from '../../../src/resilience/httpPoolOptions.ts';
import { PoolClosedError } from '../../../src/resilience/poolErrors.ts';
import { closeSharedHttpPool, sharedHttpPool } from '../../../src/resilience/sharedHttpPool.ts';
import { gate } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';
import { serveHttp, serveTcp, type OriginServer } from './originServer.ts';

async function echoServer(): Promise<OriginServer> {
  return serveHttp((request, response) => response.end(request.url));
}

/** Accepts requests and leaves them without an answer; `asked` settles when the n-th has come in. */
async function silentServer() {
  let count = 0;
  const asked = new Map<number, () => void>();
  const server = await serveHttp(() => {
    count += 1;
    asked.get(count)?.();
  });
  const whenAsked = async (number: number): Promise<void> => {
    if (count < number) await new Promise<void>((resolve) => asked.set(number, resolve));
  };
  return { server, whenAsked };
}

describe('requests', () => {
  it('share connections, and say how often', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool();
    for (let number = 0; number < 10; number += 1) {
      const { statusCode, body } = await pool.request(`${server.url}/${number}`);
      expect([statusCode, await body.text()]).toEqual([200, `/${number}`]);
    }
    // undici lets a connection rest for a turn of the event loop, in which a request that comes right behind opens another.
    const connections = server.accepted();
    expect(connections).toBeLessThanOrEqual(2);
    const hits = 10 - connections;
    expect(pool.stats()).toMatchObject({ requests: 10, hits, hitRate: hits / 10, active: 0, idle: connections, waiting: 0, exhausted: 0 });
  });

  it('that hit stay hits when connections break that were used again', async () => {
    await using server = await serveHttp((request, response) => {
      if (request.url === '/') response.end();
    });
    await using pool = new HttpPool({ connections: 1 });
    let hits = 0;
    for (let round = 0; round < 4; round += 1) {
      await (await pool.request(server.url)).body.text();
      expect(pool.stats().hits).toBeGreaterThanOrEqual(hits);
      hits = pool.stats().hits;
      const abort = new AbortController();
      const broken = pool.request(`${server.url}/breaks`, { signal: abort.signal });
      broken.catch(() => {});
      while (pool.stats().requests < 2 * round + 2) await microtasks();
      expect(pool.stats().hits).toBe(hits + 1);
      abort.abort(new Error('enough'));
      await expect(broken).rejects.toThrow('enough');
      await server.deserted();
    }
    // Each of four connections was used twice.
    expect(pool.stats()).toMatchObject({ requests: 8, hits: 4, hitRate: 0.5 });
  });

  it('that were given up before there was a connection for them were never made', async () => {
    const held: (() => void)[] = [];
    await using server = await serveHttp((request, response) => {
      if (request.url === '/held') held.push(() => response.end());
      else response.end();
    });
    await using pool = new HttpPool({ connections: 3 });
    const first = pool.request(`${server.url}/held`);
    while (held.length < 1) await microtasks();
    for (const send of ['request', 'fetch'] as const) {
      const abort = new AbortController();
      const given = pool[send](server.url, { signal: abort.signal });
      given.catch(() => {});
      // It has its turn, and its connection is being made.
      while (pool.stats().active < 2) await Promise.resolve();
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      abort.abort(new Error('given up'));
      await expect(given).rejects.toThrow('given up');
    }
    // The connections are made for nobody, but the first still has its own.
    while (pool.stats().connections < 3) await microtasks();
    await microtasks();
    expect(pool.stats()).toMatchObject({ active: 1, requests: 1, hits: 0 });
    held[0]?.();
    await (await first).body.text();
  });

  it('of 1,000, twenty at a time, hit an open connection in more than 70 % of cases', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool({ connections: 10 });
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 20 }, async () => (await pool.request(server.url)).body.text()));
    }
    expect(pool.stats()).toMatchObject({ requests: 1_000, active: 0, waiting: 0 });
    expect(pool.stats().hitRate).toBeGreaterThan(0.7);
    expect(server.accepted()).toBeLessThanOrEqual(10);
  });

  it('wait for their turn when all connections of their origin are busy, and in their order', async () => {
    const answers: (() => void)[] = [];
    const asked: (string | undefined)[] = [];
    await using server = await serveHttp((request, response) => {
      asked.push(request.url);
      answers.push(() => response.end('x'));
    });
    await using other = await echoServer();
    await using pool = new HttpPool({ connections: 2 });
    const all = ['/1', '/2', '/3', '/4'].map(async (path) => (await pool.request(server.url + path)).body.text());
    while (answers.length < 2) await microtasks();
    expect(pool.stats()).toMatchObject({ active: 2, waiting: 2, exhausted: 2 });
    expect(await (await pool.request(other.url)).body.text()).toBe('/');
    for (let turn = 0; turn < 4; turn += 1) {
      while (answers.length <= turn) await microtasks();
      answers[turn]?.();
    }
    await Promise.all(all);
    expect(asked.slice(0, 2).toSorted()).toEqual(['/1', '/2']);
    expect(asked.slice(2).toSorted()).toEqual(['/3', '/4']);
    expect([server.accepted(), pool.stats().active, pool.stats().waiting]).toEqual([2, 0, 0]);
  });

  it('count connections that rest beside those in use, and wait by the clock of their pool', async () => {
    const time = new FakeTime();
    const { server, whenAsked } = await silentServer();
    await using other = await echoServer();
    const pool = new HttpPool({ connections: 1, clock: time, poolTimeout: 5_000, shutdownTimeout: 0 });
    await (await pool.request(other.url)).body.text();
    const endless = expect(pool.request(server.url)).rejects.toThrow(PoolClosedError);
    await whenAsked(1);
    expect(pool.stats()).toMatchObject({ active: 1, idle: 1, connections: 2 });
    const waiting = expect(pool.request(server.url)).rejects.toThrow(TimeoutError);
    await time.advance(4_999);
    expect(pool.stats()).toMatchObject({ waiting: 1 });
    await time.advance(1);
    expect(pool.stats()).toMatchObject({ waiting: 0 });
    await waiting;
    await pool.close();
    await endless;
    await server[Symbol.asyncDispose]();
  });

  it('of `fetch` share the same connections, through redirects as well', async () => {
    await using server = await serveHttp((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).end();
      else response.end(request.url);
    });
    await using pool = new HttpPool({ connections: 1 });
    const response = await pool.fetch(`${server.url}/from`);
    expect([response.redirected, await response.text()]).toEqual([true, '/to']);
    expect(await (await pool.fetch(new URL(`${server.url}/b`))).text()).toBe('/b');
    expect(server.accepted()).toBe(1);
    await microtasks();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, requests: 3, hits: 2 });
  });

  it('of `fetch` take a Request with its method and its signal as well', async () => {
    await using server = await serveHttp((request, response) => response.end(request.method));
    await using pool = new HttpPool();
    const abort = new AbortController();
    const asked = (): Request => new Request(server.url, { method: 'PUT', signal: abort.signal });
    expect(await (await pool.fetch(asked())).text()).toBe('PUT');
    abort.abort(new Error('enough'));
    await expect(pool.fetch(asked())).rejects.toThrow('enough');
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, requests: 1 });
  });

  it('give their async context to no connection', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool();
    const storage = new AsyncLocalStorage<string>();
    const read = async (): Promise<string> => (await pool.request(server.url)).body.text().then(() => storage.getStore() ?? 'none');
    expect([await storage.run('a', read), await storage.run('b', read), await read()]).toEqual(['a', 'b', 'none']);
  });

  it('with a URL that is none are refused, and leave nothing behind', async () => {
    await using pool = new HttpPool();
    await expect(pool.request('not a url')).rejects.toThrow(TypeError);
    await expect(pool.fetch('not a url')).rejects.toThrow(TypeError);
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
  });

  it('that ask for another protocol are refused, as undici refuses them, and free their turn', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool({ connections: 1 });
    const upgrade = { upgrade: 'websocket' } as object;
    await expect(pool.request(server.url, upgrade)).rejects.toThrow('invalid onUpgrade method');
    expect([server.accepted(), pool.stats().active]).toEqual([0, 0]);
    expect(await (await pool.request(server.url)).body.text()).toBe('/');
  });

  it('that nobody answers at all are rejected with the connection’s error, and free their turn', async () => {
    let url: string;
    {
      await using server = await echoServer();
      url = server.url;
    }
    await using pool = new HttpPool({ connections: 1 });
    for (let number = 0; number < 5; number += 1) await expect(pool.request(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, idle: 0, connections: 0, requests: 0, hitRate: 0 });
  });

  it.each<[string, Parameters<typeof serveTcp>[0], object]>([
    ['half-closes', (socket) => socket.once('data', () => socket.end()), { code: 'UND_ERR_SOCKET' }],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), { code: 'ECONNRESET' }],
    ['speaks no HTTP', (socket) => socket.once('data', () => socket.end('hello\r\n\r\n')), { name: 'HTTPParserError' }],
  ])('to a server that %s are rejected, and leave no connection', async (_name, onConnection, failure) => {
    await using server = await serveTcp(onConnection);
    await using pool = new HttpPool({ connections: 1 });
    for (let number = 0; number < 3; number += 1) {
      await expect(pool.request(server.url)).rejects.toMatchObject(failure);
    }
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, connections: 0 });
  });

  it('whose answer breaks off in the middle fail in the body, and free their turn', async () => {
    await using server = await serveTcp((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy());
      }),
    );
    await using pool = new HttpPool({ connections: 1 });
    for (let number = 0; number < 3; number += 1) {
      const { body } = await pool.request(server.url);
      await expect(body.text()).rejects.toThrow();
    }
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
  });
});

describe('a connection that is new', () => {
  it.each([
    ['is so for its first request', 0],
    ['and breaks before its first request is so for none', 2],
  ])('%s', (_name, broken) => {
    const origin = new HttpOrigin('http://shop.test', 1, new FakeTime(), () => {});
    const connect = (): EventEmitter => {
      const socket = new EventEmitter();
      const connection = Object.assign(socket, { destroyed: false, giveUp: () => {} });
      origin.begin(connection);
      origin.establish(connection);
      return socket;
    };
    for (let number = 0; number < broken; number += 1) connect().emit('close');
    connect();
    expect([origin.use(), origin.use()]).toEqual([false, true]);
  });
});

describe('a connection at rest', () => {
  it.each([
    ['says nothing about it', ''],
    ['asks for more', 'connection: keep-alive\r\nkeep-alive: timeout=600\r\n'],
  ])(
    'is closed after keepAliveTimeout where the server %s',
    async (_name, headers) => {
      await using server = await serveTcp((socket) => {
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: 1\r\n\r\nx`)).on('end', () => socket.end());
      });
      await using pool = new HttpPool({ keepAliveTimeout: 20 });
      await (await pool.request(server.url)).body.text();
      await server.deserted();
      await microtasks();
      expect(pool.stats()).toMatchObject({ connections: 0, idle: 0 });
    },
    10_000,
  );

  it('is forgotten with its origin: of thousands that were asked once nothing stays', async () => {
    await using pool = new HttpPool();
    // On Linux all of 127.0.0.0/8 is this machine, and nobody listens at port 1.
    const visit = async (number: number): Promise<void> => {
      await pool.request(`http://127.0.${number >> 8}.${number & 255}:1/`).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
      });
    };
    const kept = (): number[] => [HttpOrigin, UndiciPool, Client].map((kind) => Number(queryObjects(kind)));
    const before = kept();
    for (let number = 1; number <= 1_000; number += 1) await visit(number);
    // What is finalized by one collection goes with the next.
    kept();
    await microtasks();
    for (const [index, count] of kept().entries()) expect(count - (before[index] ?? 0)).toBeLessThan(10);
  });
});

describe('an abort', () => {
  it('settles a queued request at once, lowers the gauge, and lets the next one have the turn', async () => {
    const { server, whenAsked } = await silentServer();
    await using pool = new HttpPool({ connections: 1 });
    const busy = new AbortController();
    const first = pool.request(server.url, { signal: busy.signal });
    first.catch(() => {});
    await whenAsked(1);
    const abort = new AbortController();
    const queued = Array.from({ length: 100 }, async () => pool.request(server.url, { signal: abort.signal }));
    const last = new AbortController();
    const next = pool.request(server.url, { signal: last.signal });
    next.catch(() => {});
    expect([pool.stats().waiting, abortListeners(abort.signal)]).toEqual([101, 1]);
    abort.abort(new Error('not needed'));
    const settled = await Promise.allSettled(queued);
    expect(settled.every((result) => result.status === 'rejected' && (result.reason as Error).message === 'not needed')).toBe(true);
    expect([pool.stats().waiting, pool.stats().active, abortListeners(abort.signal)]).toEqual([1, 1, 0]);
    busy.abort(new Error('busy no more'));
    await expect(first).rejects.toThrow('busy no more');
    await whenAsked(2);
    last.abort(new Error('the end'));
    await expect(next).rejects.toThrow('the end');
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, connections: 0 });
    await server[Symbol.asyncDispose]();
  });

  it.each([1, 4])('ends requests under way, and no connection of 100 is left (pipelining %d)', async (pipelining) => {
    const { server, whenAsked } = await silentServer();
    await using pool = new HttpPool({ connections: 50, pipelining });
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const all = aborts.map(async ({ signal }, number) =>
      number % 2 === 0 ? pool.request(server.url, { signal }) : pool.fetch(server.url, { signal }),
    );
    const settled = Promise.allSettled(all);
    await whenAsked(50);
    for (const abort of aborts) abort.abort(new Error('cancelled'));
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(100);
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, connections: 0, idle: 0 });
    expect(aborts.map(({ signal }) => abortListeners(signal)).filter((count) => count > 0)).toEqual([]);
    await server[Symbol.asyncDispose]();
  });

  it('in the middle of a body ends the body, and its connection', async () => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
    });
    await using pool = new HttpPool();
    const abort = new AbortController();
    const { body } = await pool.request(server.url, { signal: abort.signal });
    const read = body.text();
    abort.abort(new Error('enough'));
    await expect(read).rejects.toThrow('enough');
    await server.deserted();
    expect([pool.stats().active, abortListeners(abort.signal)]).toEqual([0, 0]);
  });

  it('settles a request that is still connecting, and gives up the connection that nobody wants', async () => {
    // It never answers the TLS handshake.
    await using server = await serveTcp((socket) => socket.resume().on('end', () => socket.end()));
    await using pool = new HttpPool({ connections: 2 });
    const abort = new AbortController();
    const connecting = pool.request(server.url.replace('http:', 'https:'), { signal: abort.signal });
    connecting.catch(() => {});
    while (server.sockets.size === 0) await microtasks();
    abort.abort(new Error('never mind'));
    await expect(connecting).rejects.toThrow('never mind');
    await server.deserted();
    expect([pool.stats().active, pool.stats().connections, abortListeners(abort.signal)]).toEqual([0, 0, 0]);
  }, 5_000);

  it('after the end of an answer changes nothing, for nobody listens any more', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool({ connections: 1 });
    const abort = new AbortController();
    const { body } = await pool.request(`${server.url}/a`, { signal: abort.signal });
    expect([await body.text(), abortListeners(abort.signal)]).toEqual(['/a', 0]);
    abort.abort();
    expect(await (await pool.request(`${server.url}/b`)).body.text()).toBe('/b');
    expect(server.accepted()).toBe(1);
  });

  it('before the request keeps it from being sent', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool();
    await expect(pool.request(server.url, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await expect(pool.fetch(server.url, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect([server.accepted(), pool.stats().active, pool.stats().waiting]).toEqual([0, 0, 0]);
  });
});

describe('a time-out', () => {
  it('ends the wait for a turn', async () => {
    const time = new FakeTime();
    const { server, whenAsked } = await silentServer();
    await using pool = new HttpPool({ connections: 1, poolTimeout: 500, clock: time, shutdownTimeout: 0 });
    pool.request(server.url).catch(() => {});
    await whenAsked(1);
    const queued = expect(pool.request(server.url)).rejects.toThrow(TimeoutError);
    await time.advance(500);
    await queued;
    expect([pool.stats().waiting, time.timers]).toEqual([0, 0]);
    await pool.close();
    await server[Symbol.asyncDispose]();
  });

  it('ends the wait for an answer', async () => {
    const { server } = await silentServer();
    await using pool = new HttpPool({ headersTimeout: 50 });
    await expect(pool.request(server.url)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, connections: 0 });
    await server[Symbol.asyncDispose]();
  });

  it('ends a body that nobody reads, and frees its connection and its turn', async () => {
    const time = new FakeTime();
    await using server = await serveHttp((_request, response) => response.end(Buffer.alloc(50_000_000)));
    await using pool = new HttpPool({ connections: 1, bodyTimeout: 1_000, clock: time });
    await pool.request(server.url);
    expect(pool.stats().active).toBe(1);
    // What arrives until the stream's buffer is full is progress, so it takes more than one round.
    while (pool.stats().active > 0) await time.advance(1_000);
    await server.deserted();
    expect([pool.stats().active, time.timers]).toEqual([0, 0]);
  });

  it('leaves a small body alone that nobody has read yet: its connection has long been free', async () => {
    await using server = await echoServer();
    await using pool = new HttpPool({ connections: 1 });
    const unread = await pool.request(`${server.url}/first`);
    for (let number = 0; number < 20; number += 1) await (await pool.request(server.url)).body.text();
    expect(await unread.body.text()).toBe('/first');
    expect(server.accepted()).toBe(1);
  });

  it('does not end a body that makes progress, however long it takes', async () => {
    const time = new FakeTime();
    const parts = [gate(), gate(), gate()];
    await using server = await serveHttp((_request, response) => {
      const send = async (): Promise<void> => {
        for (const part of parts) {
          response.write('x');
          await part.promise;
        }
        response.end();
      };
      void send();
    });
    await using pool = new HttpPool({ bodyTimeout: 1_000, clock: time });
    const { body } = await pool.request(server.url);
    let text = '';
    for await (const chunk of body) {
      text += String(chunk);
      await time.advance(900);
      parts[text.length - 1]?.open();
    }
    expect([text, pool.stats().active]).toEqual(['xxx', 0]);
  });
});

describe('closing', () => {
  it('turns away who waits or comes, lets finish what is under way, and leaves no connection', async () => {
    const answer = gate();
    await using server = await serveHttp((_request, response) => void answer.promise.then(() => response.end('done')));
    const pool = new HttpPool({ connections: 1 });
    const under = pool.request(server.url);
    while (server.sockets.size === 0) await microtasks();
    const waiting = pool.request(server.url);
    const closed = pool.close();
    await expect(waiting).rejects.toThrow(PoolClosedError);
    await expect(pool.request(server.url)).rejects.toThrow(PoolClosedError);
    await expect(pool.fetch(server.url)).rejects.toThrow(PoolClosedError);
    answer.open();
    expect(await (await under).body.text()).toBe('done');
    await closed;
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, connections: 0 });
    await pool.close();
  });

  it('ends in its time what never ends', async () => {
    const time = new FakeTime();
    const { server, whenAsked } = await silentServer();
    const pool = new HttpPool({ clock: time });
    const endless = expect(pool.request(server.url)).rejects.toThrow(PoolClosedError);
    await whenAsked(1);
    const closed = pool.close({ timeout: 10_000 });
    await time.advance(9_999);
    expect(pool.stats().active).toBe(1);
    await time.advance(1);
    await closed;
    await endless;
    await server.deserted();
    expect(time.timers).toBe(0);
    await server[Symbol.asyncDispose]();
  });

  it('asked for again with more time keeps to the time it had', async () => {
    const time = new FakeTime();
    const { server, whenAsked } = await silentServer();
    const pool = new HttpPool({ clock: time });
    const endless = expect(pool.request(server.url)).rejects.toThrow(PoolClosedError);
    await whenAsked(1);
    void pool.close({ timeout: 1_000 });
    await time.advance(500);
    const closed = pool.close({ timeout: 60_000 });
    await time.advance(500);
    await closed;
    await endless;
    expect(time.timers).toBe(0);
    await server[Symbol.asyncDispose]();
  });

  it('comes with the end of the block that uses it', async () => {
    await using server = await echoServer();
    const closing = new HttpPool();
    {
      await using pool = closing;
      await (await pool.request(server.url)).body.text();
      expect(pool.closed).toBe(false);
    }
    expect(closing.closed).toBe(true);
    await server.deserted();
  });

  it('becomes more urgent when somebody says so', async () => {
    const { server, whenAsked } = await silentServer();
    const pool = new HttpPool();
    const endless = expect(pool.request(server.url)).rejects.toThrow(PoolClosedError);
    await whenAsked(1);
    const patient = pool.close({ timeout: 60_000 });
    await pool.close({ timeout: 0 });
    await patient;
    await endless;
    await server.deserted();
    await server[Symbol.asyncDispose]();
  });
});

it.each<[HttpPoolOptions]>([[{ bodyTimeout: 1_500.5 }], [{ headersTimeout: 1_500.5 }], [{ connectTimeout: 1_500.5 }]])(
  'takes a part of a millisecond: %o',
  async (options) => {
    await using server = await serveHttp((_request, response) => response.end('ok'));
    await using pool = new HttpPool(options);
    expect(await (await pool.request(server.url, { bodyTimeout: 2_500.5 })).body.text()).toBe('ok');
  },
);

it.each<[HttpPoolOptions]>([[{ bodyTimeout: 0 }], [{ headersTimeout: 0 }], [{ connectTimeout: 0 }]])(
  'takes 0 for no limit where undici does: %o',
  async (options) => {
    let end = (): void => {};
    await using server = await serveHttp((_request, response) => {
      response.write('begun');
      end = () => response.end(', done');
    });
    const time = new FakeTime();
    await using pool = new HttpPool({ ...options, clock: time });
    const { body } = await pool.request(server.url);
    await time.advance(1);
    end();
    expect(await body.text()).toBe('begun, done');
  },
);

it('the shared pool is a new one also after it was closed by itself, and no wrong limit takes it out of reach', async () => {
  const first = sharedHttpPool();
  await expect(closeSharedHttpPool({ timeout: NaN })).rejects.toThrow(/^timeout must be /);
  expect([sharedHttpPool() === first, first.closed]).toEqual([true, false]);
  await first.close();
  const second = sharedHttpPool();
  expect([second === first, first.closed, second.closed]).toEqual([false, true, false]);
  await closeSharedHttpPool();
});

it('the shared pool is one for all, and a new one after closing', async () => {
  await using server = await echoServer();
  const first = sharedHttpPool();
  expect(sharedHttpPool()).toBe(first);
  expect(await (await first.request(`${server.url}/a`)).body.text()).toBe('/a');
  await closeSharedHttpPool();
  await closeSharedHttpPool();
  await expect(first.request(server.url)).rejects.toThrow(PoolClosedError);
  const second = sharedHttpPool();
  expect(second).not.toBe(first);
  expect(await (await second.request(`${server.url}/b`)).body.text()).toBe('/b');
  await closeSharedHttpPool();
  await server.deserted();
});

it.each<[HttpPoolOptions, string]>([
  [{ connections: 0 }, 'connections must be a whole number of at least 1, got 0'],
  [{ pipelining: 0.5 }, 'pipelining must be a whole number of at least 1, got 0.5'],
  [{ poolTimeout: -1 }, 'poolTimeout must be milliseconds of at least 0, or Infinity, got -1'],
  [{ bodyTimeout: NaN }, 'bodyTimeout must be milliseconds of at least 0, or Infinity, got NaN'],
])('options %o are refused by name', (options, message) => {
  expect(() => new HttpPool(options)).toThrow(message);
});
