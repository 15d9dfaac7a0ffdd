import { abortReason, isAborted, TimeoutError, watch, withinLimits } from './abort.ts';
import { ExponentialBackoff, pause } from './backoff.ts';
import { abortSignal, callable, havingFunctions, milliseconds, wholeNumber } from './checks.ts';
import { checkedClock, type Clock } from './clock.ts';
import { guarded } from './guarded.ts';
import { errorFields, guardedLogger, type Logger } from './logger.ts';
import { retryAfterOf } from './retryAfter.ts';
import type { RetryBudget } from './retryBudget.ts';

/** What `retry` hands to the function it calls. */
export interface AttemptContext {
  /** Counted from 0. */
  readonly attempt: number;
  /** Aborts with the caller's signal, and when the deadline has passed. */
  readonly signal: AbortSignal;
}

/** A repetition that is about to happen, or (without `delayMs`) one that will not. */
export interface RetryEvent {
  readonly attempt: number;
  readonly error: unknown;
  /** Milliseconds until the next attempt; `undefined` where there is none. */
  readonly delayMs: number | undefined;
}

/** See {@link retry}. Times are milliseconds. */
export interface RetryOptions {
  /** How often `fn` is called at most; 3 by default. */
  readonly attempts?: number | undefined;
  readonly backoff?: ExponentialBackoff | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long all of it may take, from the call; without end by default. No wait begins that would end later. */
  readonly deadline?: number | undefined;
  /** Whether to repeat after this error; after every error by default. If it throws itself, there is no repetition. */
  readonly shouldRetry?: ((error: unknown, context: { readonly attempt: number }) => boolean | PromiseLike<boolean>) | undefined;
  readonly budget?: RetryBudget | undefined;
  /** Where a server asks for a longer wait than this, the error is final; 300,000 by default. */
  readonly maxRetryAfter?: number | undefined;
  /** Hears of every failed attempt, for metrics. */
  readonly onFailure?: ((event: RetryEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** Before the next attempt: in all, and the part that the back-off drew. */
interface Wait {
  readonly delayMs: number;
  readonly backoffMs: number;
}

type Attempt<T> = (context: AttemptContext) => T | PromiseLike<T>;

/** It has no state: one serves everybody. */
const DEFAULT_BACKOFF = new ExponentialBackoff();

/**
 * Calls `fn` until it succeeds, waiting between attempts as `backoff` says, or longer where the server asked for it
 * (`Retry-After`, `CircuitOpenError.retryAfterMs`): then the back-off's jitter comes on top, so that those who were told of the same moment
 * do not come back together. It gives up with the last error, as it came. An abort and the deadline end it at once, also in the middle of an attempt or a wait, and
 * `fn` is not called again.
 *
 * @throws what `fn` threw last, the signal's reason, or {@link TimeoutError} at the deadline, with the last error as its `cause`
 * @example
 * let calls = 0;
 * const answer = await retry(
 *   async () => {
 *     calls += 1;
 *     if (calls < 3) throw new Error('not yet');
 *     return 42;
 *   },
 *   { attempts: 5, backoff: new ExponentialBackoff({ baseDelay: 10 }), deadline: 5_000 },
 * ); // 42
 */
export async function retry<T>(fn: Attempt<T>, options: RetryOptions = {}): Promise<T> {
  callable('fn', fn);
  const run = new Run(options);
  return run.finish(fn);
}

/** One call of {@link retry}. */
class Run {
  readonly #attempts: number;
  readonly #backoff: ExponentialBackoff;
  readonly #deadline: number;
  readonly #maxRetryAfter: number;
  readonly #options: RetryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #controller: AbortController | undefined = undefined;
  #lastError: unknown = undefined;

  constructor(options: RetryOptions) {
    this.#attempts = wholeNumber('attempts', options.attempts ?? 3, { least: 1, infinite: true });
    this.#deadline = milliseconds('deadline', options.deadline ?? Infinity);
    this.#maxRetryAfter = milliseconds('maxRetryAfter', options.maxRetryAfter ?? 300_000);
    abortSignal('signal', options.signal);
    if (options.backoff !== undefined) havingFunctions('backoff', options.backoff, ['delay']);
    if (options.budget !== undefined) havingFunctions('budget', options.budget, ['deposit', 'withdraw']);
    if (options.shouldRetry !== undefined) callable('shouldRetry', options.shouldRetry);
    if (options.onFailure !== undefined) callable('onFailure', options.onFailure);
    this.#clock = checkedClock(options.clock);
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.#logger = guardedLogger(options.logger);
    this.#options = options;
  }

  /** Made when somebody asks for it: most attempts neither listen nor can be ended early. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  async finish<T>(fn: Attempt<T>): Promise<T> {
    const { signal: outer, budget } = this.#options;
    if (outer?.aborted === true) throw abortReason(outer);
    const limited = outer !== undefined || this.#deadline !== Infinity;
    const stop = limited ? this.#watchLimits(outer) : undefined;
    budget?.deposit();
    const endsAt = this.#clock.now() + this.#deadline;
    try {
      let previous: Wait | undefined;
      for (let attempt = 0; ; attempt += 1) {
        const context = new Context(this, attempt);
        try {
          return await (limited ? withinLimits(call(fn, context), { signal: this.signal }) : fn(context));
        } catch (error) {
          // Also what `fn` made of the abort: the caller gets the reason itself.
          if (limited && isAborted(this.signal)) throw abortReason(this.signal);
          this.#lastError = error;
          previous = await this.#waitAfter(error, attempt, previous, endsAt);
          if (previous === undefined) throw error;
        }
        await pause(previous.delayMs, limited ? this.signal : undefined, this.#clock);
      }
    } finally {
      stop?.();
    }
  }

  /** How long to wait after this failure; `undefined` where it was the last attempt. */
  async #waitAfter(error: unknown, attempt: number, previous: Wait | undefined, endsAt: number): Promise<Wait | undefined> {
    const wait = (await this.#mayRepeat(error, attempt)) ? this.#wait(error, attempt, previous, endsAt) : undefined;
    const allowed = wait !== undefined && this.#options.budget?.withdraw() !== false;
    const delayMs = allowed ? wait.delayMs : undefined;
    this.#tell({ attempt, error, delayMs });
    const fields = { event: allowed ? 'retry.wait' : 'retry.giveUp', attempt, delayMs, error: errorFields(error) };
    this.#logger[allowed ? 'info' : 'warn'](fields, allowed ? 'attempt failed, trying again' : 'attempt failed, giving up');
    return allowed ? wait : undefined;
  }

  #tell(event: RetryEvent): void {
    guarded(
      () => this.#options.onFailure?.(event),
      (cause) => {
        this.#logger.error({ event: 'retry.onFailureThrew', error: errorFields(cause) }, 'onFailure threw');
      },
    );
  }

  async #mayRepeat(error: unknown, attempt: number): Promise<boolean> {
    if (attempt + 1 >= this.#attempts) return false;
    const { shouldRetry } = this.#options;
    if (shouldRetry === undefined) return true;
    try {
      return await withinLimits(Promise.resolve(shouldRetry(error, { attempt })), { signal: this.signal });
    } catch (cause) {
      if (isAborted(this.signal)) throw cause;
      // It cannot tell: the error is the last, and the caller gets it, not the classification's.
      this.#logger.error({ event: 'retry.shouldRetryThrew', error: errorFields(cause) }, 'shouldRetry threw');
      return false;
    }
  }

  #wait(error: unknown, attempt: number, previous: Wait | undefined, endsAt: number): Wait | undefined {
    const asked = retryAfterOf(error, Date.now()) ?? 0;
    if (asked > this.#maxRetryAfter) return undefined;
    const backoffMs = this.#backoff.delay(attempt, previous?.backoffMs);
    // Jitter goes on top, not instead: all who were told of the same moment would come back at it together.
    const delayMs = this.#backoff.jitter === 'none' ? Math.max(asked, backoffMs) : asked + backoffMs;
    return this.#clock.now() + delayMs < endsAt ? { delayMs, backoffMs } : undefined;
  }

  /** Passes the caller's abort and the deadline on to the attempt. */
  #watchLimits(outer: AbortSignal | undefined): () => void {
    const controller = new AbortController();
    this.#controller = controller;
    const stop = watch({ signal: outer }, (reason) => {
      controller.abort(reason);
    });
    if (this.#deadline === Infinity) return stop;
    const timer = this.#clock.setTimeout(
      () => {
        const options = this.#lastError === undefined ? {} : { cause: this.#lastError };
        controller.abort(new TimeoutError(`Gave up after ${this.#deadline} ms`, this.#deadline, options));
      },
      this.#deadline,
      { keepAlive: true },
    );
    return () => {
      stop();
      timer.cancel();
    };
  }
}

class Context implements AttemptContext {
  readonly attempt: number;
  readonly #run: Run;

  constructor(run: Run, attempt: number) {
    this.#run = run;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }
}

/** Calls `fn`; what it throws before its first `await` becomes a rejection too. */
async function call<T>(fn: Attempt<T>, context: AttemptContext): Promise<T> {
  return fn(context);
}
