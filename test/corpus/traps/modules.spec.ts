import { createRequire } from 'node:module';
import { expect, test } from 'leak/fixtures';
import { retained } from '../support/retained.ts';
import { startWasm } from '../support/wasmLibrary.ts';

// What a file holds from when it is loaded: between two tests, and in a worker that has run others, after its first.

const picture = Buffer.alloc(16 * 1024 ** 2, 1);
const table = Array.from({ length: 200_000 }, (_, row) => ({ row, name: `row ${row}` }));

test('the first test of a file with tables', () => {
  // Garbage enough to be suspected of keeping it.
  const rows = Array.from({ length: 10 }, () => table.map(({ name }) => ({ name })));
  expect(rows.length + picture.length).toBeGreaterThan(table.length);
});

test('a module that is loaded when it is needed', () => {
  const { version } = createRequire(import.meta.url)('typescript') as { version: string };
  expect(version).not.toBe('');
});

test('a module with native code that is loaded when it is needed', async () => {
  expect(await import('rolldown')).toBeDefined();
});

test('a library that starts its WebAssembly when it is first used', async () => {
  retained.push(await startWasm());
});

let starting: Promise<object> | undefined;

test('a library that is still starting its WebAssembly when its test ends', () => {
  starting = startWasm();
});

test('the test after it', async () => {
  retained.push(await starting);
});

// Three modules that each keep a timer are not one that keeps coming.
for (const name of ['first', 'second', 'third']) {
  test(`a module with a timer of its own, the ${name}`, async () => {
    expect(await import(`../support/tickers/${name}.ts`)).toHaveProperty('timer');
  });
}
