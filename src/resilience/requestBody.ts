import { Readable } from 'node:stream';

/** Ends a request body that will not be sent (any more), so that the file or the socket behind it is closed. Any number of times. */
export function discardBody(body: unknown, reason: unknown): void {
  if (body instanceof Readable) {
    // Its error is the request's, which the caller gets.
    body.on('error', () => {});
    body.destroy(reason instanceof Error ? reason : undefined);
  } else if (body instanceof ReadableStream) {
    // One that somebody reads refuses: then it is the reader's to end.
    body.cancel(reason).catch(() => {});
  }
}
