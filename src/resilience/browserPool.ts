import type { WaitOptions } from './abort.ts';
import { BrowserLease } from './browserLease.ts';
import { onPage, type PageWork } from './browserPage.ts';
import { resolveBrowserPoolOptions, type BrowserPoolOptions, type ResolvedBrowserPoolOptions } from './browserPoolOptions.ts';
import { countFds, readUsage, type BrowserUsage } from './browserProcess.ts';
import type { BrowserLike, ContextOptionsOf, PageOf } from './browserTypes.ts';
import { callable } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import type { Lease } from './lease.ts';
import { Pool } from './pool.ts';
import type { CloseReport } from './poolClosing.ts';
import type { PoolEvent, PoolListener } from './poolEvents.ts';
import type { PoolStats } from './poolStats.ts';
import { launchBrowser, type PooledBrowser } from './pooledBrowser.ts';
import { useLease } from './useLease.ts';

/** One live browser. */
export interface BrowserStats extends BrowserUsage {
  readonly id: string;
  readonly pid: number;
  readonly ageMs: number;
  readonly uses: number;
  readonly failures: number;
  readonly contexts: number;
}

export interface BrowserPoolStats extends PoolStats {
  readonly browsers: readonly BrowserStats[];
}

/** A browser that had to be killed. */
export interface KilledBrowser {
  readonly id: string;
  readonly pid: number;
}

/**
 * Shares up to `max` browsers. They start when they are first needed, are checked before they are given out again, replaced when they are
 * old, used up, failing, hung or gone, and never outlive {@link BrowserPool.close}.
 *
 * @example
 * await using pool = new BrowserPool({ browserType: chromium, max: 3 });
 * const title = await pool.withPage(async (page) => {
 *   await page.goto('https://example.com');
 *   return page.title();
 * });
 */
export class BrowserPool<B extends BrowserLike> implements AsyncDisposable {
  readonly #options: ResolvedBrowserPoolOptions<B>;
  readonly #clock: Clock;
  readonly #pool: Pool<PooledBrowser<B>>;
  /** Browsers killed while they were starting: of those the generic pool knows only that no start came of it. */
  #killedAtLaunch = 0;
  /** Those of them that the shutdown had killed, once there is one. */
  #killedByClose: KilledBrowser[] | undefined = undefined;

  /** @throws {RangeError} or {TypeError} naming the option that is wrong */
  constructor(options: BrowserPoolOptions<B>) {
    this.#options = resolveBrowserPoolOptions(options);
    this.#clock = checkedClock(options.clock);
    const { browserType, launchOptions, healthCheckTimeout, healthCheckBypass, openTimeout: _, given, ...limits } = this.#options;
    this.#pool = new Pool<PooledBrowser<B>>({
      ...limits,
      ...given,
      validateTimeout: healthCheckTimeout,
      validateBypass: healthCheckBypass,
      create: async (context) =>
        launchBrowser(context, browserType, launchOptions, this.#clock, (pid) => this.#onKilledAtLaunch({ id: context.id, pid })),
      destroy: async (pooled) => pooled.close(),
      kill: async (pooled) => pooled.kill(),
      validate: async (pooled) => {
        this.#watchFds(pooled);
        return pooled.isHealthy();
      },
      reset: async (pooled) => {
        this.#watchFds(pooled);
        await pooled.tidy();
      },
    });
  }

  /** A browser, as soon as there is one. @throws (as a rejection) as {@link Pool.acquire} does */
  async acquire(options: WaitOptions = {}): Promise<BrowserLease<B>> {
    return new BrowserLease(await this.#pool.acquire(options));
  }

  /**
   * Runs `work` with a browser that is given back whatever happens. On abort its contexts are closed, so that `work` fails soon; but Playwright
   * then leaves a `newPage()` that is under way pending for ever: `work` must leave it by its `signal`, or is left behind after `closeTimeout`,
   * with its browser ({@link BrowserPool.withPage} does so itself).
   */
  async use<R>(work: (browser: B, context: { signal: AbortSignal }) => R | PromiseLike<R>, options: WaitOptions = {}): Promise<Awaited<R>> {
    callable('work', work);
    return this.#use(
      (lease, signal) => work(lease.resource.browser, { signal }),
      options,
      (pooled) => pooled.interrupt(),
    );
  }

  /** Runs `work` with a page and a context of its own; page, then context, are closed whatever happens. */
  async withPage<R>(
    work: (page: PageOf<B>, extra: PageWork<B>) => R | PromiseLike<R>,
    options: WaitOptions & { readonly contextOptions?: ContextOptionsOf<B> | undefined } = {},
  ): Promise<Awaited<R>> {
    callable('work', work);
    const { openTimeout, closeTimeout } = this.#options;
    return this.#use(
      (lease, signal) => {
        const onClosed = (durationMs: number): void => {
          this.#pool.emit({ type: 'pageClose', lease: lease.id, durationMs, hung: lease.resource.hung });
        };
        const limits = { contextOptions: options.contextOptions, signal, openTimeout, closeTimeout, clock: this.#clock, onClosed };
        return onPage(lease.resource, work, limits);
      },
      options,
      (pooled) => void pooled.closeContexts().catch(() => {}),
    );
  }

  /** As {@link Pool.closed}. */
  get closed(): boolean {
    return this.#pool.closed;
  }

  stats(): BrowserPoolStats {
    const entries = [...this.#pool.entries()];
    const usage = readUsage(entries.map(({ resource }) => resource.pid));
    const now = this.#clock.now();
    const browsers = entries.map(({ id, resource, bornAt, uses, failures }) => {
      const { fds = null, rssBytes = null } = usage.get(resource.pid) ?? {};
      const contexts = resource.browser.contexts().length;
      return { id, pid: resource.pid, ageMs: now - bornAt, uses, failures, contexts, fds, rssBytes };
    });
    const stats = this.#pool.stats();
    return { ...stats, killed: stats.killed + this.#killedAtLaunch, browsers };
  }

  /** Calls `listener` with every event of the pool, until the function that is returned is called. */
  observe(listener: PoolListener): () => void {
    return this.#pool.observe(listener);
  }

  /** As {@link Pool.close}; resolves with the browsers that had to be killed. */
  async close(options: { timeout?: number | undefined } = {}): Promise<CloseReport<KilledBrowser>> {
    const launching = (this.#killedByClose ??= []);
    const report = await this.#pool.close(options);
    return { ...report, killed: [...report.killed.map(({ id, resource }) => ({ id, pid: resource.pid })), ...launching] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #use<R>(
    work: (lease: Lease<PooledBrowser<B>>, signal: AbortSignal) => R | PromiseLike<R>,
    options: WaitOptions,
    onInterrupt: (pooled: PooledBrowser<B>) => void,
  ): Promise<Awaited<R>> {
    const lease = await this.#pool.acquire(options);
    const interrupt = (): void => onInterrupt(lease.resource);
    const grace = this.#options.closeTimeout;
    return useLease(lease, (signal) => work(lease, signal), { signal: options.signal, grace, clock: this.#clock, interrupt });
  }

  #onKilledAtLaunch(browser: KilledBrowser): void {
    this.#killedAtLaunch += 1;
    this.#killedByClose?.push(browser);
    this.#pool.emit({ type: 'kill', resource: browser.id });
  }

  /** Warns once when a browser's descriptors pass the threshold, and again only after they have been below it. */
  #watchFds(pooled: PooledBrowser<B>): void {
    const threshold = this.#options.fdAlertThreshold;
    const fds = countFds(pooled.pid);
    const above = fds !== null && fds > threshold;
    if (above && !pooled.fdsAlerted) {
      const alert: PoolEvent = { type: 'fds', resource: pooled.id, pid: pooled.pid, fds, threshold };
      this.#pool.emit(alert);
    }
    pooled.fdsAlerted = above;
  }
}
