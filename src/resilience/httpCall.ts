import { abortReason, TimeoutError, watch } from './abort.ts';
import type { Clock, Timer } from './clock.ts';
import type { HttpEvents, HttpOutcome } from './httpEvents.ts';
import type { HttpOrigin } from './httpOrigin.ts';
import { errorFields } from './logger.ts';
import type { Permit } from './semaphore.ts';
import type { WireListener } from './undici.ts';

/** What a call tells its pool. */
export interface HttpCallListener {
  onSent(): void;
  originOf(name: string): HttpOrigin;
  /** It has left nothing behind at these origins. */
  onFinished(call: HttpCall, origins: readonly HttpOrigin[]): void;
}

export interface HttpCallOptions {
  readonly id: string;
  readonly origin: HttpOrigin;
  readonly signal: AbortSignal | undefined;
  readonly poolTimeout: number;
  readonly bodyTimeout: number;
  readonly clock: Clock;
  readonly events: HttpEvents;
  readonly listener: HttpCallListener;
}

/**
 * One request from the moment it was asked for until the last byte of its answer, or until it was given up. It has a turn for as long as it
 * may occupy a connection. When it is aborted its caller hears of that at once, whatever the client does with it then.
 */
export class HttpCall implements WireListener {
  readonly id: string;
  readonly #options: HttpCallOptions;
  readonly #abort = new AbortController();
  readonly #begun: number;
  #reject: (reason: Error) => void = () => {};
  #permit: Permit | undefined = undefined;
  /** Where redirects led. */
  readonly #visited: HttpOrigin[] = [];
  #stopWatching = (): void => {};
  #bodyTimer: Timer | undefined = undefined;
  #progressAt = 0;
  #abortWire: ((reason: Error) => void) | undefined = undefined;
  #underWay = 0;
  #answered = false;
  #outcome: HttpOutcome = 'complete';
  #error: unknown = undefined;
  #finished = false;

  constructor(options: HttpCallOptions) {
    this.id = options.id;
    this.#options = options;
    this.#begun = options.clock.now();
  }

  /**
   * Waits for a turn and sends. Resolves when the answer has begun; the call itself goes on until the answer is complete.
   *
   * @param send starts the request; the signal it gets is the call's own
   */
  async run<R>(send: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { signal, poolTimeout, clock, origin } = this.#options;
    try {
      this.#stopWatching = watch({ signal }, (reason) => this.#cancel(reason));
      if (signal?.aborted === true) {
        this.#outcome = 'aborted';
        throw abortReason(signal);
      }
      this.#permit = await origin.turns.acquire({ signal: this.#abort.signal, timeout: poolTimeout });
      // Between the grant and this line it may have been aborted.
      if (this.#abort.signal.aborted) throw abortReason(this.#abort.signal);
      const aborted = new Promise<never>((_resolve, reject) => {
        this.#reject = reject;
      });
      this.#progressAt = clock.now();
      const answer = await Promise.race([send(this.#abort.signal), aborted]);
      this.#answered = true;
      if (this.#underWay === 0) this.#finish();
      else this.#watchBody(this.#options.bodyTimeout);
      return answer;
    } catch (error) {
      this.#fail(error);
      this.#finish();
      throw error;
    }
  }

  /** Ends it if it still waits for its turn. */
  abortWaiting(reason: Error): void {
    if (this.#permit === undefined) this.abort(reason);
  }

  /** Ends it, wherever it stands. */
  abort(reason: Error): void {
    if (this.#finished) return;
    this.#fail(reason);
    this.#abort.abort(reason);
    this.#abortWire?.(reason);
    this.#reject(reason);
    if (this.#answered) this.#finish();
  }

  onDispatched(name: string): void {
    this.#underWay += 1;
    const { origin, listener } = this.#options;
    if (name === origin.name) return;
    const visited = listener.originOf(name);
    if (this.#visited.includes(visited)) return;
    visited.visitors += 1;
    this.#visited.push(visited);
  }

  onSent(abort: (reason: Error) => void): void {
    this.#abortWire = abort;
    this.#options.listener.onSent();
    const { events } = this.#options;
    if (!events.quiet) events.emit({ type: 'sent', request: this.id, waitMs: this.#ageMs() });
  }

  onResponse(status: number): void {
    this.onProgress();
    const { events } = this.#options;
    if (!events.quiet) events.emit({ type: 'response', request: this.id, status, durationMs: this.#ageMs() });
  }

  onProgress(): void {
    this.#progressAt = this.#options.clock.now();
  }

  onEnded(error?: Error): void {
    if (error !== undefined) this.#fail(error);
    this.#underWay -= 1;
    this.#abortWire = undefined;
    if (this.#answered && this.#underWay === 0) this.#finish();
  }

  /** undici's own limit stands still while nobody reads; this one does not, or a body that is never read would keep its connection. */
  #watchBody(delayMs: number): void {
    const { bodyTimeout, clock } = this.#options;
    if (bodyTimeout === Infinity) return;
    this.#bodyTimer = clock.setTimeout(() => {
      const left = this.#progressAt + bodyTimeout - clock.now();
      if (left > 0) this.#watchBody(left);
      else this.abort(new TimeoutError(`The body of ${this.id} made no progress for ${bodyTimeout} ms`, bodyTimeout));
    }, delayMs);
  }

  /** The caller wants it no longer. */
  #cancel(reason: Error): void {
    this.#outcome = 'aborted';
    this.abort(reason);
  }

  /** Remembers why it ends: the first reason, not what follows from it. */
  #fail(error: unknown): void {
    this.#error ??= error;
    if (this.#outcome === 'complete') this.#outcome = 'failed';
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#report();
    this.#stopWatching();
    this.#bodyTimer?.cancel();
    const { origin, listener } = this.#options;
    const origins = [origin, ...this.#visited];
    for (const visited of this.#visited) visited.visitors -= 1;
    if (this.#permit !== undefined) {
      this.#permit.release();
      for (const used of origins) used.dropUnwanted();
    }
    listener.onFinished(this, origins);
  }

  /** Milliseconds since it was asked for. */
  #ageMs(): number {
    return this.#options.clock.now() - this.#begun;
  }

  #report(): void {
    const { events } = this.#options;
    if (events.quiet) return;
    const error = this.#outcome === 'complete' ? {} : { error: errorFields(this.#error) };
    events.emit({ type: 'end', request: this.id, outcome: this.#outcome, durationMs: this.#ageMs(), ...error });
  }
}
