/** Who listens to a signal. It has one listener, however many there are: from the eleventh on, Node would warn of a leak. */
const linksOf = new WeakMap<AbortSignal, Set<LinkedSignal>>();

/**
 * A signal that aborts with the first of several others, or when it is told to. It listens to them only until it is disposed;
 * `AbortSignal.any` leaves something behind in each of them for every call, and the signal of a service lives for ever.
 *
 * @example
 * using link = new LinkedSignal(service.signal, options.signal);
 * return await fetch(url, { signal: link.signal }); // with `await`, for the link ends with the scope
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];

  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.abort(source.reason);
      const links = linksOf.get(source) ?? new Set();
      linksOf.set(source, links.add(this));
      // Adding the same listener again changes nothing.
      source.addEventListener('abort', abortLinks);
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
    for (const source of this.#sources) {
      const links = linksOf.get(source);
      links?.delete(this);
      if (links?.size === 0) source.removeEventListener('abort', abortLinks);
    }
  }
}

function abortLinks(this: AbortSignal): void {
  for (const link of linksOf.get(this) ?? []) link.abort(this.reason);
}
