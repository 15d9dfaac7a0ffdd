import { Headers as UndiciHeaders } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../../src/resilience/circuitBreaker.ts';
import { ExponentialBackoff } from '../../../src/resilience/backoff.ts';
import { CircuitOpenError } from '../../../src/resilience/errors.ts';
import { retry, type RetryEvent, type RetryOptions } from '../../../src/resilience/retry.ts';
import { RetryBudget } from '../../../src/resilience/retryBudget.ts';
import { EarlyTime, FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

/** Fails as often as there are errors, then returns 42. */
function failing(...errors: unknown[]): { fn: () => Promise<number>; calls: () => number } {
  let calls = 0;
  const fn = async (): Promise<number> => {
    calls += 1;
    if (calls <= errors.length) throw errors[calls - 1];
    return 42;
  };
  return { fn, calls: () => calls };
}

/** Retries with delays of 100, 200, 400 … ms, and tells how the call ended. */
function start(fn: Parameters<typeof retry>[0], options: RetryOptions = {}) {
  const time = new FakeTime();
  const events: RetryEvent[] = [];
  const outcome: { value?: unknown; error?: unknown; settled: boolean } = { settled: false };
  const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'none', clock: time });
  void retry(fn, { clock: time, backoff, onFailure: (event) => events.push(event), ...options }).then(
    (value) => Object.assign(outcome, { value, settled: true }),
    (error: unknown) => Object.assign(outcome, { error, settled: true }),
  );
  return { time, events, outcome, delays: () => events.map(({ delayMs }) => delayMs) };
}

const error = new Error('not yet');
const asking = (retryAfter: unknown, more: object = {}): Error =>
  Object.assign(new Error('busy'), { headers: { 'Retry-After': retryAfter, ...more } });

const throwing = (): never => {
  throw new Error('broken');
};

describe('retry', () => {
  it('repeats until the function succeeds, with the delays of its back-off', async () => {
    const { fn, calls } = failing(error, error);
    const { time, outcome, delays } = start(fn);
    await time.advance(299);
    expect([outcome.settled, calls()]).toEqual([false, 2]);
    await time.advance(1);
    expect([outcome.value, calls(), delays(), time.timers]).toEqual([42, 3, [100, 200], 0]);
  });

  it('gives up after three attempts with the last error as it came, whatever that is', async () => {
    const { fn, calls } = failing(error, 'a string', undefined);
    const { time, outcome, events } = start(fn);
    await time.advance(10_000);
    expect(outcome).toEqual({ error: undefined, settled: true });
    expect([calls(), events.at(-1)]).toEqual([3, { attempt: 2, error: undefined, delayMs: undefined }]);
  });

  it('tells the function which attempt it is, and repeats also after what was thrown before the first await', async () => {
    const attempts: number[] = [];
    const fn = ({ attempt }: { attempt: number }): number => {
      attempts.push(attempt);
      if (attempt < 4) throw error;
      return attempt;
    };
    const { time, outcome } = start(fn, { attempts: Infinity });
    await time.advance(10_000);
    expect([outcome.value, attempts]).toEqual([4, [0, 1, 2, 3, 4]]);
  });

  it('does not repeat what shouldRetry refuses, sooner or later', async () => {
    for (const shouldRetry of [() => false, async () => false]) {
      const { fn, calls } = failing(error);
      const { time, outcome } = start(fn, { shouldRetry });
      await time.advance(10_000);
      expect([outcome.error, calls()]).toEqual([error, 1]);
    }
    const { fn } = failing(error);
    const { time, outcome } = start(fn, { shouldRetry: (candidate, { attempt }) => candidate === error && attempt === 0 });
    await time.advance(10_000);
    expect(outcome.value).toBe(42);
  });

  it('ends at once on an abort during the wait: no further call, no timer, no listener', async () => {
    const controller = new AbortController();
    const { fn, calls } = failing(error, error);
    const { time, outcome } = start(fn, { signal: controller.signal });
    await time.advance(50);
    expect([time.timers, abortListeners(controller.signal)]).toEqual([1, 1]);
    controller.abort(new Error('enough'));
    await microtasks();
    expect([outcome.error, time.timers, abortListeners(controller.signal)]).toEqual([new Error('enough'), 0, 0]);
    await time.advance(10_000);
    expect(calls()).toBe(1);
  });

  it('ends at once on an abort during an attempt, also if the function does not listen', async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const fn = async ({ signal }: { signal: AbortSignal }): Promise<never> => {
      seen = signal;
      return new Promise(() => {});
    };
    const { time, outcome, events } = start(fn, { signal: controller.signal });
    await microtasks();
    controller.abort(new Error('enough'));
    await microtasks();
    expect([outcome.error, seen?.reason, abortListeners(controller.signal)]).toEqual([new Error('enough'), new Error('enough'), 0]);
    // An attempt that was ended is no failed attempt.
    expect([time.timers, events]).toEqual([0, []]);
  });

  it('does not call at all with a signal that has aborted, and leaves no listener after success', async () => {
    const { fn, calls } = failing();
    const { outcome } = start(fn, { signal: AbortSignal.abort(new Error('before')) });
    await microtasks();
    expect([outcome.error, calls()]).toEqual([new Error('before'), 0]);
    const controller = new AbortController();
    expect(await retry(fn, { signal: controller.signal, deadline: 1_000 })).toBe(42);
    expect(abortListeners(controller.signal)).toBe(0);
  });

  it('does not begin a wait that would pass the deadline', async () => {
    const { fn, calls } = failing(error, error, error);
    const { time, outcome } = start(fn, { attempts: 9, deadline: 300 });
    await time.advance(100);
    expect([outcome, calls(), time.timers]).toEqual([{ error, settled: true }, 2, 0]);
  });

  it('ends an attempt that passes the deadline, and says what failed before', async () => {
    const fn = async ({ attempt }: { attempt: number }): Promise<never> => (attempt === 0 ? Promise.reject(error) : new Promise(() => {}));
    const { time, outcome } = start(fn, { deadline: 1_000 });
    await time.advance(999);
    expect(outcome.settled).toBe(false);
    await time.advance(1);
    expect(outcome.error).toMatchObject({ name: 'TimeoutError', timeoutMs: 1_000, cause: error });
    expect(time.timers).toBe(0);
    const hung = start(async () => new Promise(() => {}), { deadline: 10 });
    await hung.time.advance(10);
    expect(hung.outcome.error).not.toHaveProperty('cause');
  });

  it.each([
    ['seconds', asking('7'), 7_000],
    ['seconds as a number', asking(7), 7_000],
    ['a list of one', asking(['7']), 7_000],
    ['zero, where the back-off asks for more', asking('0'), 100],
    ['a date, by the server’s own clock', asking('Fri, 20 Nov 2026 10:00:05 GMT', { date: 'Fri, 20 Nov 2026 10:00:00 GMT' }), 5_000],
    ['a date that has passed', asking('Sun, 06 Nov 1994 08:49:37 GMT'), 100],
    [
      'headers of the kind fetch has',
      Object.assign(new Error('busy'), { response: { headers: new Headers({ 'retry-after': '3' }) } }),
      3_000,
    ],
    [
      'headers of undici’s own kind',
      Object.assign(new Error('busy'), { response: { headers: new UndiciHeaders({ 'retry-after': '3' }) } }),
      3_000,
    ],
    ['the cause of the error', new Error('outer', { cause: asking('4') }), 4_000],
    ['an open circuit', new CircuitOpenError('x.test', 1_234), 1_234],
    ['nonsense', asking('soon'), 100],
    ['a negative number', asking('-5'), 100],
    ['null', null, 100],
    ['headers of a map, with a number', Object.assign(new Error('busy'), { headers: new Map([['retry-after', 3]]) }), 3_000],
    ['headers whose get gives a list', Object.assign(new Error('busy'), { headers: { get: () => ['3'] } }), 3_000],
    ['headers whose get gives nothing that is one', Object.assign(new Error('busy'), { headers: { get: () => ({}) } }), 100],
    ['headers whose get throws', Object.assign(new Error('busy'), { headers: { get: throwing } }), 100],
    ['headers that are null', Object.assign(new Error('busy'), { headers: null, response: null }), 100],
    ['nothing', Object.assign(new Error('busy'), { headers: new Headers() }), 100],
    ['a ring of causes', Object.assign(error, { cause: error }), 100],
  ])('waits as long as the server asks: %s', async (_, thrown, delayMs) => {
    const { time, delays } = start(failing(thrown).fn);
    await microtasks();
    expect([delays(), time.timers]).toEqual([[delayMs], 1]);
  });

  it.each([
    [' 7 ', 7_000],
    ['12 apples', 100],
    ['in 12', 100],
    ['1.5', 100],
    ['Friday perhaps', 100],
    ['maybe Fri, 20 Nov 2099 10:00:05 GMT', 100],
    [true, 100],
  ])('reads %j as %d ms', async (header, delayMs) => {
    const { delays } = start(failing(asking(header)).fn);
    await microtasks();
    expect(delays()).toEqual([delayMs]);
  });

  it.each([
    [0, 100],
    [-1, 5_000],
    ['7000', 5_000],
  ])('takes retryAfterMs %j before the headers only where it makes sense', async (retryAfterMs, delayMs) => {
    const { delays } = start(failing(Object.assign(asking('5'), { retryAfterMs })).fn);
    await microtasks();
    expect(delays()).toEqual([delayMs]);
  });

  it('does not bring back together those who were told of the same moment', async () => {
    const random = [0.1, 0.5, 0.9].map((value) => () => value);
    const starts = random.map((one) => {
      const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'full', random: one });
      return start(failing(asking('5')).fn, { backoff });
    });
    await microtasks();
    expect(starts.map(({ delays }) => delays())).toEqual([[5_010], [5_050], [5_090]]);
  });

  it('lets decorrelated jitter grow from what was drawn, not from what the server asked for', async () => {
    const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'decorrelated', random: () => 1 });
    const { delays, time } = start(failing(asking('5'), error).fn, { backoff });
    await time.advance(5_300);
    expect(delays()).toEqual([5_300, 900]);
  });

  it('comes back to a circuit when it lets callers in, not a moment before, though timers come early', async () => {
    const time = new EarlyTime();
    const breaker = new CircuitBreaker({ failureThreshold: 1, cooldown: 1_000, clock: time });
    breaker.recordFailure('shop.test');
    const { outcome } = start(async () => breaker.execute('shop.test', async () => 42), {
      attempts: 2,
      backoff: new ExponentialBackoff({ baseDelay: 0, clock: time }),
      clock: time,
    });
    await time.advance(1_000);
    expect(outcome).toEqual({ settled: true, value: 42 });
  });

  it('gives up with the error of the function where shouldRetry, onFailure, the logger or the error itself is broken', async () => {
    const events: unknown[] = [];
    const say = (fields: object): void => void events.push('event' in fields ? fields.event : undefined);
    const logger = { debug: say, info: say, warn: say, error: say };
    const judged = start(failing(error).fn, { shouldRetry: throwing, logger });
    const told = start(failing(error).fn, { onFailure: throwing, attempts: 1, logger });
    const logged = start(failing(error).fn, { attempts: 1, logger: { debug: throwing, info: throwing, warn: throwing, error: throwing } });
    const bare: unknown = Object.create(null);
    const odd = start(failing(bare).fn, { attempts: 1, logger });
    await microtasks();
    expect([judged, told, logged, odd].map(({ outcome }) => outcome.error)).toEqual([error, error, error, bare]);
    expect(events.sort()).toEqual([...Array<string>(3).fill('retry.giveUp'), 'retry.onFailureThrew', 'retry.shouldRetryThrew']);
  });

  it('shows in its log no secret of a URL', async () => {
    const errors: unknown[] = [];
    const say = (fields: object): void => void errors.push('error' in fields ? fields.error : undefined);
    const logger = { debug: say, info: say, warn: say, error: say };
    start(failing(new Error('GET https://me:pw@shop.test/cart?token=1 failed')).fn, { attempts: 1, logger });
    await microtasks();
    expect(errors).toEqual([{ name: 'Error', message: 'GET https://shop.test/cart failed' }]);
  });

  it('gives up with the error of the function where an asynchronous onFailure rejects, and says so in the log', async () => {
    const events: unknown[] = [];
    const say = (fields: object): void => void events.push('event' in fields ? fields.event : undefined);
    const logger = { debug: say, info: say, warn: say, error: say };
    const onFailure = ((): unknown => Promise.reject(new Error('broken'))) as () => void;
    const { outcome } = start(failing(error).fn, { onFailure, attempts: 1, logger });
    await microtasks();
    expect(outcome.error).toBe(error);
    expect(events.sort()).toEqual(['retry.giveUp', 'retry.onFailureThrew']);
  });

  it('looks past headers that ask for nothing at those of the response', async () => {
    const thrown = Object.assign(new Error('busy'), { headers: {}, response: { headers: { 'retry-after': '2' } } });
    const { delays } = start(failing(thrown).fn);
    await microtasks();
    expect(delays()).toEqual([2_000]);
  });

  it('ends at once on an abort while shouldRetry thinks, and needs no onFailure', async () => {
    const controller = new AbortController();
    const hangs = async (): Promise<boolean> => new Promise(() => {});
    const { outcome } = start(failing(error).fn, { signal: controller.signal, shouldRetry: hangs, onFailure: undefined });
    await microtasks();
    controller.abort(new Error('enough'));
    await microtasks();
    expect([outcome.error, abortListeners(controller.signal)]).toEqual([new Error('enough'), 0]);
    await expect(retry(failing(error).fn, { attempts: 1 })).rejects.toBe(error);
  });

  it('takes a date without a zone for GMT, wherever the machine is', async () => {
    vi.stubEnv('TZ', 'America/New_York');
    const { delays } = start(failing(asking('Fri Nov 20 10:00:05 2026', { date: 'Fri, 20 Nov 2026 10:00:00 GMT' })).fn);
    await microtasks();
    vi.unstubAllEnvs();
    expect(delays()).toEqual([5_000]);
  });

  it('takes a Retry-After date by this machine’s clock where the answer has no date', async () => {
    const { delays } = start(failing(asking(new Date(Date.now() + 60_000).toUTCString())).fn);
    await microtasks();
    expect(delays()[0]).toBeGreaterThan(50_000);
    expect(delays()[0]).toBeLessThanOrEqual(60_000);
  });

  it('takes an error as final where the server asks for too much', async () => {
    const thrown = asking('301');
    const { time, outcome } = start(failing(thrown).fn);
    await microtasks();
    expect([outcome.error, time.timers]).toEqual([thrown, 0]);
    const patient = start(failing(thrown).fn, { maxRetryAfter: 301_000 });
    await patient.time.advance(301_000);
    expect(patient.outcome.value).toBe(42);
  });

  it('hands each delay to the next one of decorrelated jitter', async () => {
    const backoff = new ExponentialBackoff({ baseDelay: 100, jitter: 'decorrelated', random: () => 1 });
    const { time, delays } = start(failing(error, error, error).fn, { attempts: 4, backoff });
    await time.advance(100_000);
    expect(delays()).toEqual([300, 900, 2_700]);
  });

  it('repeats no more than the budget allows, and earns repetitions with calls', async () => {
    const budget = new RetryBudget({ ratio: 0.5, reserve: 2 });
    expect(budget.available).toBe(2);
    const first = start(failing(error, error, error).fn, { budget, attempts: 9 });
    await first.time.advance(10_000);
    expect([first.outcome.error, first.delays(), budget.available]).toEqual([error, [100, 200, undefined], 0]);
    for (let call = 0; call < 2; call += 1) await retry(async () => 42, { budget });
    expect(budget.available).toBe(1);
    for (let call = 0; call < 20; call += 1) await retry(async () => 42, { budget });
    expect(budget.available).toBe(2);
  });

  it.each([
    [{ attempts: 0 }, RangeError, 'attempts'],
    [{ attempts: '3' }, TypeError, 'attempts'],
    [{ deadline: -1 }, RangeError, 'deadline'],
    [{ maxRetryAfter: NaN }, RangeError, 'maxRetryAfter'],
    [{ shouldRetry: true }, TypeError, 'shouldRetry'],
    [{ signal: 'x' }, TypeError, 'signal'],
    [{ signal: null }, TypeError, 'signal'],
    [{ signal: new AbortController() }, TypeError, 'signal'],
  ])('refuses %o by name', async (options, kind, name) => {
    await expect(retry(async () => 42, options as object)).rejects.toThrow(kind);
    await expect(retry(async () => 42, options as object)).rejects.toThrow(new RegExp(`^${name} must be `));
  });

  it('refuses what is no function', async () => {
    await expect(retry(42 as unknown as () => void)).rejects.toThrow(/^fn must be a function/);
    expect(() => new RetryBudget({ ratio: -1 })).toThrow(/^ratio must be /);
    expect(() => new RetryBudget({ reserve: 0 })).toThrow(/^reserve must be /);
  });

  it('logs what failed and what follows', async () => {
    const logged: unknown[] = [];
    const log = (fields: object): number => logged.push(fields);
    const { time } = start(failing(new TypeError('a'), new TypeError('b')).fn, {
      attempts: 2,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await time.advance(100);
    expect(logged).toEqual([
      { event: 'retry.wait', attempt: 0, delayMs: 100, error: { name: 'TypeError', message: 'a' } },
      { event: 'retry.giveUp', attempt: 1, delayMs: undefined, error: { name: 'TypeError', message: 'b' } },
    ]);
  });
});
