import { callable, milliseconds, numberBetween, wholeNumber } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import { guardedLogger, type Logger } from './logger.ts';

/** See {@link CircuitBreaker}. Times are milliseconds. */
export interface CircuitBreakerOptions {
  /** This many failures within the window open the circuit; 5 by default. */
  readonly failureThreshold?: number | undefined;
  /** How long a failure counts; 300,000 by default. */
  readonly window?: number | undefined;
  /** How long a circuit stays open when it opens for the first time; 300,000 by default. */
  readonly cooldown?: number | undefined;
  /** By how much the cooldown grows each time that a probe fails; 2 by default. Closing resets it. */
  readonly cooldownFactor?: number | undefined;
  /** No cooldown is longer; twelve times `cooldown` by default. */
  readonly maxCooldown?: number | undefined;
  /** How many callers a half-open circuit lets through, all of whom must succeed; 1 by default. */
  readonly probes?: number | undefined;
  /** When a probe has taken this long, the next caller gets its place, and its signal aborts; 30,000 by default. */
  readonly probeTimeout?: number | undefined;
  /** How many circuits are remembered. Keys without failures need no memory; 10,000 by default. */
  readonly maxKeys?: number | undefined;
  /** Which errors count; all by default. What it says no to counts neither as a failure nor as a success. */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** The options, checked and complete. */
export interface CircuitSettings {
  readonly failureThreshold: number;
  readonly window: number;
  readonly cooldown: { readonly cooldown: number; readonly factor: number; readonly max: number };
  readonly probes: number;
  readonly probeTimeout: number;
  readonly maxKeys: number;
  readonly isFailure: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How much longer than the first cooldown the longest one is, unless the options say otherwise: an hour for five minutes. */
const COOLDOWN_GROWTH = 12;

/** @throws TypeError or RangeError that names the option */
export function circuitSettings(options: CircuitBreakerOptions): CircuitSettings {
  const cooldown = milliseconds('cooldown', options.cooldown ?? 300_000);
  const isFailure = options.isFailure ?? (() => true);
  callable('isFailure', isFailure);
  return {
    failureThreshold: wholeNumber('failureThreshold', options.failureThreshold ?? 5, { least: 1 }),
    window: milliseconds('window', options.window ?? 300_000),
    cooldown: {
      cooldown,
      factor: numberBetween('cooldownFactor', options.cooldownFactor ?? 2, { least: 1 }),
      max: numberBetween('maxCooldown', options.maxCooldown ?? cooldown * COOLDOWN_GROWTH, { least: cooldown, most: Infinity }),
    },
    probes: wholeNumber('probes', options.probes ?? 1, { least: 1 }),
    probeTimeout: numberBetween('probeTimeout', options.probeTimeout ?? 30_000, { least: 1 }),
    maxKeys: wholeNumber('maxKeys', options.maxKeys ?? 10_000, { least: 1 }),
    isFailure,
    clock: checkedClock(options.clock),
    logger: guardedLogger(options.logger),
  };
}
