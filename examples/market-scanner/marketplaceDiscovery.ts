import {
  CircuitBreaker,
  CircuitOpenError,
  ExponentialBackoff,
  PoolClosedError,
  retry,
  Semaphore,
  type CircuitBreakerOptions,
} from 'leak/resilience';
import { MarketplaceError, ScannerStoppedError } from './errors.ts';
import type { MarketScanner } from './marketScanner.ts';
import type { Listing, Offer } from './readListing.ts';

export interface MarketplaceDiscoveryOptions {
  /** Started, and stopped, by the caller. */
  readonly scanner: Pick<MarketScanner, 'scan'>;
  /** How many marketplaces are read at once. Default 2. */
  readonly concurrency?: number;
  /** How often one marketplace is tried in one evaluation. Default 2. */
  readonly attempts?: number;
  readonly backoff?: ExponentialBackoff;
  /** When a URL counts as dead, and for how long it is left alone. */
  readonly breaker?: Omit<CircuitBreakerOptions, 'isFailure'>;
}

/** What became of one marketplace. */
export type Evaluation =
  | { readonly outcome: 'listed'; readonly url: string; readonly listing: Listing; readonly cheapest: Offer | undefined }
  | { readonly outcome: 'skipped'; readonly url: string; readonly retryAfterMs: number }
  | { readonly outcome: 'timedOut'; readonly url: string }
  | { readonly outcome: 'failed'; readonly url: string; readonly error: unknown }
  | { readonly outcome: 'cancelled'; readonly url: string };

/**
 * Evaluates several marketplaces. Whatever goes wrong with one of them is its result and nobody else's; a URL that keeps failing is
 * skipped until its cooldown is over.
 *
 * @example
 * const discovery = new MarketplaceDiscovery({ scanner });
 * for (const evaluation of await discovery.evaluate(urls)) console.log(evaluation.url, evaluation.outcome);
 */
export class MarketplaceDiscovery {
  readonly #scanner: Pick<MarketScanner, 'scan'>;
  readonly #turns: Semaphore;
  readonly #breaker: CircuitBreaker;
  readonly #attempts: number;
  readonly #backoff: ExponentialBackoff;

  constructor({ scanner, concurrency = 2, attempts = 2, backoff, breaker }: MarketplaceDiscoveryOptions) {
    this.#scanner = scanner;
    this.#turns = new Semaphore(concurrency);
    this.#attempts = attempts;
    this.#backoff = backoff ?? new ExponentialBackoff({ baseDelay: 200, maxDelay: 5_000 });
    // A lost browser or a closed pool says nothing about the marketplace.
    this.#breaker = new CircuitBreaker({ ...breaker, isFailure: (error) => error instanceof MarketplaceError });
  }

  /** One evaluation for each URL, in their order. It never rejects, and when it resolves no page is open for it any more. */
  async evaluate(urls: readonly string[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly Evaluation[]> {
    return Promise.all(urls.map(async (url) => this.#evaluate(url, signal)));
  }

  async #evaluate(url: string, signal: AbortSignal | undefined): Promise<Evaluation> {
    try {
      const listing = await this.#turns.run(async () => this.#read(url, signal), { signal });
      const [cheapest] = [...listing.offers].sort((a, b) => a.price - b.price);
      return { outcome: 'listed', url, listing, cheapest };
    } catch (error) {
      if (signal?.aborted === true || isStop(error)) return { outcome: 'cancelled', url };
      if (error instanceof CircuitOpenError) return { outcome: 'skipped', url, retryAfterMs: error.retryAfterMs };
      if (error instanceof MarketplaceError && error.refusal === 'timedOut') return { outcome: 'timedOut', url };
      return { outcome: 'failed', url, error };
    }
  }

  /** All attempts at one marketplace are one call for its circuit. */
  async #read(url: string, signal: AbortSignal | undefined): Promise<Listing> {
    let attempt: Promise<unknown> = Promise.resolve();
    try {
      return await this.#breaker.execute(
        url,
        async ({ signal: admitted }) =>
          retry(
            async (context) => {
              const scan = this.#scanner.scan(url, { signal: context.signal });
              attempt = scan;
              return scan;
            },
            { attempts: this.#attempts, backoff: this.#backoff, signal: admitted, shouldRetry: mayHelp },
          ),
        { signal },
      );
    } finally {
      // On an abort, breaker and retry let go at once; the page is closed all the same before this ends.
      await Promise.allSettled([attempt]);
    }
  }
}

function isStop(error: unknown): boolean {
  return error instanceof ScannerStoppedError || error instanceof PoolClosedError;
}

function mayHelp(error: unknown): boolean {
  return error instanceof MarketplaceError ? error.transient : !isStop(error);
}
