import { expect, it } from 'vitest';
import type { NativeHandle } from '../../../src/probes/handleTypes.ts';
import { handleType, stateOf } from '../../../src/probes/handleTypes.ts';

// Plain objects stand in for what no test can bring about on purpose: standard streams as handles, and what a later Node may change.
const handle = (referenced: boolean | undefined, fd?: number): NativeHandle => ({
  hasRef: () => referenced,
  ...(fd === undefined ? {} : { fd }),
});

it('a handle on a standard stream is nobody’s leak', () => {
  expect([0, 1, 2, 3].map((fd) => stateOf('PIPEWRAP', handle(true, fd), 1))).toEqual(['closed', 'closed', 'closed', 'held']);
  expect([0, 1, 2, 3].map((fd) => stateOf('TTYWRAP', handle(true, fd), 1))).toEqual(['closed', 'closed', 'closed', 'held']);
});

it('a closed handle is closed whatever its descriptor says', () => {
  expect(stateOf('TCPWRAP', handle(undefined, 12), 1)).toBe('closed');
  expect(stateOf('TCPWRAP', handle(false, 12), 1)).toBe('idle');
  expect(stateOf('TCPWRAP', handle(true, -9), 1)).toBe('held');
});

it('an object without the methods of a handle is missed, not thrown over', () => {
  expect(stateOf('Timeout', {}, 1)).toBe('closed');
  expect(stateOf('WORKER', {}, 1)).toBe('closed');
});

it('a type named like a property of every object is no handle', () => {
  expect([handleType('constructor'), handleType('PROMISE'), handleType('Timeout')]).toEqual([undefined, undefined, 'Timeout']);
});
