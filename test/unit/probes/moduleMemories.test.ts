import { compileFunction } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findGarbageCollector } from '../../../src/probes/garbage.ts';
import { createModuleMemories } from '../../../src/probes/moduleMemories.ts';
import type { ModuleMemories } from '../../../src/probes/probe.ts';

const PAGE = 65_536;
/** Exports its memory of 256 pages as `m`. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 4, 1, 0, 0x80, 2, 7, 5, 1, 1, 0x6d, 2, 0);
const SIZE = 256 * PAGE;

/** A function as the file of a package has it. */
function inPackage(name: string, body: string): (bytes: Uint8Array) => Promise<unknown> {
  return compileFunction(`return (async () => { ${body} })()`, ['bytes'], { filename: `/suite/node_modules/${name}/index.js` }) as (
    bytes: Uint8Array,
  ) => Promise<unknown>;
}

let memories: ModuleMemories;
let kept: unknown[] = [];

beforeEach(() => {
  memories = createModuleMemories();
  memories.start();
});

afterEach(() => {
  memories.stop();
  kept = [];
});

async function collect(): Promise<void> {
  // What `deref` has returned lives until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  findGarbageCollector()?.();
}

test.each([
  ['instantiates bytes', 'return WebAssembly.instantiate(bytes)'],
  ['instantiates a module', 'return WebAssembly.instantiate(await WebAssembly.compile(bytes))'],
  ['makes an instance', 'return new WebAssembly.Instance(new WebAssembly.Module(bytes))'],
  ['makes a memory', 'return new WebAssembly.Memory({ initial: 256 })'],
  ['streams', `return WebAssembly.instantiateStreaming(new Response(bytes, { headers: { 'content-type': 'application/wasm' } }))`],
])('the memory of a library that %s is held by it', async (_, body) => {
  kept.push(await inPackage('tool', body)(MODULE));
  expect([memories.heldBytes(), memories.heldBytes()]).toEqual([SIZE, SIZE]);
});

test('what the suite starts itself is not', async () => {
  kept.push(await WebAssembly.instantiate(MODULE), new WebAssembly.Memory({ initial: 256 }));
  expect(memories.heldBytes()).toBe(0);
});

test('is held no more once it is collected', async () => {
  const start = inPackage('tool', 'return WebAssembly.instantiate(bytes)');
  kept.push(await start(MODULE));
  expect(memories.heldBytes()).toBe(SIZE);
  kept = [];
  await collect();
  expect(memories.heldBytes()).toBe(0);
  await start(MODULE);
  await collect();
  expect(memories.heldBytes()).toBe(0);
});

test('is held in the size it had at first: what it grows by is somebody’s growth', async () => {
  const memory = (await inPackage('tool', 'return new WebAssembly.Memory({ initial: 256 })')(MODULE)) as WebAssembly.Memory;
  memory.grow(10);
  expect(memories.heldBytes()).toBe(SIZE + 10 * PAGE);
  memory.grow(100);
  expect(memories.heldBytes()).toBe(SIZE + 10 * PAGE);
});

test('from the third of one place on they are growth, those of other places not', async () => {
  const start = inPackage('keeps-coming', 'return WebAssembly.instantiate(bytes)');
  const held: number[] = [];
  for (let look = 0; look < 4; look += 1) {
    kept.push(await start(MODULE), await inPackage(`tool-${String(look)}`, 'return WebAssembly.instantiate(bytes)')(MODULE));
    held.push(memories.heldBytes() / SIZE);
  }
  expect(held).toEqual([2, 4, 5, 6]);
});

test('several that come together are held', async () => {
  const start = inPackage('pool', 'return WebAssembly.instantiate(bytes)');
  for (let count = 0; count < 4; count += 1) kept.push(await start(MODULE));
  expect(memories.heldBytes()).toBe(4 * SIZE);
});

test('a library that has begun to start one is starting it until it has, and one that fails not for ever', async () => {
  const start = inPackage('tool', 'return WebAssembly.instantiate(bytes)');
  const started = start(MODULE);
  expect([memories.heldBytes(), memories.isStarting()]).toEqual([0, true]);
  kept.push(await started);
  expect([memories.heldBytes(), memories.isStarting()]).toEqual([SIZE, false]);
  await expect(start(Uint8Array.of(1))).rejects.toThrow(WebAssembly.CompileError);
  expect(memories.isStarting()).toBe(true);
  for (let look = 0; look < 3; look += 1) memories.heldBytes();
  expect(memories.isStarting()).toBe(false);
  void WebAssembly.instantiate(MODULE);
  expect(memories.isStarting()).toBe(false);
});

test('after it has stopped, WebAssembly is what it was', () => {
  const watched = [WebAssembly.instantiate, WebAssembly.Memory];
  memories.stop();
  expect(WebAssembly.instantiate === watched[0]).toBe(false);
  expect(WebAssembly.Memory === watched[1]).toBe(false);
  expect(new WebAssembly.Memory({ initial: 1 })).toBeInstanceOf(WebAssembly.Memory);
});

test('while it watches, nobody can tell', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  expect(memory).toBeInstanceOf(WebAssembly.Memory);
  expect(memory.constructor.name).toBe('Memory');
  class Own extends WebAssembly.Memory {}
  expect(new Own({ initial: 1 })).toBeInstanceOf(Own);
  await expect(WebAssembly.instantiate(Uint8Array.of(1))).rejects.toThrow(WebAssembly.CompileError);
  expect(() => WebAssembly.Memory.call(undefined, { initial: 1 })).toThrow(TypeError);
});
