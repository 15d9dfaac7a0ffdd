import fs, { openSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers, { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { patch } from '../../../src/probes/patch.ts';
import { publishPatches } from '../../../src/probes/publishPatches.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0).reverse()) undo();
  syncBuiltinESMExports();
});

/** Puts a mock into a module as test frameworks do: what `require` returns, and nothing else. */
function mock<Module extends object>(module: Module, name: keyof Module & string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(module, name);
  if (descriptor === undefined) throw new Error(`there is no ${name}`);
  const theirs = (): string => 'mocked';
  Object.defineProperty(module, name, { ...descriptor, value: theirs });
  cleanup.push(() => Object.defineProperty(module, name, descriptor));
  return theirs;
}

describe('names imported from a module of Node', () => {
  it('follow a patch, and its end', () => {
    const original = openSync;
    const undo = patch(fs, 'openSync', {});
    publishPatches();
    expect(openSync).not.toBe(original);
    expect(openSync).toBe(fs.openSync);
    undo();
    publishPatches();
    expect(openSync).toBe(original);
  });

  it('do not follow a mock of the program, in any module, and the mock stays where it is', () => {
    const original = { sleep, statSync };
    const theirs = [mock(timers, 'setTimeout'), mock(fs, 'statSync')];
    const undo = patch(fs, 'openSync', {});
    publishPatches();
    expect({ sleep, statSync }).toEqual(original);
    expect([timers.setTimeout, fs.statSync]).toEqual(theirs);
    undo();
    publishPatches();
    expect({ sleep, statSync }).toEqual(original);
    expect([timers.setTimeout, fs.statSync]).toEqual(theirs);
  });

  it('do not follow a mock of the program below a patch, nor one above it', () => {
    const original = openSync;
    mock(fs, 'openSync');
    const undo = patch(fs, 'openSync', {});
    publishPatches();
    expect(openSync).toBe(original);
    const above = mock(fs, 'openSync');
    undo();
    publishPatches();
    expect(openSync).toBe(original);
    expect(fs.openSync).toBe(above);
  });

  it('keep what the program itself has published', () => {
    const theirs = mock(fs, 'openSync');
    syncBuiltinESMExports();
    const undo = patch(fs, 'openSync', {});
    publishPatches();
    expect(openSync).toBe(fs.openSync);
    undo();
    publishPatches();
    expect(openSync).toBe(theirs);
  });
});
