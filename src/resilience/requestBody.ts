/** Ends a request body that will not be sent (any more), so that the file or the socket behind it is closed. Any number of times. */
export function discardBody(body: unknown, reason: unknown): void {
  if (isStream(body)) {
    // Its error is the request's, which the caller gets.
    body.on('error', ignore);
    body.destroy?.(reason instanceof Error ? reason : undefined);
  } else if (body instanceof ReadableStream) {
    // One that somebody reads refuses: then it is the reader's to end.
    body.cancel(reason).catch(() => {});
  }
}

/**
 * Calls `onFailed` when a request body fails before anybody reads it: nobody else listens then, and an error that nobody hears of ends the
 * process. Returns a function that stops listening.
 */
export function watchBody(body: unknown, onFailed: (error: Error) => void): () => void {
  if (!isStream(body)) return ignore;
  // It says so only once.
  if (body.errored instanceof Error) onFailed(body.errored);
  body.on('error', onFailed);
  return () => void body.off('error', onFailed);
}

const ignore = (): void => {};

interface StreamLike {
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  destroy?(reason?: Error): unknown;
  readonly errored?: Error | null;
}

/** What undici takes for a stream: also those of other libraries, which are no `Readable`. */
function isStream(body: unknown): body is StreamLike {
  if (typeof body !== 'object' || body === null) return false;
  const { pipe, on, off } = body as Partial<Record<'pipe' | 'on' | 'off', unknown>>;
  return typeof pipe === 'function' && typeof on === 'function' && typeof off === 'function';
}
