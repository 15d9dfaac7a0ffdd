import type { PoolStats } from './poolStats.ts';
import { anObject, numberBetween } from './checks.ts';
import type { CheckResult, HealthCheck, HealthStatus } from './healthReport.ts';
import { fdUsage, type FdUsage } from './processUsage.ts';

/** Shares of a limit, in (0, 1]: from where on something is degraded, and from where on unhealthy. */
export interface Shares {
  readonly degraded?: number | undefined;
  readonly unhealthy?: number | undefined;
}

/** The numbers of a pool that {@link poolCheck} looks at. */
export type PoolCounts = Pick<
  PoolStats,
  'max' | 'starting' | 'live' | 'closing' | 'idle' | 'leased' | 'waiting' | 'launched' | 'launchFailures'
>;

/**
 * Whether a pool (of browsers, say) has something to give: degraded while users wait; unhealthy when they wait in vain, because not one
 * resource lives and launches fail. Starting on demand and closing what is idle are neither. Launches count as failing from the first
 * failure until a check sees that one has worked; nobody waiting, the pool is only degraded by it, for it is the next user who finds out.
 * One that was closed is unhealthy.
 *
 * @example
 * const pool = new Pool({ create: () => ({}), max: 3 });
 * const check = poolCheck(pool);
 * check(); // { status: 'healthy', available: 3, … }
 */
export function poolCheck(pool: { readonly closed?: boolean | undefined; stats(): PoolCounts }): () => CheckResult {
  let before = { launched: 0, launchFailures: 0 };
  let failing = false;
  return () => {
    const { closed = false } = pool;
    const { max, starting, live, closing, idle, leased, waiting, launched, launchFailures } = pool.stats();
    const room = idle + Math.max(0, max - starting - live - closing);
    // There is room, somebody waits, and nothing starts: a back-off.
    const backsOff = live === 0 && starting === 0 && waiting > 0 && room > 0;
    const works = live > 0 || launched > before.launched;
    failing = backsOff || (!works && (failing || launchFailures > before.launchFailures));
    before = { launched, launchFailures };
    const status = closed || (failing && waiting > 0) ? 'unhealthy' : failing || waiting > 0 ? 'degraded' : 'healthy';
    return { status, available: closed ? 0 : room, max, starting, idle, leased, closing, waiting, closed };
  };
}

/** Whether an HTTP pool keeps up: degraded while requests wait for a connection, unhealthy when it was closed. */
export function httpPoolCheck(pool: {
  readonly closed?: boolean | undefined;
  stats(): { readonly active: number; readonly idle: number; readonly waiting: number };
}): () => CheckResult {
  return () => {
    const { closed = false } = pool;
    const { active, idle, waiting } = pool.stats();
    return { status: closed ? 'unhealthy' : waiting > 0 ? 'degraded' : 'healthy', active, idle, waiting, closed };
  };
}

/**
 * Whether a breaker keeps callers away from something: degraded while a circuit is open or being probed. One that waits for its first probe
 * keeps nobody away, and may wait for ever if nobody calls for that key again.
 */
export function breakerCheck(breaker: { stats(): { readonly open: number; readonly halfOpen: number } }): () => CheckResult {
  return () => {
    const { open, halfOpen } = breaker.stats();
    return { status: open + halfOpen > 0 ? 'degraded' : 'healthy', open, halfOpen };
  };
}

/**
 * Whether this process stays clear of its limit of file descriptors; degraded from 80 % on, unhealthy from 95 % on. Where they cannot be
 * counted the check says so, and does not pretend to know.
 */
export function fdCheck({
  degraded = 0.8,
  unhealthy = 0.95,
  usage = fdUsage,
}: Shares & { readonly usage?: (() => Promise<FdUsage | undefined>) | undefined } = {}): HealthCheck {
  const statusOf = shareStatus(degraded, unhealthy);
  return async () => {
    const fds = await usage();
    if (fds === undefined) return { status: 'healthy', unavailable: 'file descriptors cannot be counted on this platform' };
    return { status: statusOf(fds.used / fds.limit), used: fds.used, limit: Number.isFinite(fds.limit) ? fds.limit : null };
  };
}

/** Whether this process's resident memory stays below `limitBytes`; degraded from 80 % on, unhealthy from 95 % on. */
export function memoryCheck(
  options: Shares & { readonly limitBytes: number; readonly rss?: (() => number) | undefined },
): () => CheckResult {
  anObject('options', options);
  const { limitBytes, degraded = 0.8, unhealthy = 0.95, rss = () => process.memoryUsage.rss() } = options;
  numberBetween('limitBytes', limitBytes, { least: 1 });
  const statusOf = shareStatus(degraded, unhealthy);
  return () => {
    const rssBytes = rss();
    return { status: statusOf(rssBytes / limitBytes), rssBytes, limitBytes };
  };
}

function shareStatus(degraded: number, unhealthy: number): (share: number) => HealthStatus {
  numberBetween('degraded', degraded, { least: 0, most: 1 });
  numberBetween('unhealthy', unhealthy, { least: degraded, most: 1 });
  return (share) => (share >= unhealthy ? 'unhealthy' : share >= degraded ? 'degraded' : 'healthy');
}
