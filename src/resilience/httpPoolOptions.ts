import { milliseconds, wholeNumber } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import { guardedLogger, type Logger } from './logger.ts';
import type { Resolved } from './resolved.ts';

/** Times are milliseconds; `Infinity` turns a limit off. So does 0 for the three that undici has too: connect, headers, body. */
export interface HttpPoolOptions {
  /** Connections per origin. Default 10. */
  readonly connections?: number | undefined;
  /** Requests that may be under way on one connection. Default 1. */
  readonly pipelining?: number | undefined;
  /** How long a connection may rest before it is closed, unless the server says sooner. Default 4 s. */
  readonly keepAliveTimeout?: number | undefined;
  /** Default 10 s. */
  readonly connectTimeout?: number | undefined;
  /** How long a server may take to begin its answer. Default 30 s; undici checks about once a second. */
  readonly headersTimeout?: number | undefined;
  /** How long a body may make no progress, be it that the server does not send or that nobody reads. Default 30 s. */
  readonly bodyTimeout?: number | undefined;
  /** How long a request waits for its turn, and again where it is redirected to another origin. Default 30 s. */
  readonly poolTimeout?: number | undefined;
  /** How long {@link HttpPool.close} waits for requests under way. Default 10 s. */
  readonly shutdownTimeout?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** Options with their defaults, checked. @throws {RangeError} or {TypeError} naming the option that is wrong */
export function resolveHttpPoolOptions(given: HttpPoolOptions): Resolved<HttpPoolOptions> {
  return {
    connections: wholeNumber('connections', given.connections ?? 10, { least: 1 }),
    pipelining: wholeNumber('pipelining', given.pipelining ?? 1, { least: 1 }),
    keepAliveTimeout: milliseconds('keepAliveTimeout', given.keepAliveTimeout ?? 4_000),
    connectTimeout: limit('connectTimeout', given.connectTimeout ?? 10_000),
    headersTimeout: limit('headersTimeout', given.headersTimeout ?? 30_000),
    bodyTimeout: limit('bodyTimeout', given.bodyTimeout ?? 30_000),
    poolTimeout: milliseconds('poolTimeout', given.poolTimeout ?? 30_000),
    shutdownTimeout: milliseconds('shutdownTimeout', given.shutdownTimeout ?? 10_000),
    logger: guardedLogger(given.logger),
    clock: checkedClock(given.clock),
  };
}

/** 0 is no limit here. @throws {RangeError} or {TypeError} that names the option */
export function limit(option: string, value: number): number {
  return milliseconds(option, value) === 0 ? Infinity : value;
}
