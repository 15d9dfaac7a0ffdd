import type { Browser, BrowserType, LaunchOptions } from '@playwright/test';
import { BrowserPool, systemClock, type BrowserPoolStats, type Clock } from 'leak/resilience';
import { LinkedSignal } from '../linkedSignal.ts';
import { BrowserLostError, MarketplaceError, ScannerStoppedError } from './errors.ts';
import { readListing, type Listing } from './readListing.ts';

export interface MarketScannerOptions {
  readonly browserType: BrowserType;
  readonly launchOptions?: LaunchOptions;
  /** A page that has to open before the scanner counts as started. */
  readonly home: string;
  /** How many browsers there may be at once. Default 2. */
  readonly maxBrowsers?: number;
  /** Milliseconds that one page may take; waiting for a browser is not part of it. Default 10,000. */
  readonly scanTimeout?: number;
  /** What `scanTimeout` goes by. */
  readonly clock?: Clock;
}

/** What one start opens, and one stop ends. */
interface Run {
  readonly pool: BrowserPool<Browser>;
  readonly stopping: AbortController;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly run: Run; readonly started: Promise<void> }
  | { readonly kind: 'running'; readonly run: Run }
  | { readonly kind: 'stopping'; readonly run: Run; readonly stopped: Promise<void> };

const STOPPED: State = { kind: 'stopped' };

/**
 * Reads marketplaces with a few browsers and a page of its own for each of them. When `stop` has resolved, or `start` has rejected,
 * nothing of it is left.
 *
 * @example
 * await using scanner = new MarketScanner({ browserType: chromium, home: 'https://markets.example/' });
 * await scanner.start();
 * const { offers } = await scanner.scan('https://markets.example/tea');
 */
export class MarketScanner implements AsyncDisposable {
  readonly #options: MarketScannerOptions;
  #state: State = STOPPED;

  constructor(options: MarketScannerOptions) {
    this.#options = options;
  }

  get state(): State['kind'] {
    return this.#state.kind;
  }

  /** The browsers; `undefined` while there are none. */
  stats(): BrowserPoolStats | undefined {
    return this.#state.kind === 'stopped' ? undefined : this.#state.run.pool.stats();
  }

  /**
   * Launches a browser and opens the home page. Whoever calls it while it starts waits for the same start; while it runs, nothing happens.
   *
   * @throws what went wrong, after everything has been closed again; {@link ScannerStoppedError} when `stop` came in between
   */
  async start(): Promise<void> {
    while (this.#state.kind === 'stopping') await this.#state.stopped;
    if (this.#state.kind === 'running') return;
    if (this.#state.kind === 'stopped') {
      const { browserType, launchOptions = {}, maxBrowsers = 2 } = this.#options;
      const run: Run = { pool: new BrowserPool({ browserType, launchOptions, max: maxBrowsers }), stopping: new AbortController() };
      this.#state = { kind: 'starting', run, started: this.#warmUp(run) };
    }
    await this.#state.started;
  }

  /** Ends the scans that are under way and closes everything. Any number of times, also while it starts. */
  async stop(): Promise<void> {
    if (this.#state.kind === 'stopped') return;
    if (this.#state.kind !== 'stopping') {
      const { run } = this.#state;
      this.#state = { kind: 'stopping', run, stopped: this.#close(run) };
    }
    await this.#state.stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * What one marketplace offers. The promise settles when the page is closed.
   *
   * @throws {MarketplaceError} · {@link BrowserLostError} · {@link ScannerStoppedError} · the signal's reason · where no page could be
   * opened, the pool's and Playwright's errors
   */
  async scan(url: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Listing> {
    if (this.#state.kind !== 'running') throw new ScannerStoppedError(`The scanner is ${this.#state.kind}`);
    return this.#visit(this.#state.run, url, signal);
  }

  async #warmUp(run: Run): Promise<void> {
    try {
      await this.#visit(run, this.#options.home);
      run.stopping.signal.throwIfAborted();
      this.#state = { kind: 'running', run };
    } catch (error) {
      const { aborted, reason } = run.stopping.signal;
      if (this.#state.kind !== 'stopped' && this.#state.run === run) await this.stop();
      throw aborted ? reason : error;
    }
  }

  async #close(run: Run): Promise<void> {
    run.stopping.abort(new ScannerStoppedError('The scanner was stopped'));
    try {
      await run.pool.close();
    } finally {
      this.#state = STOPPED;
    }
  }

  async #visit(run: Run, url: string, signal?: AbortSignal): Promise<Listing> {
    const { scanTimeout = 10_000, clock = systemClock } = this.#options;
    using link = new LinkedSignal(run.stopping.signal, signal);
    const onLate = (): void => link.abort(new MarketplaceError(url, 'timedOut', `${url} took longer than ${scanTimeout} ms`));
    return await run.pool.withPage(
      async (page) => {
        using _limit = clock.setTimeout(onLate, scanTimeout, { keepAlive: true });
        try {
          return await readListing(page, url);
        } catch (cause) {
          if (cause instanceof MarketplaceError) throw cause;
          // No page closes itself, and after an abort it is the signal's reason that counts.
          if (page.isClosed()) throw new BrowserLostError(`The browser died while it read ${url}`, { cause });
          throw new MarketplaceError(url, 'unreachable', `${url} cannot be read`, { cause });
        }
      },
      { signal: link.signal },
    );
  }
}
