import type { CallObserver } from './transparentCall.ts';
import { transparentCall } from './transparentCall.ts';

type Callable = (...args: never[]) => unknown;

/** What each wrapper stands for, also when it has been taken out. */
const originals = new WeakMap<object, unknown>();

/** The function below the wrappers of {@link patch}; anything else as it is. */
export function unpatched(value: unknown): unknown {
  let plain = value;
  while (typeof plain === 'function' && originals.has(plain)) plain = originals.get(plain);
  return plain;
}

/** Wrappers that were put in ahead of time, and whom they tell. */
const passages = new WeakMap<object, CallObserver<unknown>>();

/**
 * Puts a wrapper that does nothing in place of `holder[name]`, for {@link patch} to use: whoever takes the function out of its module before
 * it is patched then has one that can be observed all the same. It stays.
 */
export function layPassage(holder: object, name: string): void {
  const live: CallObserver<unknown> = {};
  const wrapper = wrap(holder, name, live);
  if (wrapper !== undefined) passages.set(wrapper, live);
}

/**
 * Puts a transparent wrapper in place of `holder[name]`. A property that is no plain, writable function stays as it is (an older
 * Node, a frozen object, somebody's getter).
 *
 * @returns Takes the wrapper out again. When somebody else has meanwhile put theirs over it, theirs stays, and the wrapper below
 * becomes a plain passage.
 */
export function patch<Token>(holder: object, name: string, observer: CallObserver<Token>): () => void {
  const laid: unknown = Reflect.getOwnPropertyDescriptor(holder, name)?.value;
  const passage = typeof laid === 'function' ? passages.get(laid) : undefined;
  if (passage !== undefined && isIdle(passage)) {
    Object.assign(passage, observer);
    return () => {
      silence(passage);
    };
  }
  const live: CallObserver<Token> = { ...observer };
  const wrapper = wrap(holder, name, live);
  if (wrapper === undefined) return () => undefined;
  return () => {
    silence(live);
    const current = Reflect.getOwnPropertyDescriptor(holder, name);
    if (current?.value === wrapper) Reflect.defineProperty(holder, name, { ...current, value: originals.get(wrapper) });
  };
}

function wrap<Token>(holder: object, name: string, live: CallObserver<Token>): Callable | undefined {
  const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
  const original: unknown = descriptor?.value;
  if (descriptor === undefined || descriptor.writable !== true || typeof original !== 'function') return undefined;
  const wrapper = transparentCall(original as Callable, live);
  if (!Reflect.defineProperty(holder, name, { ...descriptor, value: wrapper })) return undefined;
  originals.set(wrapper, original);
  return wrapper;
}

function silence<Token>(observer: CallObserver<Token>): void {
  observer.before = undefined;
  observer.context = undefined;
  observer.after = undefined;
  observer.resolved = undefined;
}

function isIdle({ before, context, after, resolved }: CallObserver<unknown>): boolean {
  return (before ?? context ?? after ?? resolved) === undefined;
}
