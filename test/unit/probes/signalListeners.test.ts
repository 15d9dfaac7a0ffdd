import { afterEach, beforeEach, expect, it } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import { SignalListeners } from '../../../src/probes/signalListeners.ts';

let signals: SignalListeners;
let before: Set<string>;

beforeEach(() => {
  signals = new SignalListeners();
  signals.start();
  before = new Set(signals.keys());
});

afterEach(() => signals.stop());

const added = (): string[] => signals.keys().filter((key) => !before.has(key));

it('a listener for a signal is there until it is taken off, with its signal and line', () => {
  const onUsr2 = (): void => {};
  process.on('SIGUSR2', onUsr2);
  const [resource, ...rest] = signals.describe(new Set(added()));

  expect(rest).toEqual([]);
  expect(resource).toMatchObject({ kind: 'handle', type: 'signal listener', label: 'SIGUSR2', opener: 'user', standing: 'counts' });
  expect(originOf(resource?.stack ?? [])?.file).toContain('signalListeners.test.ts');
  process.off('SIGUSR2', onUsr2);
  expect(added()).toEqual([]);
});

it('listeners for other events are no signal listeners', () => {
  const listener = (): void => {};
  process.on('beforeExit', listener);
  expect(added()).toEqual([]);
  process.off('beforeExit', listener);
});

it('one that is replaced by another, or added twice, has another key', () => {
  const first = (): void => {};
  process.on('SIGUSR2', first);
  const [firstKey] = added();
  process.on('SIGUSR2', first);
  expect(new Set(added()).size).toBe(2);
  expect(added()).toContain(firstKey);
  process.removeAllListeners('SIGUSR2');
  process.once('SIGUSR2', () => {});
  const [secondKey] = added();
  expect(secondKey).toBeDefined();
  expect(secondKey).not.toBe(firstKey);
  process.removeAllListeners('SIGUSR2');
});

it('stop takes the watching listener off', () => {
  const count = process.listenerCount('newListener');
  signals.stop();
  expect(process.listenerCount('newListener')).toBe(count - 1);
});
