import { randomBytes } from 'node:crypto';
import { test, expect } from 'leak/fixtures';
import { retained } from './support/retained.ts';

// V8 knows at best the function that allocated, so the origin is that function's line, the marked line, or none.

function orders(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({ id: index, total: index * 1.5, customer: { name: `c${String(index)}` } })); // leak: heap #orders origin?
}

test.describe('objects in module scope', () => {
  test('leaky', () => {
    retained.push(orders(300_000)); // charged: #orders
  });
  test('clean', () => {
    expect(orders(300_000)).toHaveLength(300_000);
  });
});

test.describe('strings in module scope', () => {
  test('leaky', () => {
    for (let page = 0; page < 20; page += 1) {
      retained.push(randomBytes(512 * 1024).toString('hex')); // leak: heap origin?
    }
  });
  test('clean', () => {
    for (let page = 0; page < 20; page += 1) expect(randomBytes(512 * 1024).toString('hex')).toHaveLength(1024 * 1024);
  });
});

test.describe('Buffers in module scope', () => {
  test('leaky', () => {
    for (let page = 0; page < 20; page += 1) {
      retained.push(Buffer.alloc(1024 * 1024, page)); // leak: heap origin?
    }
  });
  test('clean', () => {
    for (let page = 0; page < 20; page += 1) expect(Buffer.alloc(1024 * 1024, page).at(-1)).toBe(page);
  });
});

test.describe('a cache that never forgets', () => {
  const cache = new Map<string, object>();

  test('leaky', () => {
    for (const [index, order] of orders(200_000).entries()) cache.set(`order-${String(index)}`, order); // charged: #orders
  });
  test('clean', () => {
    const own = new Map<string, object>();
    for (const [index, order] of orders(200_000).entries()) own.set(`order-${String(index)}`, order);
    own.clear();
  });
});

test.describe('an ArrayBuffer in a closure', () => {
  let read: (() => number) | undefined;

  test('leaky', () => {
    const image = new Float64Array(3_000_000).fill(1); // leak: heap origin?
    read = () => image.length;
    expect(read()).toBe(3_000_000);
  });
  test('clean', () => {
    const image = new Float64Array(3_000_000).fill(1);
    expect(image).toHaveLength(3_000_000);
  });
});

test.describe('a WebAssembly memory of the suite’s own', () => {
  test('leaky', () => {
    retained.push(new WebAssembly.Memory({ initial: 320 })); // leak: heap origin?
  });
  test('clean', () => {
    expect(new WebAssembly.Memory({ initial: 320 }).buffer.byteLength).toBe(320 * 65_536);
  });
});
