import { randomBytes } from 'node:crypto';

/** What a pino logger's level methods look like: the event's fields first, the message after. */
export type LogMethod = (fields: object, message?: string) => void;

/** The part of pino's interface that is used here; a pino instance, or any child of one, fits as it is. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

const silence: LogMethod = () => {};

/** The default: says nothing. */
export const silentLogger: Logger = { debug: silence, info: silence, warn: silence, error: silence };

/** What a factory of correlation ids returns: `lease-3f9a1c-1`, `lease-3f9a1c-2`, … */
export type NextId = () => string;

/**
 * Numbers things so that log lines of one lease, request or browser can be joined. The six hexadecimal digits tell instances and
 * processes apart, the number counts up.
 *
 * @example
 * const nextLease = correlationIds('lease');
 * nextLease(); // 'lease-3f9a1c-1'
 */
export function correlationIds(prefix: string): NextId {
  const instance = correlationPrefix(prefix);
  let count = 0;
  return () => {
    count += 1;
    return `${instance}-${count}`;
  };
}

/** The part that all ids of one instance share: `lease-3f9a1c`. */
export function correlationPrefix(prefix: string): string {
  return `${prefix}-${randomBytes(3).toString('hex')}`;
}

/** An error as a log field: name, message, and the code that system errors have. */
export function errorFields(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return { name: error.name, message: error.message, ...(typeof code === 'string' ? { code } : {}) };
}
