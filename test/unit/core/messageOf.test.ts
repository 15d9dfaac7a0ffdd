import { expect, it } from 'vitest';
import { firstLineOf, messageOf } from '../../../src/core/messageOf.ts';

const throwing = (): never => {
  throw new Error('not to be read');
};

it.each([
  ['an error', new Error('no such button'), 'no such button'],
  ['a text', 'no such button', 'no such button'],
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('tea'), 'Symbol(tea)'],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: { code: 5 } }), 'Error: [object Object]'],
  ['an object without a prototype', Object.create(null), 'an object that cannot be printed'],
  [
    'an error whose message cannot be read',
    Object.defineProperty(new Error('x'), 'message', { get: throwing }),
    'an object that cannot be printed',
  ],
  ['a proxy that answers nothing', new Proxy({}, { get: throwing, getPrototypeOf: throwing }), 'an object that cannot be printed'],
  ['a function that cannot be printed', Object.assign(() => undefined, { toString: throwing }), 'a function that cannot be printed'],
])('%s that was thrown has a text', (_what, thrown: unknown, text) => {
  expect(messageOf(thrown)).toBe(text);
});

it('of a text of several lines the first can be had', () => {
  expect(firstLineOf(new Error('no such button\nCall log:'))).toBe('no such button');
});
