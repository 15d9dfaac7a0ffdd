/** Throws a RangeError that names the option unless `value` is a whole number of at least `least`, or `Infinity` where that is allowed. */
export function wholeNumber(option: string, value: unknown, { least, infinite = false }: { least: number; infinite?: boolean }): number {
  if (typeof value === 'number' && ((Number.isSafeInteger(value) && value >= least) || (infinite && value === Infinity))) return value;
  const expected = `a whole number of at least ${least}${infinite ? ' or Infinity' : ''}`;
  throw wrong(option, expected, value);
}

/** Throws a RangeError that names the option unless `value` is a number of milliseconds: zero or more, `Infinity` for never. */
export function milliseconds(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw wrong(option, 'milliseconds of at least 0, or Infinity', value);
}

/** Throws a RangeError that names the option unless `value` is a number from `least` to `most`, whole or not. */
export function numberBetween(
  option: string,
  value: unknown,
  { least, most = Number.MAX_VALUE }: { least: number; most?: number },
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw wrong(option, `a number of at least ${least}${most < Number.MAX_VALUE ? ` and at most ${most}` : ''}`, value);
}

/** Throws a TypeError that names the option unless `value` is a function. */
export function callable(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${option} must be a function, got ${shown(value)}`);
}

/** Throws a TypeError that names the option unless `value` is a string with something in it. */
export function nonEmptyString(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${option} must be a string that is not empty, got ${shown(value)}`);
}

/** Throws a TypeError that names the option unless `value` is an object. */
export function anObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${option} must be an object, got ${shown(value)}`);
}

/** Throws a TypeError that names the option unless `value` has functions of these names. */
export function havingFunctions(option: string, value: unknown, names: readonly string[]): void {
  const missing = names.find((name) => typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[name] !== 'function');
  if (missing === undefined) return;
  const without = typeof value === 'object' && value !== null ? ` without ${missing}()` : '';
  throw new TypeError(`${option} must be an object with ${names.map((name) => `${name}()`).join(', ')}, got ${shown(value)}${without}`);
}

/** Throws a TypeError that names the option `logger` unless `value` is one. */
export function loggerLike(value: unknown): void {
  havingFunctions('logger', value, ['debug', 'info', 'warn', 'error']);
}

/** Throws a TypeError that names the option `clock` unless `value` is one. */
export function clockLike(value: unknown): void {
  havingFunctions('clock', value, ['now', 'setTimeout']);
}

/** Throws a TypeError that names the option `lifecycle` unless `value` says whether it is ready. */
export function lifecycleLike(value: unknown): void {
  const { ready } = (value ?? {}) as { readonly ready?: unknown };
  if (typeof ready !== 'boolean') throw new TypeError(`lifecycle must be an object with a boolean ready, got ${shown(value)}`);
}

/** Throws a TypeError that names the option unless `value` is an `AbortSignal`, of whatever realm, or `undefined`. */
export function abortSignal(option: string, value: unknown): void {
  if (value === undefined || value instanceof AbortSignal) return;
  const { aborted, addEventListener } = (value ?? {}) as Partial<Record<keyof AbortSignal, unknown>>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  throw new TypeError(`${option} must be an AbortSignal, got ${shown(value)}`);
}

function wrong(option: string, expected: string, value: unknown): TypeError | RangeError {
  const message = `${option} must be ${expected}, got ${shown(value)}`;
  return typeof value === 'number' ? new RangeError(message) : new TypeError(message);
}

/** A wrong value as an error message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
