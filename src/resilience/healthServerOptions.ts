import { anObject, havingFunctions, lifecycleLike, milliseconds, nonEmptyString, wholeNumber } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import type { HealthCheck } from './healthReport.ts';
import { guardedLogger, type Logger } from './logger.ts';

/** What `/metrics` is made of; a registry of prom-client fits. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** See {@link createHealthServer}. Times are milliseconds. */
export interface HealthServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** '127.0.0.1' by default: what the checks say is not for everybody. */
  readonly host?: string | undefined;
  readonly checks?: Readonly<Record<string, HealthCheck>> | undefined;
  /** Without one, `/metrics` is not found. */
  readonly registry?: MetricsRegistry | undefined;
  /** While it is not ready, `/health` and `/ready` answer 503. */
  readonly lifecycle?: { readonly ready: boolean } | undefined;
  /** How long results are used again; 1,000 by default. */
  readonly cacheMs?: number | undefined;
  /** A check that takes longer is unhealthy; 5,000 by default. */
  readonly checkTimeout?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** The options, checked and complete. */
export interface HealthServerSettings {
  readonly port: number;
  readonly host: string;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly registry: MetricsRegistry | undefined;
  readonly lifecycle: { readonly ready: boolean } | undefined;
  readonly cacheMs: number;
  readonly checkTimeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws TypeError or RangeError that names the option */
export function resolveHealthServerOptions(options: HealthServerOptions): HealthServerSettings {
  anObject('options', options);
  const { host = '127.0.0.1', checks = {}, registry, lifecycle } = options;
  const port = wholeNumber('port', options.port, { least: 0 });
  if (port > 65_535) throw new RangeError(`port must be at most 65535, got ${port}`);
  // To Node, a host that is none means every interface.
  nonEmptyString('host', host);
  anObject('checks', checks);
  if (registry !== undefined) {
    havingFunctions('registry', registry, ['metrics']);
    nonEmptyString('registry.contentType', registry.contentType);
  }
  if (lifecycle !== undefined) lifecycleLike(lifecycle);
  return {
    ...{ port, host, checks, registry, lifecycle },
    cacheMs: milliseconds('cacheMs', options.cacheMs ?? 1_000),
    checkTimeout: milliseconds('checkTimeout', options.checkTimeout ?? 5_000),
    clock: checkedClock(options.clock),
    logger: guardedLogger(options.logger),
  };
}
