import { ExponentialBackoff, retry } from 'leak/resilience';
import { ManualClock } from '../manualClock.ts';
import { MarketplaceError, ScannerStoppedError } from './errors.ts';
import { expect, test } from './test.ts';

test('reads a marketplace and leaves no page open', async ({ createScanner, openMarketplace }) => {
  const { url } = await openMarketplace();
  await using scanner = createScanner();
  await scanner.start();
  const { name, offers } = await scanner.scan(url);
  expect([name, offers.length, offers[0]]).toEqual(['Tea market', 3, { title: 'Green tea', price: 4.5 }]);
  expect(scanner.stats()?.browsers.map(({ contexts }) => contexts)).toEqual([0]);
});

test('starts once, however often it is told to', async ({ createScanner }) => {
  await using scanner = createScanner();
  await Promise.all([scanner.start(), scanner.start()]);
  await scanner.start();
  expect([scanner.state, scanner.stats()?.launched]).toEqual(['running', 1]);
});

test('stops twice, without a start, and starts again afterwards', async ({ createScanner, leftOpen }) => {
  const scanner = createScanner();
  await scanner.stop();
  await scanner.start();
  await Promise.all([scanner.stop(), scanner.stop()]);
  await scanner.stop();
  expect(await leftOpen()).toEqual([]);
  const again = scanner.start();
  const stopped = scanner.stop();
  await expect(again).rejects.toThrow(ScannerStoppedError);
  await stopped;
  await scanner.start();
  expect(scanner.state).toBe('running');
  await scanner.stop();
});

test('leaves nothing behind when there is no browser to start', async ({ createScanner, leftOpen }) => {
  const scanner = createScanner({ launchOptions: { executablePath: '/nowhere/chromium' } });
  await expect(scanner.start()).rejects.toThrow('could not start');
  expect(scanner.state).toBe('stopped');
  expect(await leftOpen()).toEqual([]);
  await expect(scanner.scan('http://127.0.0.1/')).rejects.toThrow('stopped');
});

test('leaves nothing behind when its start fails half way, and can be started again', async ({ createScanner, home, leftOpen }) => {
  const scanner = createScanner();
  home.behaviour = 'failing';
  await expect(scanner.start()).rejects.toThrow(MarketplaceError);
  expect([scanner.state, home.visits]).toEqual(['stopped', 1]);
  // No stop: a start that failed has cleaned up by itself.
  expect(await leftOpen()).toEqual([]);
  home.behaviour = 'open';
  await scanner.start();
  await scanner.stop();
});

test('is stopped while it starts: before there is a browser, and while the home page loads', async ({ createScanner, home, leftOpen }) => {
  const scanner = createScanner();
  const atOnce = scanner.start();
  const stopped = scanner.stop();
  await expect(atOnce).rejects.toThrow(ScannerStoppedError);
  await stopped;
  expect(await leftOpen()).toEqual([]);

  home.behaviour = 'silent';
  const visitor = home.visitor();
  const loading = scanner.start();
  await Promise.race([visitor, loading]);
  const stops = [scanner.stop(), scanner.stop()];
  await expect(loading).rejects.toThrow(ScannerStoppedError);
  await Promise.all(stops);
  expect(scanner.state).toBe('stopped');
});

test('ends a scan of a page that does not answer, and of one that never ends', async ({ createScanner, openMarketplace }) => {
  const marketplace = await openMarketplace();
  const clock = new ManualClock();
  await using scanner = createScanner({ maxBrowsers: 1, scanTimeout: 5_000, clock });
  await scanner.start();
  for (const behaviour of ['silent', 'frozen'] as const) {
    marketplace.behaviour = behaviour;
    const visitor = marketplace.visitor();
    const scan = scanner.scan(marketplace.url);
    await Promise.race([visitor, scan]);
    clock.advance(5_000);
    await expect(scan).rejects.toMatchObject({ name: 'MarketplaceError', refusal: 'timedOut', url: marketplace.url });
    marketplace.behaviour = 'open';
    expect((await scanner.scan(marketplace.url)).offers).toHaveLength(3);
  }
});

test('reports the death of its browser and goes on with another', async ({ createScanner, openMarketplace }) => {
  const marketplace = await openMarketplace();
  marketplace.behaviour = 'silent';
  await using scanner = createScanner({ maxBrowsers: 1 });
  await scanner.start();
  const visitor = marketplace.visitor();
  const scan = scanner.scan(marketplace.url);
  await Promise.race([visitor, scan]);
  process.kill(scanner.stats()?.browsers[0]?.pid ?? 0, 'SIGKILL');
  await expect(scan).rejects.toMatchObject({ name: 'BrowserLostError' });
  marketplace.behaviour = 'open';
  // The news of a browser's death may come after the next scan has begun.
  const { offers } = await retry(async () => scanner.scan(marketplace.url), { backoff: new ExponentialBackoff({ baseDelay: 10 }) });
  expect(offers).toHaveLength(3);
  expect(scanner.stats()).toMatchObject({ launched: 2, live: 1 });
});

test('ends the scans that are under way when it stops, and when one of them is cancelled', async ({ createScanner, openMarketplace }) => {
  const marketplace = await openMarketplace();
  marketplace.behaviour = 'silent';
  const scanner = createScanner();
  await scanner.start();
  const abort = new AbortController();
  const visitor = marketplace.visitor();
  const cancelled = scanner.scan(marketplace.url, { signal: abort.signal });
  await Promise.race([visitor, cancelled]);
  abort.abort(new Error('not interested any more'));
  await expect(cancelled).rejects.toThrow('not interested any more');

  const scans = [scanner.scan(marketplace.url), scanner.scan(marketplace.url), scanner.scan(marketplace.url)];
  const ended = Promise.allSettled(scans);
  await marketplace.visitor();
  await scanner.stop();
  expect((await ended).map((scan) => scan.status === 'rejected' && scan.reason instanceof ScannerStoppedError)).toEqual([true, true, true]);
});

test('closes at the end of its scope when the work in it fails', async ({ createScanner, leftOpen }) => {
  const work = async (): Promise<void> => {
    await using scanner = createScanner();
    await scanner.start();
    throw new Error('the work failed');
  };
  await expect(work()).rejects.toThrow('the work failed');
  expect(await leftOpen()).toEqual([]);
});
