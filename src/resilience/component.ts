/** What a closing function is told. */
export interface CloseContext {
  /** Why everything closes: a signal's name, or what `shutdown` was given. */
  readonly reason: string;
  /** Aborts when this component's share of the time is over, or somebody is in a hurry. */
  readonly signal: AbortSignal;
}

/** What a {@link Lifecycle} can close. Where an object has several of the methods, the first in this order is called. */
export type Closeable = AsyncDisposable | Disposable | { close(): unknown } | ((context: CloseContext) => unknown);

/** Something that was added to a {@link Lifecycle}. */
export interface Component {
  readonly name: string;
  /** Asks it to close, and settles when it has. */
  readonly close: (context: CloseContext) => Promise<void>;
  /** Ends it without asking, if it knows how: its `kill()`, or its `close({ timeout: 0 })`. */
  readonly force: () => Promise<void>;
}

/** @throws TypeError where there is nothing to call */
export function componentOf(name: string, target: Closeable): Component {
  const close = closerOf(target);
  if (close === undefined) {
    throw new TypeError(`${name} must be a function or have [Symbol.asyncDispose](), [Symbol.dispose]() or close()`);
  }
  return {
    name,
    async close(context) {
      await close(context);
    },
    async force() {
      await methodOf(target, 'kill')?.();
      await methodOf(target, 'close')?.({ timeout: 0 });
    },
  };
}

type Method = (argument?: unknown) => unknown;

function closerOf(target: Closeable): ((context: CloseContext) => unknown) | undefined {
  if (typeof target === 'function') return target;
  const method = methodOf(target, Symbol.asyncDispose) ?? methodOf(target, Symbol.dispose) ?? methodOf(target, 'close');
  return method && (() => method());
}

function methodOf(target: unknown, name: string | symbol): Method | undefined {
  if (typeof target !== 'object' || target === null) return undefined;
  const method: unknown = Reflect.get(target, name);
  return typeof method === 'function'
    ? (argument) => Reflect.apply(method, target, argument === undefined ? [] : [argument]) as unknown
    : undefined;
}
