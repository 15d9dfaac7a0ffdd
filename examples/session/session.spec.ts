import { EventEmitter } from 'node:events';
import { ManualClock } from '../manualClock.ts';
import { ChatSession } from './chatSession.ts';
import { ChatSessions } from './chatSessions.ts';
import { expect, test } from './test.ts';

test('answers, and is cleaned up by a callback that nobody can await', async ({ pool, site }) => {
  const saved: (readonly string[])[] = [];
  const framework = new EventEmitter();
  const sessions = new ChatSessions({ pool, url: site.url, save: (lines) => saved.push(lines) });
  framework.on('disconnect', sessions.onDisconnect);
  const session = await sessions.open('ann');
  expect([await session.ask('hello'), await session.ask('bye')]).toEqual(['HELLO', 'BYE']);
  framework.emit('disconnect', 'ann');
  expect(await sessions.settled()).toMatchObject([{ reason: 'disconnected', components: [{ name: 'transcript' }, { name: 'page' }] }]);
  expect(saved).toEqual([['hello', 'HELLO', 'bye', 'BYE']]);
  expect([sessions.size, pool.stats().leased]).toEqual([0, 0]);
});

test('is cleaned up once, however often it is told to', async ({ pool, site }) => {
  let saved = 0;
  const session = new ChatSession({ pool, url: site.url, save: () => (saved += 1) });
  await session.open();
  session.onDisconnect();
  session.onDisconnect();
  const [first, second] = await Promise.all([session.end(), session.end()]);
  await session[Symbol.asyncDispose]();
  expect([saved, first === second]).toEqual([1, true]);
  await expect(session.ask('anybody there?')).rejects.toThrow('closed');
});

test('has nothing to clean up when it was never opened', async ({ pool, site }) => {
  const session = new ChatSession({ pool, url: site.url });
  session.onDisconnect();
  expect((await session.end()).components).toEqual([]);
  await expect(session.open()).rejects.toThrow('The session is over');
  const sessions = new ChatSessions({ pool, url: site.url });
  sessions.onDisconnect('nobody');
  expect(await sessions.close()).toEqual([]);
  expect(pool.stats().launched).toBe(0);
});

test('ends while it opens: before there is a browser, and while the page loads', async ({ pool, site }) => {
  const early = new ChatSession({ pool, url: site.url });
  const opening = early.open();
  early.onDisconnect();
  await expect(opening).rejects.toThrow('The session is over');
  await early.end();

  site.silent = true;
  const visitor = site.visitor();
  const session = new ChatSession({ pool, url: site.url });
  const loading = session.open();
  await Promise.race([visitor, loading]);
  session.onDisconnect();
  await expect(loading).rejects.toThrow('The session is over: disconnected');
  expect((await session.end()).components).toMatchObject([{ name: 'page', outcome: 'closed' }]);
});

test('does not end the session of a visitor who has come back', async ({ pool, site }) => {
  site.silent = true;
  const visitor = site.visitor();
  const sessions = new ChatSessions({ pool, url: site.url });
  const first = sessions.open('ann');
  await Promise.race([visitor, first]);
  sessions.onDisconnect('ann');
  site.silent = false;
  const second = sessions.open('ann');
  await expect(first).rejects.toThrow('The session is over: disconnected');
  expect(await (await second).ask('hello')).toBe('HELLO');
  expect([sessions.size, (await sessions.close()).length]).toEqual([1, 1]);
});

test('is not opened where the site is dead, and leaves nothing', async ({ pool, site }) => {
  await site[Symbol.asyncDispose]();
  const sessions = new ChatSessions({ pool, url: site.url });
  await expect(sessions.open('ann')).rejects.toThrow('ERR_CONNECTION_REFUSED');
  expect([sessions.size, await sessions.close()]).toEqual([0, []]);
});

test('closes its page although something else fails or hangs, and disturbs no other session', async ({ pool, site }) => {
  const clock = new ManualClock();
  const failing = new ChatSession({ pool, url: site.url, save: () => Promise.reject(new Error('the disk is full')) });
  const hanging = new ChatSession({ pool, url: site.url, save: () => new Promise(() => {}), clock });
  await Promise.all([failing.open(), hanging.open()]);
  failing.onDisconnect();
  hanging.onDisconnect();
  expect((await failing.end()).components).toMatchObject([
    { name: 'transcript', outcome: 'failed', error: { message: 'the disk is full' } },
    { name: 'page', outcome: 'closed' },
  ]);
  // The time for saving is over, and, when the page is closed, the time in which it might still come to an end.
  clock.advance(5_000);
  await expect.poll(() => pool.stats().leased).toBe(0);
  clock.advance(5_000);
  expect((await hanging.end()).components).toMatchObject([
    { name: 'transcript', outcome: 'killed' },
    { name: 'page', outcome: 'closed' },
  ]);
});

for (const [how, end] of [
  ['was closed', async (browser: { close(): Promise<void> }) => browser.close()],
  ['was killed', async (_browser: unknown, pid: number) => void process.kill(pid, 'SIGKILL')],
] as const) {
  test(`is cleaned up when its browser ${how} before`, async ({ pool, site }) => {
    const lease = await pool.acquire();
    await lease.release();
    const session = new ChatSession({ pool, url: site.url });
    await session.open();
    await end(lease.browser, lease.pid);
    await expect(session.ask('hello')).rejects.toThrow();
    session.onDisconnect();
    expect((await session.end()).components).toMatchObject([{ name: 'page', outcome: 'closed' }]);
    // The pool has another browser for the next visitor.
    await expect.poll(() => pool.stats().live).toBe(0);
    await using next = new ChatSession({ pool, url: site.url });
    await next.open();
    expect(await next.ask('hello')).toBe('HELLO');
  });
}

test('ends with all others when the server closes, also those whose callback was just called', async ({ pool, site }) => {
  const sessions = new ChatSessions({ pool, url: site.url });
  await Promise.all([sessions.open('ann'), sessions.open('ben')]);
  await expect(sessions.open('ann')).rejects.toThrow('ann has a session already');
  sessions.onDisconnect('ann');
  expect((await sessions.close()).map(({ reason }) => reason)).toEqual(['disconnected', 'closed']);
  expect([sessions.size, pool.stats().leased]).toEqual([0, 0]);
});
