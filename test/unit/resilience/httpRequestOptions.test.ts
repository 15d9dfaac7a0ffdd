import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import { HttpPool } from '../../../src/resilience/httpPool.ts';
import { FakeTime } from './fakeTime.ts';
import { serveHttp } from './originServer.ts';

describe('a signal that is none', () => {
  it.each([
    ['a controller', new AbortController()],
    ['a string', 'x'],
    ['a number', 5],
  ])('(%s) is refused by name, sends nothing, and keeps no pool from closing', async (_name, wrong) => {
    await using server = await serveHttp((_request, response) => response.end());
    await using pool = new HttpPool();
    const signal = wrong as unknown as AbortSignal;
    const named = /^signal must be an AbortSignal, got /;
    await expect(pool.request(server.url, { signal })).rejects.toThrow(named);
    await expect(pool.fetch(server.url, { signal })).rejects.toThrow(named);
    await pool.close();
    expect([server.accepted(), pool.stats().active, pool.stats().waiting]).toEqual([0, 0, 0]);
  });

  it('but looks like one fails its own request only', async () => {
    await using server = await serveHttp((_request, response) => response.end('ok'));
    await using pool = new HttpPool({ connections: 1 });
    const addEventListener = (): never => {
      throw new Error('nobody listens here');
    };
    const signal = { aborted: false, addEventListener } as unknown as AbortSignal;
    await expect(pool.request(server.url, { signal })).rejects.toThrow('nobody listens here');
    expect(await (await pool.request(server.url)).body.text()).toBe('ok');
    await pool.close();
  });

  it('is not meant by null, which `fetch` takes for none', async () => {
    await using server = await serveHttp((_request, response) => response.end('ok'));
    await using pool = new HttpPool();
    expect(await (await pool.fetch(server.url, { signal: null })).text()).toBe('ok');
  });
});

describe('a body’s own timeout', () => {
  async function begin(time: FakeTime, bodyTimeout: number | null) {
    let end = (): void => {};
    const server = await serveHttp((_request, response) => {
      response.write('begun');
      end = () => response.end(', done');
    });
    const pool = new HttpPool({ bodyTimeout: 1_000, clock: time });
    const { body } = await pool.request(server.url, { bodyTimeout });
    const close = async (): Promise<void> => {
      await pool.close({ timeout: 0 });
      await server[Symbol.asyncDispose]();
    };
    return { body, end: () => end(), [Symbol.asyncDispose]: close };
  }

  it.each([0, 5_000, Infinity])('of %d counts, and not the shorter one of the pool', async (bodyTimeout) => {
    const time = new FakeTime();
    await using begun = await begin(time, bodyTimeout);
    await time.advance(4_999);
    begun.end();
    expect(await begun.body.text()).toBe('begun, done');
    expect(time.timers).toBe(0);
  });

  it.each([
    [500, 500],
    [null, 1_000],
  ])('of %o ends a body that makes no progress after %d ms', async (bodyTimeout, ms) => {
    const time = new FakeTime();
    await using begun = await begin(time, bodyTimeout);
    const ended = expect(begun.body.text()).rejects.toThrow(TimeoutError);
    while (time.timers > 0) await time.advance(ms);
    await ended;
  });

  it.each([NaN, -1, '5'])('of %s is refused by name, and sends nothing', async (bodyTimeout) => {
    await using server = await serveHttp((_request, response) => response.end());
    await using pool = new HttpPool();
    await expect(pool.request(server.url, { bodyTimeout: bodyTimeout as number })).rejects.toThrow(/^bodyTimeout must be /);
    await pool.close();
    expect(server.accepted()).toBe(0);
  });
});
