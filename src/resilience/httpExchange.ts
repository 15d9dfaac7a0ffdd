/** What happens on the wire to the exchanges of one call, of which there is one at a time. */
export interface WireListener {
  /**
   * Where the answer to one exchange was that there has to be another (a redirect): resolves when that may be sent to this origin. A
   * rejection is the end of it.
   */
  onFurther(origin: string, previous: WireExchange): Promise<void>;
  onDispatched(): void;
  /** `abort` ends it, and its connection with it. */
  onSent(abort: (reason: Error) => void): void;
  /** The answer has begun. */
  onResponse(status: number): void;
  onProgress(): void;
  /** The answer is complete, or (with an error) there will be no more of it. */
  onEnded(error?: Error): void;
}

/** The handlers that undici 7's own `request` and `fetch` still use; its types call them deprecated. */
export interface Handler {
  onConnect(abort: (reason?: Error) => void, context?: unknown): void;
  onResponseStarted?(): void;
  onHeaders(statusCode: number, headers: Buffer[], resume: () => void, statusText: string): boolean;
  onUpgrade?(statusCode: number, headers: Buffer[] | string[] | null, socket: unknown): void;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: string[] | null): void;
  onError(error: Error): void;
}

/** How much is read of an answer that nobody wants, in bytes: as much as undici's own `dump()` reads. */
const DISCARD_LIMIT = 128 * 1024;

/** One exchange of request and response: hands everything on to undici's own handler, and tells a listener. */
export class WireExchange implements Handler {
  readonly onUpgrade?: NonNullable<Handler['onUpgrade']>;
  readonly #handler: Handler;
  readonly #listener: WireListener;
  #ended = false;
  #abort: (reason: Error) => void = () => {};
  #resume: () => void = () => {};
  /** What may still be read of it, once it is discarded. */
  #allowance: number | undefined = undefined;
  #onDiscarded: () => void = () => {};

  constructor(handler: Handler, listener: WireListener) {
    this.#handler = handler;
    this.#listener = listener;
    // Having it means being able to upgrade: undici refuses the request of a handler that cannot, and would wait for ever otherwise.
    if (handler.onUpgrade === undefined) return;
    this.onUpgrade = (...args) => {
      this.#end();
      handler.onUpgrade?.(...args);
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * To be called when nobody will read the answer: reads the rest of it, for its connection to be of use again, unless that is long.
   * Resolves when it is over. Whatever becomes of it, the handler hears of an answer that is complete.
   */
  discard(): Promise<void> {
    this.#allowance = DISCARD_LIMIT;
    return new Promise((resolve) => {
      this.#onDiscarded = resolve;
      if (this.#ended) resolve();
      else this.#resume();
    });
  }

  /** Ends it, and its connection with it. */
  abort(reason: Error): void {
    this.#abort(reason);
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): void {
    this.#abort = abort;
    this.#handler.onConnect(abort, context);
    // Of one that was aborted before, undici's handler hears first now, and ends it.
    if (!this.#ended) this.#listener.onSent(abort);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onHeaders(statusCode: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    this.#resume = resume;
    // Others announce the answer (103 Early Hints).
    if (statusCode >= 200) this.#listener.onResponse(statusCode);
    return this.#handler.onHeaders(statusCode, headers, resume, statusText);
  }

  onData(chunk: Buffer): boolean {
    if (this.#allowance !== undefined) {
      this.#allowance -= chunk.byteLength;
      if (this.#allowance < 0) this.abort(new Error('Too long for an answer that nobody wants'));
      return true;
    }
    this.#listener.onProgress();
    return this.#handler.onData(chunk);
  }

  onComplete(trailers: string[] | null): void {
    this.#end();
    this.#handler.onComplete(trailers);
  }

  onError(error: Error): void {
    if (this.#allowance === undefined) {
      this.#end(error);
      this.#handler.onError(error);
    } else {
      // undici's `fetch` would take the end of the redirect for that of all.
      this.onComplete([]);
    }
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.onEnded(error);
    this.#onDiscarded();
  }
}
