import type { BrowserLike, BrowserTypeLike } from './browserTypes.ts';
import { anObject, callable, milliseconds, wholeNumber } from './checks.ts';
import type { PoolOptions } from './poolOptions.ts';
import type { Resolved } from './resolved.ts';

type Shared = Pick<PoolOptions<unknown>, 'maxUses' | 'maxFailures' | 'maxAge' | 'idleTimeout' | 'acquireTimeout' | 'closeTimeout'> &
  Pick<PoolOptions<unknown>, 'shutdownTimeout' | 'superviseInterval' | 'logger' | 'clock' | 'random' | 'name'>;

/** Times are milliseconds; `Infinity` turns a limit off. */
export interface BrowserPoolOptions<B extends BrowserLike> extends Shared {
  /** Playwright's `chromium`, `firefox` or `webkit`. */
  readonly browserType: BrowserTypeLike<B>;
  /** For Playwright's `launchServer`. Its signal handlers are off unless they are turned on here: see `Lifecycle`. */
  readonly launchOptions?: object | undefined;
  /** How many browsers may exist at once. Default 3. */
  readonly max?: number | undefined;
  /** How long a browser may take to open and close a page before it is given out. Default 5 s. */
  readonly healthCheckTimeout?: number | undefined;
  /** A browser used less than this long ago is given out without that check. Default 500 ms. */
  readonly healthCheckBypass?: number | undefined;
  /** How long a browser may take to open the context, and then the page, of a `withPage`; one that takes longer is replaced. Default 10 s. */
  readonly openTimeout?: number | undefined;
  /** Descriptors of one browser's main process above which the log warns. Default 800. */
  readonly fdAlertThreshold?: number | undefined;
}

export type ResolvedBrowserPoolOptions<B extends BrowserLike> = Resolved<Omit<BrowserPoolOptions<B>, 'logger' | 'clock' | 'random'>> & {
  readonly given: Pick<BrowserPoolOptions<B>, 'logger' | 'clock' | 'random'>;
};

/** Options with their defaults; what the pool underneath checks is left to it. */
export function resolveBrowserPoolOptions<B extends BrowserLike>(given: BrowserPoolOptions<B>): ResolvedBrowserPoolOptions<B> {
  anObject('options', given);
  callable('browserType.launchServer', (given.browserType as Partial<BrowserTypeLike<B>> | undefined)?.launchServer);
  callable('browserType.connect', given.browserType.connect);
  const { launchOptions = {}, logger, clock, random } = given;
  anObject('launchOptions', launchOptions);
  return {
    browserType: given.browserType,
    launchOptions,
    max: given.max ?? 3,
    healthCheckTimeout: milliseconds('healthCheckTimeout', given.healthCheckTimeout ?? 5_000),
    healthCheckBypass: milliseconds('healthCheckBypass', given.healthCheckBypass ?? 500),
    openTimeout: milliseconds('openTimeout', given.openTimeout ?? 10_000),
    maxAge: given.maxAge ?? 300_000,
    maxUses: given.maxUses ?? 1_000,
    maxFailures: given.maxFailures ?? 3,
    idleTimeout: given.idleTimeout ?? 60_000,
    acquireTimeout: given.acquireTimeout ?? 30_000,
    closeTimeout: given.closeTimeout ?? 3_000,
    shutdownTimeout: given.shutdownTimeout ?? 10_000,
    superviseInterval: given.superviseInterval ?? 15_000,
    fdAlertThreshold: wholeNumber('fdAlertThreshold', given.fdAlertThreshold ?? 800, { least: 1, infinite: true }),
    name: given.name ?? 'browser',
    given: { logger, clock, random },
  };
}
