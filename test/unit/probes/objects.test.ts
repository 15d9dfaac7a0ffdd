import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { createObjectProbe, type ObjectProbe } from '../../../src/probes/objects.ts';

let probe: ObjectProbe;
const kept: object[] = [];

class Cart {
  readonly rows = [1, 2, 3];

  trackItself(): void {
    probe.track('cart', this);
  }
}

beforeEach(() => {
  kept.length = 0;
  probe = createObjectProbe(findGarbageCollector());
});

test('an object that something refers to is still open after a collection', async () => {
  const cart = new Cart();
  kept.push(cart);
  probe.track('cart', cart);
  const keys = [...probe.read()];
  expect(keys).toHaveLength(1);
  await setImmediate();
  probe.ascertain?.(keys);
  expect(probe.stillOpen(keys)).toEqual(new Set(keys));
});

test('an object that nothing refers to is gone one turn of the event loop later', async () => {
  probe.track('cart', new Cart());
  const keys = [...probe.read()];
  expect(keys).toHaveLength(1);
  await setImmediate();
  probe.ascertain?.(keys);
  expect(probe.stillOpen(keys)).toEqual(new Set());
  expect(probe.read()).toEqual(new Set());
  expect(probe.describe(keys)).toEqual([]);
});

test('only who wants certainty has garbage collected, and only for an object that may still be there', async () => {
  const collect = vi.fn(findGarbageCollector());
  probe = createObjectProbe(collect);
  probe.track('cart', new Cart());
  const keys = [...probe.read()];
  await setImmediate();
  probe.stillOpen(keys);
  expect(collect).not.toHaveBeenCalled();
  await setImmediate();
  probe.ascertain?.(keys);
  expect(collect).toHaveBeenCalledTimes(1);
  expect(probe.stillOpen(keys)).toEqual(new Set());
  probe.ascertain?.(keys);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('the stack of the tracking does not keep alive an object that tracked itself', async () => {
  new Cart().trackItself();
  const keys = [...probe.read()];
  await setImmediate();
  probe.ascertain?.(keys);
  expect(probe.stillOpen(keys)).toEqual(new Set());
});

test('describing between two looks does not keep an object alive', async () => {
  probe.track('cart', new Cart());
  const keys = [...probe.read()];
  await setImmediate();
  expect(probe.describe(keys)).toHaveLength(1);
  probe.ascertain?.(keys);
  expect(probe.stillOpen(keys)).toEqual(new Set());
});

test('a tracked object is described by its name, its class and the line that tracked it', () => {
  kept.push(new Cart());
  const line = Number(/objects\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1]) + 1;
  probe.track('the cart', kept[0] ?? {});
  const [resource] = probe.describe([...probe.read()]);
  expect(resource).toMatchObject({ kind: 'object', type: 'Cart', label: 'the cart', opener: 'user', standing: 'counts' });
  expect(originOf(resource?.stack ?? [])).toMatchObject({ file: import.meta.filename, line });
});

test('functions, and objects without a class or with a hostile one, can be tracked', () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no');
      },
    },
  );
  kept.push(() => undefined, Object.create(null) as object, hostile);
  for (const [index, object] of kept.entries()) probe.track(`object ${String(index)}`, object);
  expect(probe.describe([...probe.read()]).map((resource) => resource.type)).toEqual(['Function', 'object', 'object']);
});

test.each([
  [null, 'null'],
  [undefined, 'undefined'],
  ['text', '"text"'],
  [7, '7'],
  [Symbol('x'), 'Symbol(x)'],
])('a primitive (%o) is refused with what came', (value, shown) => {
  expect(() => probe.track('x', value as unknown as object)).toThrow(
    new TypeError(`leak.track(name, object): expected an object that can be collected, got ${shown}`),
  );
  expect(probe.read().size).toBe(0);
});

test('a name that is no text is refused', () => {
  expect(() => probe.track(7 as unknown as string, {})).toThrow(/expected a text as name, got 7/);
});

test('without a garbage collector the probe is unavailable', () => {
  expect(createObjectProbe(undefined).availability()).toMatchObject({ available: false });
  expect(probe.availability()).toEqual({ available: true });
});

test('stopping forgets everything', () => {
  kept.push(new Cart());
  probe.track('cart', kept[0] ?? {});
  probe.stop();
  expect(probe.read().size).toBe(0);
});
