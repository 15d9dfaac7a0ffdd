/**
 * Tells something of the user's, which must not break what it is told of: what it throws goes to `onThrow`, and so does what it rejects
 * with, where it is asynchronous.
 */
export function guarded(tell: () => unknown, onThrow: (error: unknown) => void): void {
  try {
    const told = tell();
    if (isThenable(told)) told.then(undefined, onThrow);
  } catch (error) {
    onThrow(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
