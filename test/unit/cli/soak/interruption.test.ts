import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interruption } from '../../../../src/cli/soak/interruption.ts';

let stopped = false;
let askable = true;
let done: string[] = [];
let interruption: Interruption;
beforeEach(() => {
  vi.useFakeTimers();
  stopped = false;
  askable = true;
  done = [];
  interruption = new Interruption({
    requestStop: (signal) => {
      done.push(`stop: ${signal}`);
      return askable;
    },
    hasStopped: () => stopped,
    interrupt: () => done.push('interrupt'),
    kill: async () => {
      done.push('kill');
    },
  });
  interruption.listen();
});
afterEach(() => {
  interruption[Symbol.dispose]();
  vi.useRealTimers();
});

const signal = (): boolean => process.emit('SIGHUP', 'SIGHUP');

/** What is done in so many further milliseconds. */
function within(ms: number): string[] {
  done = [];
  vi.advanceTimersByTime(ms);
  return done;
}

describe('an interruption', () => {
  it('asks scenarios that do not end, then Playwright once, and then kills', () => {
    signal();
    expect(done).toEqual(['stop: SIGHUP']);
    expect([within(3_999), within(1), within(4_499), within(1)]).toEqual([[], ['interrupt'], [], ['kill']]);
    expect(interruption).toMatchObject({ signal: 'SIGHUP', wasKilled: true, exitCode: undefined });
  });

  it('asks Playwright at once where the scenarios cannot be asked', () => {
    askable = false;
    signal();
    expect(done).toEqual(['stop: SIGHUP', 'interrupt']);
    expect([within(8_499), within(1)]).toEqual([[], ['kill']]);
  });

  it('leaves time to the tests of scenarios that have ended, and not to the tests after them', () => {
    signal();
    stopped = true;
    expect([within(5_999), within(1), within(2_499), within(1)]).toEqual([[], ['interrupt'], [], ['kill']]);
  });

  it('kills at the second signal, unless that is an echo of the first', () => {
    signal();
    vi.advanceTimersByTime(499);
    signal();
    expect(done).toEqual(['stop: SIGHUP']);
    vi.advanceTimersByTime(1);
    signal();
    expect(done).toEqual(['stop: SIGHUP', 'kill']);
    expect(interruption.exitCode).toBe(129);
  });

  it('does nothing more once the run has ended', () => {
    signal();
    interruption[Symbol.dispose]();
    expect(within(60_000)).toEqual([]);
  });
});
