/**
 * A signal that aborts with the first of several others, or when it is told to. It listens to them only until it is disposed;
 * `AbortSignal.any` listens for as long as they live, which for the signal of a service is for ever.
 *
 * @example
 * using link = new LinkedSignal(service.signal, options.signal);
 * await fetch(url, { signal: link.signal });
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #stops: (() => void)[] = [];

  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    for (const source of sources) {
      if (source === undefined) continue;
      const onAbort = (): void => this.abort(source.reason);
      if (source.aborted) onAbort();
      source.addEventListener('abort', onAbort, { once: true });
      this.#stops.push(() => source.removeEventListener('abort', onAbort));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts it, unless that has happened. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
  }
}
