import { expect, it } from 'vitest';
import { layPassage, patch } from '../../../src/probes/patch.ts';

const double = (value: number): number => value * 2;

it('observes calls until it is undone, and then the original stands there again', () => {
  const holder = { double };
  const calls: unknown[] = [];
  const undo = patch(holder, 'double', { before: (_thisArg, args) => calls.push(...args) });
  expect(holder.double(2)).toBe(4);
  undo();
  expect(holder.double).toBe(double);
  expect(holder.double(3)).toBe(6);
  expect(calls).toEqual([2]);
});

it('leaves what somebody else has put over it, and observes nothing through it any more', () => {
  const holder = { double };
  const calls: unknown[] = [];
  const undo = patch(holder, 'double', { before: (_thisArg, args) => calls.push(...args) });
  const wrapped = holder.double;
  const theirs = (value: number): number => wrapped(value) + 1;
  holder.double = theirs;
  undo();
  expect(holder.double).toBe(theirs);
  expect(holder.double(2)).toBe(5);
  expect(calls).toEqual([]);
});

it('keeps its hands off getters, read-only and missing properties', () => {
  const holder = Object.defineProperties({} as { double: typeof double; lazy: typeof double }, {
    double: { value: double, writable: false, configurable: true },
    lazy: { get: () => double, configurable: true },
  });
  for (const name of ['double', 'lazy', 'missing']) patch(holder, name, { before: () => undefined });
  expect(holder.double).toBe(double);
  expect(holder.lazy).toBe(double);
  expect('missing' in holder).toBe(false);
});

it('keeps the attributes of the property', () => {
  const holder = Object.defineProperty({}, 'hidden', { value: double, writable: true, enumerable: false, configurable: false });
  const undo = patch(holder, 'hidden', {});
  expect(Object.getOwnPropertyDescriptor(holder, 'hidden')).toMatchObject({ writable: true, enumerable: false, configurable: false });
  expect(Reflect.get(holder, 'hidden')).not.toBe(double);
  undo();
  expect(Reflect.get(holder, 'hidden')).toBe(double);
});

it('observes calls of a function that was taken out before, where a passage was laid in time, and only until it is undone', () => {
  const holder = { double };
  layPassage(holder, 'double');
  const taken = holder.double;
  expect(taken(2)).toBe(4);
  for (const round of ['first', 'second']) {
    const calls: unknown[] = [];
    const undo = patch(holder, 'double', { before: (_thisArg, args) => calls.push([round, ...args]) });
    expect([taken(3), holder.double(4)]).toEqual([6, 8]);
    undo();
    expect(taken(5)).toBe(10);
    expect(calls).toEqual([
      [round, 3],
      [round, 4],
    ]);
  }
  expect(holder.double).toBe(taken);
});

it('observes twice through one passage, each until it is undone', () => {
  const holder = { double };
  layPassage(holder, 'double');
  const calls: string[] = [];
  const undoFirst = patch(holder, 'double', { before: () => calls.push('first') });
  const undoSecond = patch(holder, 'double', { before: () => calls.push('second') });
  holder.double(1);
  undoSecond();
  holder.double(1);
  undoFirst();
  holder.double(1);
  expect(calls).toEqual(['second', 'first', 'first']);
});
