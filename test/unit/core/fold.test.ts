import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/core/fold.ts';
import { resource } from '../detector/fakeProbe.ts';

const shape = (...args: Parameters<typeof fold>) =>
  fold(...args).map(({ root, parts }) => [root.key, parts.map((part) => part.key)] as const);

describe('fold', () => {
  it('keeps resources that have nothing to do with each other apart', () => {
    expect(shape([resource('fd:1:file:9'), resource('handle:2')])).toEqual([
      ['fd:1:file:9', []],
      ['handle:2', []],
    ]);
  });

  it('takes what a resource owns into its finding, by key and by prefix', () => {
    expect(shape([resource('fd:12:socket:9'), resource('handle:3'), resource('handle:2', 1, { owns: ['fd:12:', 'handle:3'] })])).toEqual([
      ['handle:2', ['fd:12:socket:9', 'handle:3']],
    ]);
  });

  it('does not mistake fd:123 for fd:12', () => {
    expect(shape([resource('fd:123:socket:9'), resource('handle:2', 1, { owns: ['fd:12:'] })])).toHaveLength(2);
  });

  it('follows ownership to the top: browser, context, page', () => {
    expect(
      shape([resource('page:3'), resource('context:2', 1, { owns: ['page:3'] }), resource('browser:1', 1, { owns: ['context:2'] })]),
    ).toEqual([['browser:1', ['page:3', 'context:2']]]);
  });

  it('loses nothing when two resources claim each other', () => {
    const folded = fold([resource('handle:1', 1, { owns: ['handle:2'] }), resource('handle:2', 1, { owns: ['handle:1'] })]);
    expect(folded.flatMap(({ root, parts }) => [root.key, ...parts.map((part) => part.key)]).sort()).toEqual(['handle:1', 'handle:2']);
  });

  it('treats a resource that claims itself as its own root', () => {
    expect(shape([resource('handle:1', 1, { owns: ['handle:'] })])).toEqual([['handle:1', []]]);
  });
});
