import { describe, expect, it, vi } from 'vitest';
import { RunnerTimers } from '../../../src/probes/runnerTimers.ts';

const deadline = () => () => `a callback of the runner's, long enough that nobody else has the same text`;

describe('RunnerTimers', () => {
  it('asks once who makes timers with a certain callback, and knows the answer from then on', () => {
    const timers = new RunnerTimers();
    const opener = vi.fn(() => 'playwright' as const);
    expect([deadline(), deadline(), deadline()].map((callback) => timers.recognizes(callback, opener))).toEqual([true, true, true]);
    expect(opener).toHaveBeenCalledTimes(1);
  });

  it('takes no timer of the user for the runner’s', () => {
    const timers = new RunnerTimers();
    expect([deadline(), deadline()].map((callback) => timers.recognizes(callback, () => 'user'))).toEqual([false, false]);
  });

  it('never goes by a text that anybody may have written, a native function, or none', () => {
    const timers = new RunnerTimers();
    for (const callback of [() => 1, Math.max, undefined, null, 'text']) {
      expect(timers.recognizes(callback, () => 'playwright')).toBe(false);
    }
  });
});
