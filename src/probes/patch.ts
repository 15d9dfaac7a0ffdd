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

/**
 * Puts a transparent wrapper in place of `holder[name]`. A property that is no plain, writable function stays as it is (an older
 * Node, a frozen object, somebody's getter).
 *
 * @returns Takes the wrapper out again. When somebody else has meanwhile put theirs over it, theirs stays, and the wrapper below
 * becomes a plain passage.
 */
export function patch<Token>(holder: object, name: string, observer: CallObserver<Token>): () => void {
  const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
  const original: unknown = descriptor?.value;
  if (descriptor === undefined || descriptor.writable !== true || typeof original !== 'function') return () => undefined;
  const live: CallObserver<Token> = { ...observer };
  const wrapper = transparentCall(original as Callable, live);
  if (!Reflect.defineProperty(holder, name, { ...descriptor, value: wrapper })) return () => undefined;
  originals.set(wrapper, original);
  return () => {
    live.before = undefined;
    live.context = undefined;
    live.after = undefined;
    live.resolved = undefined;
    const current = Reflect.getOwnPropertyDescriptor(holder, name);
    if (current?.value === wrapper) Reflect.defineProperty(holder, name, { ...current, value: original });
  };
}
