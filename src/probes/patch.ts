import type { CallObserver } from './transparentCall.ts';
import { transparentCall } from './transparentCall.ts';

type Callable = (...args: never[]) => unknown;

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
  return () => {
    live.before = undefined;
    live.context = undefined;
    live.after = undefined;
    live.resolved = undefined;
    const current = Reflect.getOwnPropertyDescriptor(holder, name);
    if (current?.value === wrapper) Reflect.defineProperty(holder, name, { ...current, value: original });
  };
}
