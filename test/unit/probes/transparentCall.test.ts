import { AsyncLocalStorage } from 'node:async_hooks';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { transparentCall } from '../../../src/probes/transparentCall.ts';

describe('transparentCall', () => {
  it('passes this, arguments and the result, and shows them to the observer', () => {
    const seen: unknown[] = [];
    const counter = {
      base: 10,
      add(this: { base: number }, left: number, right: number): number {
        return this.base + left + right;
      },
    };
    counter.add = transparentCall(counter.add, {
      before: (thisArg, args) => {
        seen.push(thisArg, ...args);
        return 'token';
      },
      after: (token, result) => seen.push(token, result),
    });

    expect(counter.add(1, 2)).toBe(13);
    expect(seen).toEqual([counter, 1, 2, 'token', 13]);
  });

  it('keeps name, length and own properties, symbols among them', () => {
    function original(_one: unknown, _two: unknown): void {}
    Object.assign(original, { [promisify.custom]: () => 'promisified', extra: 1 });

    const wrapped = transparentCall(original, {});

    expect(wrapped.name).toBe('original');
    expect(wrapped.length).toBe(2);
    expect(Reflect.ownKeys(wrapped).sort((a, b) => String(a).localeCompare(String(b)))).toEqual(
      Reflect.ownKeys(original)
        .filter((key) => key !== 'arguments' && key !== 'caller')
        .sort((a, b) => String(a).localeCompare(String(b))),
    );
    expect(promisify(wrapped as never)).toBe((original as unknown as Record<symbol, unknown>)[promisify.custom]);
  });

  it('can be called with new, and subclassed', () => {
    class Original {
      readonly value: number;
      constructor(value: number) {
        this.value = value;
      }
    }
    const Wrapped = transparentCall(Original as unknown as () => unknown, {}) as unknown as typeof Original;
    class Sub extends Wrapped {}

    expect(new Wrapped(3)).toBeInstanceOf(Original);
    expect(new Wrapped(3).value).toBe(3);
    expect(new Sub(4)).toBeInstanceOf(Sub);
  });

  it('leaves no frame of this package in the stack', () => {
    const storage = new AsyncLocalStorage<string>();
    const wrapped = transparentCall(() => new Error('here').stack ?? '', { before: () => 'store', context: storage });

    const stack = wrapped();

    expect(stack).toContain('transparentCall.test.ts');
    expect(stack).toContain('node:leak');
    expect(stack).not.toContain('src/probes');
  });

  it('enters the async context for the original and what it starts, not for its caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const wrapped = transparentCall(
      async () => {
        await Promise.resolve();
        return storage.getStore();
      },
      { before: () => 'inside', context: storage },
    );

    expect(await wrapped()).toBe('inside');
    expect(storage.getStore()).toBeUndefined();
  });

  it('tells the value of a promise before the caller goes on', async () => {
    const order: unknown[] = [];
    const wrapped = transparentCall(async () => Promise.resolve(7), { resolved: (_token, value) => order.push(value) });

    order.push(await wrapped(), 'caller');

    expect(order).toEqual([7, 7, 'caller']);
  });

  it('hands on a rejection with the same error and an async stack trace that reaches the caller', async () => {
    const failure = new Error('no');
    const wrapped = transparentCall(async () => Promise.reject(failure), { resolved: () => undefined });
    const deep = transparentCall(
      async () => {
        await Promise.resolve();
        throw new Error('deep');
      },
      { resolved: () => undefined },
    );

    await expect(wrapped()).rejects.toBe(failure);
    async function namedCaller(): Promise<void> {
      await deep();
    }
    const error = await namedCaller().then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error?.stack).toContain('namedCaller');
  });

  it('becomes a plain passage when its observer is emptied', () => {
    const observer = { before: (): string => 'seen' };
    const calls: string[] = [];
    const live: { before?: (() => string) | undefined; after?: ((token: string) => void) | undefined } = {
      ...observer,
      after: (token) => calls.push(token),
    };
    const wrapped = transparentCall(() => 1, live);
    wrapped();
    live.before = undefined;
    live.after = undefined;

    expect(wrapped()).toBe(1);
    expect(calls).toEqual(['seen']);
  });
});
