import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';
import { serveHttp, type OriginServer } from './originServer.ts';

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await microtasks();
}

/** Redirects /from to /to, with an answer of so many bytes, and says what was asked for. */
async function redirecting(bytes: number): Promise<OriginServer> {
  return serveHttp((request, response) => {
    if (request.url === '/from') response.writeHead(302, { location: '/to' }).end(Buffer.alloc(bytes));
    else response.end(request.url);
  });
}

/** Redirects to another server, which answers when it is told to. */
async function twoOrigins() {
  const answers: (() => void)[] = [];
  const target = await serveHttp((request, response) => void answers.push(() => response.end(request.url)));
  const source = await serveHttp((request, response) => {
    if (request.url === '/own') response.end('own');
    else response.writeHead(302, { location: `${target.url}/redirected` }).end('over there');
  });
  const end = async (): Promise<void> => {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
  return { source, target, answers, [Symbol.asyncDispose]: end };
}

describe('the answer of a redirect', () => {
  it.each([
    ['is short', 100],
    // undici's `fetch` stops reading it at 16 kB.
    ['is longer than what is read of its own accord', 20_000],
    ['is almost too long to be read', 120_000],
  ])('that %s leaves its connection to the next request of the call', async (_name, bytes) => {
    await using server = await redirecting(bytes);
    await using pool = new HttpPool({ connections: 1, clock: new FakeTime() });
    for (let round = 0; round < 3; round += 1) {
      expect(await (await pool.fetch(`${server.url}/from`)).text()).toBe('/to');
    }
    expect([server.accepted(), pool.stats().active]).toEqual([1, 0]);
  });

  it.each([
    ['short', 100],
    ['long', 20_000],
    ['far too long', 2_000_000],
  ])('holds nobody up where ten come at once and it is %s', async (_name, bytes) => {
    await using server = await redirecting(bytes);
    await using pool = new HttpPool({ connections: 2 });
    const all = Array.from({ length: 10 }, async () => (await pool.fetch(`${server.url}/from`)).text());
    expect(await Promise.all(all)).toEqual(Array.from({ length: 10 }, () => '/to'));
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, requests: 20 });
  });

  it('leaves its turn to the next request of the call, however many wait for it', async () => {
    const asked: (string | undefined)[] = [];
    await using server = await serveHttp((request, response) => {
      asked.push(request.url);
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).end();
      else response.end();
    });
    await using pool = new HttpPool({ connections: 1 });
    const redirected = pool.fetch(`${server.url}/from`);
    const waiting = pool.request(`${server.url}/waiting`);
    await (await redirected).text();
    await (await waiting).body.text();
    expect(asked).toEqual(['/from', '/to', '/waiting']);
  });

  it('is not read to its end where that is far: its connection is given up', async () => {
    await using server = await redirecting(20_000_000);
    await using pool = new HttpPool({ connections: 1, clock: new FakeTime() });
    expect(await (await pool.fetch(`${server.url}/from`)).text()).toBe('/to');
    expect(server.accepted()).toBe(2);
  });

  it('that does not end is waited for no longer than a new connection may take', async () => {
    const time = new FakeTime();
    await using server = await serveHttp((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).write('endless');
      else response.end(request.url);
    });
    await using pool = new HttpPool({ connections: 1, clock: time });
    const redirected = pool.fetch(`${server.url}/from`);
    await until(() => time.timers === 1);
    await time.advance(100);
    expect(await (await redirected).text()).toBe('/to');
    expect([server.accepted(), pool.stats().active, time.timers]).toEqual([2, 0, 0]);
  });

  it('that does not end is not waited for when the caller gives up', async () => {
    const time = new FakeTime();
    await using server = await serveHttp((_request, response) => {
      response.writeHead(302, { location: '/to' }).write('endless');
    });
    await using pool = new HttpPool({ connections: 1, clock: time });
    const abort = new AbortController();
    const redirected = pool.fetch(`${server.url}/from`, { signal: abort.signal });
    redirected.catch(() => {});
    await until(() => time.timers === 1);
    abort.abort(new Error('given up'));
    await expect(redirected).rejects.toThrow('given up');
    await server.deserted();
    expect(pool.stats()).toMatchObject({ active: 0, connections: 0, requests: 1 });
    expect([time.timers, abortListeners(abort.signal)]).toEqual([0, 0]);
  });

  it.each([
    ['complete', (answer: ServerResponse) => answer.end()],
    ['broken off', (answer: ServerResponse) => answer.destroy()],
  ])('does not decide what becomes of the call when it is %s after the redirect is known', async (_name, finish) => {
    const time = new FakeTime();
    let answer: ServerResponse | undefined;
    await using server = await serveHttp((request, response) => {
      if (request.url !== '/from') return response.end('there');
      answer = response.writeHead(302, { location: '/to' });
      return answer.write(Buffer.alloc(20_000));
    });
    const outcomes: unknown[] = [];
    const hear = (fields: object): void => {
      if ('outcome' in fields) outcomes.push(fields.outcome);
    };
    await using pool = new HttpPool({ connections: 1, clock: time, logger: { debug: hear, info: hear, warn: hear, error: hear } });
    const redirected = pool.fetch(`${server.url}/from`);
    await until(() => time.timers === 1);
    if (answer !== undefined) finish(answer);
    expect(await (await redirected).text()).toBe('there');
    await microtasks();
    expect(outcomes).toEqual(['complete']);
  });
});

describe('a redirect to an origin whose turns are all taken', () => {
  it('waits for its turn there, and has given back the one it had', async () => {
    await using origins = await twoOrigins();
    const { source, target, answers } = origins;
    await using pool = new HttpPool({ connections: 1 });
    const busy = pool.request(`${target.url}/busy`);
    await until(() => answers.length === 1);
    const redirected = pool.fetch(source.url);
    await until(() => pool.stats().waiting === 1);
    expect(pool.stats()).toMatchObject({ active: 1, exhausted: 1 });
    expect(await (await pool.request(`${source.url}/own`)).body.text()).toBe('own');
    answers[0]?.();
    expect(await (await busy).body.text()).toBe('/busy');
    await until(() => answers.length === 2);
    answers[1]?.();
    expect(await (await redirected).text()).toBe('/redirected');
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, requests: 4 });
    expect(target.accepted()).toBe(1);
  });

  it('does not wait where a turn is free', async () => {
    await using origins = await twoOrigins();
    const { source, target, answers } = origins;
    await using pool = new HttpPool({ connections: 2 });
    const busy = pool.request(`${target.url}/busy`);
    await until(() => answers.length === 1);
    const redirected = pool.fetch(source.url);
    await until(() => answers.length === 2);
    expect(pool.stats()).toMatchObject({ active: 2, waiting: 0, exhausted: 0 });
    for (const answer of answers) answer();
    expect(await (await redirected).text()).toBe('/redirected');
    expect(await (await busy).body.text()).toBe('/busy');
  });

  it('waits for no longer than poolTimeout, and says so itself', async () => {
    const time = new FakeTime();
    await using origins = await twoOrigins();
    const { source, target, answers } = origins;
    const pool = new HttpPool({ connections: 1, poolTimeout: 500, clock: time, shutdownTimeout: 0 });
    const busy = pool.request(`${target.url}/busy`);
    busy.catch(() => {});
    await until(() => answers.length === 1);
    const redirected = expect(pool.fetch(source.url)).rejects.toThrow(TimeoutError);
    await until(() => pool.stats().waiting === 1);
    await time.advance(499);
    expect(pool.stats().waiting).toBe(1);
    await time.advance(1);
    await redirected;
    expect(pool.stats()).toMatchObject({ active: 1, waiting: 0, requests: 2 });
    expect(time.timers).toBe(0);
    await pool.close();
    expect(answers).toHaveLength(1);
  });

  it('leaves the queue at once when its caller gives up', async () => {
    await using origins = await twoOrigins();
    const { source, target, answers } = origins;
    await using pool = new HttpPool({ connections: 1, shutdownTimeout: 0 });
    pool.request(`${target.url}/busy`).catch(() => {});
    await until(() => answers.length === 1);
    const abort = new AbortController();
    const redirected = pool.fetch(source.url, { signal: abort.signal });
    redirected.catch(() => {});
    await until(() => pool.stats().waiting === 1);
    abort.abort(new Error('given up'));
    expect(pool.stats().waiting).toBe(0);
    await expect(redirected).rejects.toThrow('given up');
    expect([pool.stats().active, abortListeners(abort.signal)]).toEqual([1, 0]);
  });

  it('gives the turn back that came with the abort', async () => {
    await using target = await serveHttp((_request, response) => void response.write('half'));
    await using source = await serveHttp((_request, response) => response.writeHead(302, { location: target.url }).end());
    await using pool = new HttpPool({ connections: 1 });
    const busy = new AbortController();
    const { body } = await pool.request(target.url, { signal: busy.signal });
    const abort = new AbortController();
    const redirected = pool.fetch(source.url, { signal: abort.signal });
    redirected.catch(() => {});
    await until(() => pool.stats().waiting === 1);
    busy.abort(new Error('enough'));
    expect(pool.stats()).toMatchObject({ active: 1, waiting: 0 });
    abort.abort(new Error('given up'));
    await expect(redirected).rejects.toThrow('given up');
    await expect(body.text()).rejects.toThrow('enough');
    await microtasks();
    expect(pool.stats()).toMatchObject({ active: 0, waiting: 0, requests: 2 });
  });

  it('is under way when the pool closes, and may go on', async () => {
    await using origins = await twoOrigins();
    const { source, target, answers } = origins;
    const pool = new HttpPool({ connections: 1 });
    const busy = pool.request(`${target.url}/busy`);
    await until(() => answers.length === 1);
    const redirected = pool.fetch(source.url);
    await until(() => pool.stats().waiting === 1);
    const closed = pool.close();
    answers[0]?.();
    expect(await (await busy).body.text()).toBe('/busy');
    await until(() => answers.length === 2);
    answers[1]?.();
    expect(await (await redirected).text()).toBe('/redirected');
    await closed;
  });
});

it('calls that are redirected to each other’s origins do not wait for each other', async () => {
  const arrived: (() => void)[] = [];
  let [urlOfA, urlOfB] = ['', ''];
  const serve = async (other: () => string): Promise<OriginServer> =>
    serveHttp((request, response) => {
      if (request.url !== '/from') return response.end('there');
      // Both are redirected once both have a turn.
      arrived.push(() => response.writeHead(302, { location: `${other()}/to` }).end());
      return arrived.length === 2 ? arrived.forEach((go) => go()) : undefined;
    });
  await using a = await serve(() => urlOfB);
  await using b = await serve(() => urlOfA);
  [urlOfA, urlOfB] = [a.url, b.url];
  await using pool = new HttpPool({ connections: 1 });
  const both = [a, b].map(async ({ url }) => (await pool.fetch(`${url}/from`)).text());
  expect(await Promise.all(both)).toEqual(['there', 'there']);
  expect(pool.stats()).toMatchObject({ active: 0, waiting: 0 });
});
