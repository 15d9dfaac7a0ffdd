import child_process from 'node:child_process';
import fs from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createHandleProbe } from '../../../src/probes/handles.ts';
import { layPassages } from '../../../src/probes/passages.ts';
import { unpatched } from '../../../src/probes/patch.ts';

const holders: readonly object[] = [fs, fs.promises, child_process];
const functions = (): unknown[] =>
  holders.flatMap((holder) => Object.values(holder).filter((value: unknown): boolean => typeof value === 'function') as unknown[]);
const plain = functions();

afterAll(() => {
  for (const holder of holders) for (const [name, value] of Object.entries(holder)) Reflect.set(holder, name, unpatched(value));
});

it('passages are laid once for everything that is patched in these modules, so that the probes put in nothing else', () => {
  layPassages();
  const laid = functions();
  expect(laid.filter((value, index) => value !== plain[index]).length).toBeGreaterThan(10);
  layPassages();
  expect(functions()).toEqual(laid);
  const probe = createHandleProbe();
  probe.start();
  expect(functions().filter((value, index) => value !== laid[index])).toEqual([]);
  probe.stop();
  expect(functions()).toEqual(laid);
});
