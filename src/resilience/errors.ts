import { safeText } from './safeText.ts';

/** The circuit lets nobody through now. `retryAfterMs` milliseconds from now it lets a probe through. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly key: string;
  readonly retryAfterMs: number;

  constructor(key: string, retryAfterMs: number) {
    super(`The circuit of ${safeText(key)} is open; try again in ${Math.ceil(retryAfterMs)} ms`);
    this.key = key;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Something was added to a {@link Lifecycle} that is shutting down. It is disposed, not kept. */
export class LifecycleClosedError extends Error {
  override readonly name = 'LifecycleClosedError';

  constructor(component: string) {
    super(`${component} came after the shutdown began, and is closed`);
  }
}
