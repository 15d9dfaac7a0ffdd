import { randomBytes } from 'node:crypto';
import { loggerLike } from './checks.ts';
import { guarded } from './guarded.ts';
import { safeText } from './safeText.ts';

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

/**
 * The user's logger, made harmless: what it throws becomes a process warning instead of the end of the operation that it was told of.
 * {@link silentLogger} stays itself.
 *
 * @throws TypeError where it is none
 */
export function guardedLogger(logger: Logger = silentLogger): Logger {
  if (logger === silentLogger) return logger;
  loggerLike(logger);
  const method =
    (level: keyof Logger): LogMethod =>
    (fields, message) => {
      guarded(
        () => logger[level](fields, message),
        (error) => {
          process.emitWarning(`The logger threw: ${errorFields(error).message}`, 'LoggerWarning');
        },
      );
    };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}

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

/** In characters. A browser that does not start says why in a few hundred, and then what it was called with. */
const LONGEST_MESSAGE = 2_000;

/** An error as a log field: name, message (without what its URLs keep secret), and the code that system errors have. Whatever was thrown. */
export function errorFields(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: textOf(() => error) };
  const code = read(() => ('code' in error ? error.code : undefined));
  const name = textOf(() => error.name);
  return { name, message: textOf(() => error.message), ...(typeof code === 'string' ? { code } : {}) };
}

/** Not everything can be made a string, an object without a prototype for one, and a property may be a getter that throws. */
function textOf(value: () => unknown): string {
  return safeText(read(() => String(value())) ?? Object.prototype.toString.call(read(value)), LONGEST_MESSAGE);
}

function read<V>(value: () => V): V | undefined {
  try {
    return value();
  } catch {
    return undefined;
  }
}
