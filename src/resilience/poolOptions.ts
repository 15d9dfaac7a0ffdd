import { anObject, callable, milliseconds, nonEmptyString, numberBetween, wholeNumber } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import { guardedLogger, type Logger } from './logger.ts';
import type { Resolved } from './resolved.ts';

/** What `create` is told. */
export interface CreateContext {
  /** The correlation id under which log lines speak of this resource. */
  readonly id: string;
  /** Aborts when nobody needs the resource any more (shutdown, or `createTimeout`). What was begun must then be ended. */
  readonly signal: AbortSignal;
  /** To be called when the resource dies by itself, so that it is replaced at once and not on its next use. */
  readonly lost: () => void;
}

/** Times are milliseconds; `Infinity` turns a limit off. */
export interface PoolOptions<T> {
  /** Starts a resource. It may be slow, fail, throw; after a failure the next start waits, longer each time. */
  readonly create: (context: CreateContext) => T | PromiseLike<T>;
  /** Ends a resource; the slot counts as taken until it is done. Default: `kill`, and nothing where there is none either. */
  readonly destroy?: ((resource: T) => unknown) | undefined;
  /** Ends a resource by force, after `destroy` took longer than `closeTimeout` or failed, or the shutdown has no time left. */
  readonly kill?: ((resource: T) => unknown) | undefined;
  /** Is the resource fit to be handed out? `false`, an error and no answer within `validateTimeout` all mean no. */
  readonly validate?: ((resource: T) => boolean | PromiseLike<boolean>) | undefined;
  /** Cleans up after a holder, before the next one gets the resource. An error means that it is not fit any more. */
  readonly reset?: ((resource: T) => void | PromiseLike<void>) | undefined;
  /** How many resources may exist at once, counting those that are starting and those that are not gone yet. */
  readonly max: number;
  /** How long {@link Pool.acquire} waits unless told otherwise. Default 30 s. */
  readonly acquireTimeout?: number | undefined;
  /** After this long `create` is told to give up. Default: never. */
  readonly createTimeout?: number | undefined;
  /** Default 5 s. */
  readonly validateTimeout?: number | undefined;
  /** A resource used less than this long ago, and without failing, is handed out without a check. Default 500 ms, as HikariCP has it. */
  readonly validateBypass?: number | undefined;
  /** How often resting resources are checked in the background. Default: never. */
  readonly superviseInterval?: number | undefined;
  /** How long a resource may rest before it is ended. Default: for ever. */
  readonly idleTimeout?: number | undefined;
  /** Age at which a resource is replaced, less up to 2.5 % so that those born together do not end together. Default: none. */
  readonly maxAge?: number | undefined;
  /** Uses after which a resource is replaced. Default: none. */
  readonly maxUses?: number | undefined;
  /** Failed uses in a row after which a resource is replaced. Default: none. */
  readonly maxFailures?: number | undefined;
  /** How long `destroy` may take before `kill`. Default 3 s. */
  readonly closeTimeout?: number | undefined;
  /** How long {@link Pool.close} may take unless told otherwise. Default 10 s. */
  readonly shutdownTimeout?: number | undefined;
  /** The pool's name in logs and errors. Default `pool`. */
  readonly name?: string | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  /** Numbers in [0, 1), for the variance of `maxAge` and of the back-off. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export type ResolvedPoolOptions<T> = Resolved<PoolOptions<T>> & {
  readonly validates: boolean;
  readonly kills: boolean;
  readonly resets: boolean;
};

const nothing = (): void => {};

/** Options with their defaults, checked. @throws {RangeError} or {TypeError} naming the option that is wrong */
export function resolvePoolOptions<T>(given: PoolOptions<T>): ResolvedPoolOptions<T> {
  anObject('options', given);
  const options: ResolvedPoolOptions<T> = {
    create: given.create,
    destroy: given.destroy ?? given.kill ?? nothing,
    kill: given.kill ?? nothing,
    validate: given.validate ?? (() => true),
    reset: given.reset ?? nothing,
    max: wholeNumber('max', given.max, { least: 1 }),
    acquireTimeout: milliseconds('acquireTimeout', given.acquireTimeout ?? 30_000),
    createTimeout: milliseconds('createTimeout', given.createTimeout ?? Infinity),
    validateTimeout: milliseconds('validateTimeout', given.validateTimeout ?? 5_000),
    validateBypass: milliseconds('validateBypass', given.validateBypass ?? 500),
    superviseInterval: numberBetween('superviseInterval', given.superviseInterval ?? Infinity, { least: 1, most: Infinity }),
    idleTimeout: milliseconds('idleTimeout', given.idleTimeout ?? Infinity),
    maxAge: milliseconds('maxAge', given.maxAge ?? Infinity),
    maxUses: wholeNumber('maxUses', given.maxUses ?? Infinity, { least: 1, infinite: true }),
    maxFailures: wholeNumber('maxFailures', given.maxFailures ?? Infinity, { least: 1, infinite: true }),
    closeTimeout: milliseconds('closeTimeout', given.closeTimeout ?? 3_000),
    shutdownTimeout: milliseconds('shutdownTimeout', given.shutdownTimeout ?? 10_000),
    name: given.name ?? 'pool',
    logger: guardedLogger(given.logger),
    clock: checkedClock(given.clock),
    random: given.random ?? Math.random,
    validates: given.validate !== undefined,
    kills: given.kill !== undefined && given.destroy !== undefined,
    resets: given.reset !== undefined,
  };
  nonEmptyString('name', options.name);
  // `kill` first: where there is no `destroy`, it stands for both.
  for (const name of ['create', 'kill', 'destroy', 'validate', 'reset', 'random'] as const) callable(name, options[name]);
  return options;
}
