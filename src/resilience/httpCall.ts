import { abortReason, TimeoutError, watch } from './abort.ts';
import type { Clock, Timer } from './clock.ts';
import type { HttpEvents, HttpOutcome } from './httpEvents.ts';
import type { WireExchange, WireListener } from './httpExchange.ts';
import type { HttpOrigin } from './httpOrigin.ts';
import { errorFields } from './logger.ts';
import { watchBody } from './requestBody.ts';
import type { Permit } from './semaphore.ts';

/** What a call tells its pool. */
export interface HttpCallListener {
  /** It found all turns of this origin taken. */
  onExhausted(call: HttpCall, origin: HttpOrigin): void;
  onSent(origin: HttpOrigin): void;
  originOf(name: string): HttpOrigin;
  /** It has left nothing behind at this origin. */
  onLeft(origin: HttpOrigin): void;
  onFinished(call: HttpCall): void;
}

export interface HttpCallOptions {
  readonly id: string;
  readonly origin: HttpOrigin;
  readonly signal: AbortSignal | undefined;
  /** Of the request. */
  readonly body: unknown;
  readonly poolTimeout: number;
  readonly bodyTimeout: number;
  readonly clock: Clock;
  readonly events: HttpEvents;
  readonly listener: HttpCallListener;
}

/** How long the rest of a redirect's answer may take, in milliseconds: about as long as the new connection that it is to save. */
const DISCARD_TIME = 100;

/**
 * One request from the moment it was asked for until the last byte of its answer, or until it was given up. It has a turn for as long as it
 * may occupy a connection; where a redirect leads to another origin, it gives its turn back and waits for one there. When it is aborted its
 * caller hears of that at once, whatever the client does with it then.
 */
export class HttpCall implements WireListener {
  readonly id: string;
  readonly #options: HttpCallOptions;
  readonly #abort = new AbortController();
  readonly #begun: number;
  #reject: (reason: Error) => void = () => {};
  /** Where it has, or waits for, its turn. */
  #origin: HttpOrigin;
  #permit: Permit | undefined = undefined;
  #admitted = false;
  #stopWatching = (): void => {};
  #stopWatchingBody = (): void => {};
  #bodyTimer: Timer | undefined = undefined;
  #progressAt = 0;
  #abortWire: ((reason: Error) => void) | undefined = undefined;
  #underWay = false;
  #answered = false;
  #outcome: HttpOutcome = 'complete';
  #error: unknown = undefined;
  #finished = false;

  constructor(options: HttpCallOptions) {
    this.id = options.id;
    this.#options = options;
    this.#origin = options.origin;
    this.#begun = options.clock.now();
  }

  /**
   * Waits for a turn and sends. Resolves when the answer has begun; the call itself goes on until the answer is complete.
   *
   * @param send starts the request; the signal it gets is the call's own
   */
  async run<R>(send: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { signal, body, clock, bodyTimeout } = this.#options;
    try {
      this.#stopWatching = watch({ signal }, (reason) => this.#cancel(reason));
      if (signal?.aborted === true) {
        this.#outcome = 'aborted';
        throw abortReason(signal);
      }
      this.#stopWatchingBody = watchBody(body, (error) => this.abort(error));
      await this.#takeTurn();
      const aborted = new Promise<never>((_resolve, reject) => {
        this.#reject = reject;
      });
      this.#progressAt = clock.now();
      const answer = await Promise.race([send(this.#abort.signal), aborted]);
      this.#answered = true;
      if (this.#underWay) this.#watchBody(bodyTimeout);
      else this.#finish();
      return answer;
    } catch (error) {
      this.#fail(error);
      this.#finish();
      throw error;
    }
  }

  /** Ends it unless it is under way: it has never had a turn. */
  abortWaiting(reason: Error): void {
    if (!this.#admitted) this.abort(reason);
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

  async onFurther(name: string, previous: WireExchange): Promise<void> {
    try {
      if (!previous.ended) await this.#discard(previous);
      if (this.#abort.signal.aborted) throw abortReason(this.#abort.signal);
      if (name === this.#origin.name) return;
      // First the one and then the other: two that are redirected to each other's origins would wait for each other.
      this.#leave();
      this.#origin = this.#options.listener.originOf(name);
      await this.#takeTurn();
    } catch (error) {
      // So that the caller gets the error itself, and not what `fetch` makes of it.
      this.abort(error as Error);
      throw error;
    }
  }

  onDispatched(): void {
    this.#underWay = true;
  }

  onSent(abort: (reason: Error) => void): void {
    this.#abortWire = abort;
    // From now on undici reads it.
    this.#stopWatchingBody();
    this.#options.listener.onSent(this.#origin);
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
    // Nothing of ours was in the way: its reader wants no more of it. Before the answer, it is a request body that broke off.
    if (this.#answered && this.#error === undefined && error?.name === 'AbortError') this.#outcome = 'aborted';
    if (error !== undefined) this.#fail(error);
    this.#underWay = false;
    this.#abortWire = undefined;
    if (this.#answered) this.#finish();
  }

  async #takeTurn(): Promise<void> {
    const { poolTimeout, listener } = this.#options;
    const origin = this.#origin;
    if (origin.turns.available === 0) listener.onExhausted(this, origin);
    this.#permit = await origin.turns.acquire({ signal: this.#abort.signal, timeout: poolTimeout });
    this.#admitted = true;
    if (!this.#abort.signal.aborted) return;
    // It was aborted between the grant and this line, and may have finished without a turn to give back.
    this.#leave();
    throw abortReason(this.#abort.signal);
  }

  /** Leaves its origin, and gives back the turn that it has there. */
  #leave(): void {
    const permit = this.#permit;
    this.#permit = undefined;
    if (permit !== undefined) {
      permit.release();
      this.#origin.dropUnwanted();
    }
    this.#options.listener.onLeft(this.#origin);
  }

  async #discard(exchange: WireExchange): Promise<void> {
    const tooLate = new TimeoutError(`The answer that nobody wants took longer than ${DISCARD_TIME} ms`, DISCARD_TIME);
    const timer = this.#options.clock.setTimeout(() => exchange.abort(tooLate), DISCARD_TIME, { keepAlive: true });
    await exchange.discard();
    timer.cancel();
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
    this.#stopWatchingBody();
    this.#bodyTimer?.cancel();
    this.#leave();
    this.#options.listener.onFinished(this);
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
