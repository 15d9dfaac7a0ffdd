import { describe, expect, it } from 'vitest';
import { abortReason, TimeoutError, watch, withinLimits } from '../../../src/resilience/abort.ts';
import { systemClock } from '../../../src/resilience/clock.ts';
import { PoolCreateError } from '../../../src/resilience/poolErrors.ts';
import { fdUsage } from '../../../src/resilience/processUsage.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

describe('the reason of an abort', () => {
  it('is the error that was given, as it is', () => {
    const reason = new Error('enough');
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });

  it('is an AbortError with whatever else was given as its cause', () => {
    const error = abortReason(AbortSignal.abort('enough'));
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.cause]).toEqual(['AbortError', 'The operation was aborted', 'enough']);
  });
});

it('a signal that cannot be listened to is not taken for one that is', () => {
  const addEventListener = (): never => {
    throw new Error('deaf');
  };
  const signal = { aborted: false, addEventListener } as unknown as AbortSignal;
  for (const _time of ['the first', 'the second']) expect(() => watch({ signal }, () => {})).toThrow('deaf');
});

describe('a wait within limits', () => {
  it('does not begin with a signal that has aborted, and nobody hears of what fails later', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): number => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const signal = AbortSignal.abort(new Error('before'));
    await expect(withinLimits(Promise.reject(new Error('late')), { signal })).rejects.toThrow('before');
    await microtasks();
    process.off('unhandledRejection', onRejection);
    expect([rejections, abortListeners(signal)]).toEqual([[], 0]);
  });

  it('tells what it waited for, and leaves neither timer nor listener', async () => {
    const clock = new FakeTime();
    const { signal } = new AbortController();
    const late = withinLimits(new Promise(() => {}), { timeout: 50, signal }, { clock, what: 'the tea' });
    const failed = expect(late).rejects.toThrow(new TimeoutError('Timed out after 50 ms waiting for the tea', 50));
    await clock.advance(50);
    await failed;
    expect([clock.timers, abortListeners(signal)]).toEqual([0, 0]);
  });

  it('can be watched without a clock of its own', async () => {
    const reason = await new Promise<Error>((resolve) => watch({ timeout: 1 }, resolve, { keepAlive: true }));
    expect(reason).toMatchObject({ name: 'TimeoutError', timeoutMs: 1, message: 'Timed out after 1 ms waiting for the operation' });
  });
});

it('a timer of the system clock can be disposed of, and then does not fire', async () => {
  let fired = false;
  {
    using timer = systemClock.setTimeout(() => (fired = true), 0, { keepAlive: true });
    expect(timer).toHaveProperty('cancel');
  }
  await new Promise((resolve) => systemClock.setTimeout(() => resolve(undefined), 1, { keepAlive: true }));
  expect(fired).toBe(false);
});

it('a failed start tells its cause, whatever was thrown', () => {
  const thrown = new PoolCreateError('browser', 'a word');
  expect([thrown.message, thrown.cause]).toEqual(['browser could not start anything: a word', 'a word']);
});

it('descriptors of this process are counted, and below their limit', async () => {
  const usage = await fdUsage();
  expect(usage?.used).toBeGreaterThan(3);
  expect(usage?.limit).toBeGreaterThan(usage?.used ?? Infinity);
});
