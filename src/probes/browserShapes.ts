/** As much of Playwright's public classes as the browser probe uses; every part may be missing in some version. */
export type PlaywrightObject = object;

export interface Emitter {
  on(event: string, listener: (value: unknown) => void): unknown;
}

export function isObject(value: unknown): value is PlaywrightObject {
  return typeof value === 'object' && value !== null;
}

export function isEmitter(value: object): value is Emitter {
  return 'on' in value && typeof value.on === 'function';
}

/** Whether an object of this kind says of itself that it is closed. A context and an API request context cannot tell: their events do. */
export function isClosed(kind: string, object: object): boolean {
  if (kind === 'page') return call(object, 'isClosed') === true;
  if (kind !== 'browser') return false;
  if (call(object, 'isConnected') === false) return true;
  const process = related(object, 'process');
  if (process === undefined) return false;
  return (
    ('exitCode' in process && typeof process.exitCode === 'number') || ('signalCode' in process && typeof process.signalCode === 'string')
  );
}

/** Result of a public method without arguments, `undefined` when there is none. Playwright's getters do not throw, a mock's might. */
export function call(object: object, method: string): unknown {
  const member: unknown = Reflect.get(object, method);
  if (typeof member !== 'function') return undefined;
  try {
    return Reflect.apply(member, object, []);
  } catch (error) {
    // Some throw once their browser is gone, and have nothing to tell then.
    return error instanceof Error ? undefined : error;
  }
}

/** Result of a public method that returns an object, `undefined` when it does not. */
export function related(object: object, method: string): PlaywrightObject | undefined {
  const value = call(object, method);
  return isObject(value) ? value : undefined;
}

/** The objects in a list that a public method returns. */
export function listed(object: object, method: string): PlaywrightObject[] {
  const value = call(object, method);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Text that a public method returns, or `''`. */
export function text(object: object, method: string): string {
  const value = call(object, method);
  return typeof value === 'string' ? value : '';
}
