import type { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { compileFunction } from 'node:vm';

/**
 * What to do around every call of a wrapped function. Every part is optional, and none may throw: an error would reach the caller.
 * The parts run inside the caller's stack but never stay in it while the original runs.
 */
export interface CallObserver<Token> {
  /** Runs first. May replace elements of `args` (a callback to listen to). Its result is handed on as `token`. */
  before?: ((thisArg: unknown, args: unknown[]) => Token) | undefined;
  /** The original, and all that it starts, runs with `token` as this storage's store. Needs `before`. */
  context?: AsyncLocalStorage<Token> | undefined;
  /** Runs when the original has returned, with what it returned: a promise still pending, when it is asynchronous. */
  after?: ((token: Token, result: unknown, thisArg: unknown) => void) | undefined;
  /**
   * Runs when the promise that the original returned is fulfilled, before its caller goes on. The caller then gets another native
   * promise of the same outcome: an unhandled rejection stays unhandled, and async stack traces stay whole.
   */
  resolved?: ((token: Token, value: unknown, thisArg: unknown) => void) | undefined;
}

/** Wrappers carry a name of Node's, so that Playwright's step locations and stack parsers pass over them. */
const FILE_NAME = 'node:leak';

const SOURCE = `'use strict';
const settle = async (promise, token, thisArg) => {
  const value = await promise;
  if (observer.resolved !== undefined) observer.resolved(token, value, thisArg);
  return value;
};
const finish = (token, result, thisArg) => {
  if (observer.after !== undefined) observer.after(token, result, thisArg);
  return observer.resolved !== undefined && isPromise(result) ? settle(result, token, thisArg) : result;
};
return {
  method(...args) {
    const token = observer.before === undefined ? undefined : observer.before(this, args);
    const result = observer.context === undefined
      ? apply(original, this, args)
      : observer.context.run(token, apply, original, this, args);
    return finish(token, result, this);
  },
  constructible: function (...args) {
    const token = observer.before === undefined ? undefined : observer.before(this, args);
    const target = new.target;
    const result = target !== undefined
      ? observer.context === undefined
        ? construct(original, args, target === wrapper() ? original : target)
        : observer.context.run(token, construct, original, args, target === wrapper() ? original : target)
      : observer.context === undefined
        ? apply(original, this, args)
        : observer.context.run(token, apply, original, this, args);
    return finish(token, result, this);
  },
};`;

type Callable = (...args: never[]) => unknown;

const compiled = compileFunction(SOURCE, ['original', 'observer', 'wrapper', 'apply', 'construct', 'isPromise'], {
  filename: FILE_NAME,
}) as (
  original: Callable,
  observer: object,
  wrapper: () => Callable,
  apply: typeof Reflect.apply,
  construct: typeof Reflect.construct,
  isPromise: (value: unknown) => boolean,
) => { method: Callable; constructible: Callable };

/**
 * Wraps a function so that its calls can be observed while nobody can tell: same `this`, arguments, result, name, length, own
 * properties (`util.promisify.custom` among them) and `new.target`, and no frame of this package in any stack, only `node:leak`.
 *
 * The observer's parts are looked up at every call: emptying the object turns the wrapper into a plain passage, for when somebody
 * else has meanwhile wrapped it and it cannot be taken out.
 *
 * @example
 * ```ts
 * const openSync = transparentCall(fs.openSync, {
 *   before: () => captureStack(),
 *   after: (stack, fd) => opened.set(fd as number, stack),
 * });
 * ```
 */
export function transparentCall<Original extends Callable, Token = undefined>(original: Original, observer: CallObserver<Token>): Original {
  const variants = compiled(original, observer, () => wrapped, Reflect.apply, Reflect.construct, types.isPromise);
  const wrapped = Object.hasOwn(original, 'prototype') ? variants.constructible : variants.method;
  for (const key of Reflect.ownKeys(original)) {
    // Own properties of sloppy functions that the engine keeps for itself.
    if (key === 'arguments' || key === 'caller') continue;
    const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Reflect.defineProperty(wrapped, key, descriptor);
  }
  Reflect.setPrototypeOf(wrapped, Reflect.getPrototypeOf(original));
  return wrapped as Original;
}
