import { afterEach, describe, expect, it } from 'vitest';
import { listenForSignals, type SignalOptions } from '../../../src/resilience/signals.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

const listening: Disposable[] = [];

/** The deliveries are the process's own event; real signals to real processes are in the e2e tests. */
function setUp(options: SignalOptions = {}) {
  const time = new FakeTime();
  const seen: string[] = [];
  let finish = (): void => {};
  const target = {
    shutdown: async (reason: string) => {
      seen.push(`shutdown ${reason}`);
      await new Promise<void>((resolve) => (finish = resolve));
    },
    force: async (reason: string) => {
      seen.push(`force ${reason}`);
      finish();
    },
  };
  listening.push(listenForSignals(target, time, { exit: (code) => seen.push(`exit ${code}`), ...options }));
  const deliver = (signal: NodeJS.Signals): boolean => process.emit(signal, signal);
  return { time, seen, deliver, finish: () => finish() };
}

afterEach(() => {
  for (const one of listening.splice(0)) one[Symbol.dispose]();
});

describe('signals', () => {
  it('end the process when the shutdown has ended, and not before', async () => {
    const { seen, deliver, finish } = setUp();
    deliver('SIGTERM');
    await microtasks();
    expect(seen).toEqual(['shutdown SIGTERM']);
    finish();
    await microtasks();
    expect(seen).toEqual(['shutdown SIGTERM', 'exit 143']);
  });

  it.each([
    [249, false],
    [250, true],
  ])('force the shutdown when a second one comes after %d ms: %s', async (ms, forced) => {
    const { time, seen, deliver } = setUp();
    deliver('SIGINT');
    await time.advance(ms);
    deliver('SIGTERM');
    await microtasks();
    expect(seen).toEqual(forced ? ['shutdown SIGINT', 'force SIGTERM', 'exit 130'] : ['shutdown SIGINT']);
  });

  it('end the process also when the shutdown, or its forcing, fails', async () => {
    const codes: number[] = [];
    const fails = async (): Promise<never> => Promise.reject(new Error('no'));
    let fail = (): void => {};
    const shutdown = async (): Promise<never> => new Promise<never>((_resolve, reject) => (fail = () => reject(new Error('no'))));
    const time = new FakeTime();
    listening.push(listenForSignals({ shutdown, force: fails }, time, { exit: (code) => codes.push(code) }));
    process.emit('SIGTERM', 'SIGTERM');
    await time.advance(250);
    process.emit('SIGTERM', 'SIGTERM');
    await microtasks();
    expect(codes).toEqual([]);
    fail();
    await microtasks();
    expect(codes).toEqual([143]);
  });

  it.each<[unknown, RegExp]>([
    [['SIGTERM', 'SIGKILL'], /^signals must be signals that a process can listen to, got "SIGKILL"/],
    [['SIGTERM', 'SIGFOO'], /^signals must be signals of this system, got "SIGFOO"/],
    [['SIGTERM', 'toString'], /^signals must be signals of this system, got "toString"/],
    [['SIGTERM', 15], /^signals must be signals of this system, got 15/],
    ['SIGTERM', /^signals must be an array of signals, got "SIGTERM"/],
  ])('that are none, or for nobody to hear, are refused by name, and nothing listens: %o', (signals, message) => {
    const before = process.listenerCount('SIGTERM');
    expect(() => setUp({ signals: signals as NodeJS.Signals[] })).toThrow(message);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('are those that the options name', () => {
    const { seen, deliver } = setUp({ signals: ['SIGHUP'] });
    deliver('SIGTERM');
    expect(seen).toEqual([]);
    deliver('SIGHUP');
    expect(seen).toEqual(['shutdown SIGHUP']);
  });
});
