import { ExponentialBackoff } from 'leak/resilience';
import { ManualClock } from '../manualClock.ts';
import type { Marketplace } from './marketplace.ts';
import { MarketplaceDiscovery, type Evaluation } from './marketplaceDiscovery.ts';
import { expect, test } from './test.ts';

const backoff = new ExponentialBackoff({ baseDelay: 1 });

function outcomes(evaluations: readonly Evaluation[]): string[] {
  return evaluations.map(({ outcome }) => outcome);
}

test('makes a result of everything: offers, errors, time-outs', async ({ createScanner, openMarketplace }) => {
  const marketplaces: Marketplace[] = [];
  for (const behaviour of ['open', 'failing', 'missing', 'open', 'silent', 'frozen'] as const) {
    const marketplace = await openMarketplace();
    marketplace.behaviour = behaviour;
    marketplaces.push(marketplace);
  }
  const urls = marketplaces.map(({ url }) => url);
  const clock = new ManualClock();
  await using scanner = createScanner({ scanTimeout: 5_000, clock });
  await scanner.start();
  const discovery = new MarketplaceDiscovery({ scanner, backoff });
  const answered = await discovery.evaluate([...urls.slice(0, 4), 'not a url']);
  expect(outcomes(answered)).toEqual(['listed', 'failed', 'failed', 'listed', 'failed']);
  expect(answered[0]).toMatchObject({ cheapest: { title: 'Green tea', price: 4.5 } });

  const hanging = discovery.evaluate(urls.slice(4));
  for (const attempt of [1, 2]) {
    await expect.poll(() => marketplaces.slice(4).map(({ visits }) => visits)).toEqual([attempt, attempt]);
    clock.advance(5_000);
  }
  expect(outcomes(await hanging)).toEqual(['timedOut', 'timedOut']);
  // Twice where another attempt may help, once where it cannot.
  expect(marketplaces.map(({ visits }) => visits)).toEqual([1, 2, 1, 1, 2, 2]);
  // A browser in which something failed is being checked for a moment, with a page.
  await expect
    .poll(() =>
      scanner
        .stats()
        ?.browsers.map(({ contexts }) => contexts)
        .join(),
    )
    .toMatch(/^0(,0)*$/);
});

test('skips a dead marketplace until its cooldown is over, then tries it again', async ({ createScanner, openMarketplace }) => {
  const alive = await openMarketplace();
  const dead = await openMarketplace();
  const { url, port } = dead;
  await dead[Symbol.asyncDispose]();
  const clock = new ManualClock();
  await using scanner = createScanner();
  await scanner.start();
  const discovery = new MarketplaceDiscovery({ scanner, backoff, breaker: { failureThreshold: 2, cooldown: 60_000, clock } });
  const evaluate = async (): Promise<string[]> => outcomes(await discovery.evaluate([alive.url, url]));
  expect(await evaluate()).toEqual(['listed', 'failed']);
  expect(await evaluate()).toEqual(['listed', 'failed']);
  const revived = await openMarketplace(port);
  expect(await discovery.evaluate([url])).toEqual([{ outcome: 'skipped', url, retryAfterMs: 60_000 }]);
  clock.advance(59_999);
  expect(await evaluate()).toEqual(['listed', 'skipped']);
  expect(revived.visits).toBe(0);
  clock.advance(1);
  expect(await evaluate()).toEqual(['listed', 'listed']);
  expect(revived.visits).toBe(1);
});

test('does not blame the marketplace for a browser that died', async ({ createScanner, openMarketplace }) => {
  const marketplace = await openMarketplace();
  marketplace.behaviour = 'silent';
  await using scanner = createScanner({ maxBrowsers: 1 });
  await scanner.start();
  const discovery = new MarketplaceDiscovery({ scanner, backoff, breaker: { failureThreshold: 1 } });
  const visitor = marketplace.visitor();
  const evaluating = discovery.evaluate([marketplace.url]);
  await Promise.race([visitor, evaluating]);
  marketplace.behaviour = 'open';
  process.kill(scanner.stats()?.browsers[0]?.pid ?? 0, 'SIGKILL');
  expect(outcomes(await evaluating)).toEqual(['listed']);
  expect(scanner.stats()?.launched).toBe(2);
});

test('is cancelled by its caller, and by a scanner that stops', async ({ createScanner, openMarketplace }) => {
  const urls: string[] = [];
  for (let index = 0; index < 4; index += 1) {
    const marketplace = await openMarketplace();
    marketplace.behaviour = 'silent';
    urls.push(marketplace.url);
  }
  const first = await openMarketplace();
  first.behaviour = 'silent';
  const scanner = createScanner();
  await scanner.start();
  const discovery = new MarketplaceDiscovery({ scanner, backoff, breaker: { failureThreshold: 1 } });
  const abort = new AbortController();
  let visitor = first.visitor();
  const cancelled = discovery.evaluate([first.url, ...urls], { signal: abort.signal });
  await Promise.race([visitor, cancelled]);
  abort.abort();
  expect(new Set(outcomes(await cancelled))).toEqual(new Set(['cancelled']));
  expect(scanner.stats()).toMatchObject({ leased: 0, waiting: 0 });

  visitor = first.visitor();
  const stopped = discovery.evaluate([first.url, ...urls]);
  await Promise.race([visitor, stopped]);
  await scanner.stop();
  expect(new Set(outcomes(await stopped))).toEqual(new Set(['cancelled']));
});
