import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../src/resilience/circuitBreaker.ts';
import type { CircuitBreakerOptions } from '../../../src/resilience/circuitOptions.ts';
import { CircuitOpenError } from '../../../src/resilience/errors.ts';
import type { Logger } from '../../../src/resilience/logger.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

const KEY = 'https://dead.test/';
const broken = async (): Promise<never> => Promise.reject(new Error('broken'));
const fine = async (): Promise<string> => 'fine';

/** A call whose end the test decides. */
function pending(): { fn: () => Promise<string>; succeed: () => void; fail: () => void; calls: () => number } {
  let calls = 0;
  let succeed = (): void => {};
  let fail = (): void => {};
  const fn = (): Promise<string> => {
    calls += 1;
    return new Promise<string>((resolve, reject) => {
      succeed = () => resolve('fine');
      fail = () => reject(new Error('broken'));
    });
  };
  return { fn, succeed: () => succeed(), fail: () => fail(), calls: () => calls };
}

function setUp(options: CircuitBreakerOptions = {}): { time: FakeTime; breaker: CircuitBreaker; trip: () => Promise<void> } {
  const time = new FakeTime();
  const breaker = new CircuitBreaker({ clock: time, ...options });
  const trip = async (): Promise<void> => {
    for (let failure = 0; failure < (options.failureThreshold ?? 5); failure += 1) await breaker.execute(KEY, broken).catch(() => {});
    expect(breaker.state(KEY)).toBe('open');
  };
  return { time, breaker, trip };
}

describe('a circuit breaker', () => {
  it('opens at the fifth failure, not before, and only for that key', async () => {
    const { breaker } = setUp();
    for (let failure = 1; failure <= 4; failure += 1) await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
    expect(breaker.state(KEY)).toBe('closed');
    await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
    expect([breaker.state(KEY), breaker.allows(KEY)]).toEqual(['open', false]);
    expect([breaker.state('other'), breaker.allows('other')]).toEqual(['closed', true]);
  });

  it('fails callers at once while open, tells them when to come again, and does not call', async () => {
    const { time, breaker, trip } = setUp();
    await trip();
    await time.advance(100_000);
    const call = pending();
    await expect(breaker.execute(KEY, call.fn)).rejects.toMatchObject({ name: 'CircuitOpenError', key: KEY, retryAfterMs: 200_000 });
    expect([call.calls(), breaker.stats().rejected]).toEqual([0, 1]);
  });

  it('does not show what a URL keeps secret in its message', () => {
    const error = new CircuitOpenError('https://me:secret@shop.test/cart?token=secret#secret', 10);
    expect(error.message).toBe('The circuit of https://shop.test/cart is open; try again in 10 ms');
  });

  it('forgets failures that have left the window', async () => {
    const { time, breaker } = setUp({ failureThreshold: 2, window: 1_000 });
    breaker.recordFailure(KEY);
    await time.advance(1_000);
    breaker.recordFailure(KEY);
    expect(breaker.state(KEY)).toBe('closed');
    await time.advance(999);
    breaker.recordFailure(KEY);
    expect(breaker.state(KEY)).toBe('open');
  });

  it('is half-open when the cooldown is over, also before anybody came, and closes on a success', async () => {
    const { time, breaker, trip } = setUp();
    await trip();
    await time.advance(299_999);
    expect([breaker.state(KEY), breaker.allows(KEY)]).toEqual(['open', false]);
    await time.advance(1);
    expect(breaker.state(KEY)).toBe('half-open');
    expect(await breaker.execute(KEY, fine)).toBe('fine');
    expect(breaker.state(KEY)).toBe('closed');
  });

  it('cools down twice as long after each failed probe, up to the cap, and as long as at first after a recovery', async () => {
    const { time, breaker, trip } = setUp({ cooldown: 1_000, maxCooldown: 3_000 });
    await trip();
    for (const next of [2_000, 3_000, 3_000]) {
      await time.advance(3_000);
      await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
      await expect(breaker.execute(KEY, fine)).rejects.toMatchObject({ retryAfterMs: next });
    }
    await time.advance(3_000);
    await breaker.execute(KEY, fine);
    await trip();
    await expect(breaker.execute(KEY, fine)).rejects.toMatchObject({ retryAfterMs: 1_000 });
  });

  it('without a cooldown lets a probe through at once, and says so, however often it has opened', async () => {
    const { breaker } = setUp({ failureThreshold: 1, cooldown: 0, maxCooldown: Infinity });
    for (let trips = 0; trips < 1_100; trips += 1) await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
    expect([breaker.state(KEY), breaker.allows(KEY)]).toEqual(['half-open', true]);
  });

  it.each([1, 2, 3])('lets exactly %d probes through, rejects the others at once, and closes when all succeed', async (probes) => {
    const { time, breaker, trip } = setUp({ probes, probeTimeout: 5_000 });
    await trip();
    await time.advance(300_000);
    const calls = Array.from({ length: 10 }, () => pending());
    const outcomes = calls.map((call) => breaker.execute(KEY, call.fn));
    const rejected = await Promise.allSettled(outcomes.slice(probes));
    expect(rejected.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof CircuitOpenError)).not.toContain(false);
    expect(rejected[0]).toMatchObject({ reason: { retryAfterMs: 5_000 } });
    expect(calls.reduce((sum, call) => sum + call.calls(), 0)).toBe(probes);
    for (const [index, call] of calls.slice(0, probes).entries()) {
      expect(breaker.state(KEY)).toBe('half-open');
      call.succeed();
      expect(await outcomes[index]).toBe('fine');
    }
    expect(breaker.state(KEY)).toBe('closed');
  });

  it('does not let more probes through while some of them have succeeded already', async () => {
    const { time, breaker, trip } = setUp({ probes: 2 });
    await trip();
    await time.advance(300_000);
    await breaker.execute(KEY, fine);
    const second = pending();
    const outcome = breaker.execute(KEY, second.fn);
    await expect(breaker.execute(KEY, fine)).rejects.toBeInstanceOf(CircuitOpenError);
    second.succeed();
    await outcome;
    expect(breaker.state(KEY)).toBe('closed');
  });

  it('opens again when one of several probes fails, whatever the others say later', async () => {
    const { time, breaker, trip } = setUp({ probes: 2 });
    await trip();
    await time.advance(300_000);
    const [good, bad] = [pending(), pending()];
    const outcomes = [breaker.execute(KEY, good.fn), breaker.execute(KEY, bad.fn)];
    bad.fail();
    await expect(outcomes[1]).rejects.toThrow('broken');
    good.succeed();
    expect(await outcomes[0]).toBe('fine');
    expect(breaker.state(KEY)).toBe('open');
  });

  describe('ignores what was admitted before its last transition:', () => {
    it('a late success does not close an open circuit', async () => {
      const { breaker, trip } = setUp();
      const late = pending();
      const outcome = breaker.execute(KEY, late.fn);
      await trip();
      late.succeed();
      expect(await outcome).toBe('fine');
      breaker.recordSuccess(KEY);
      expect(breaker.state(KEY)).toBe('open');
    });

    it('a late success does not close a half-open circuit', async () => {
      const { time, breaker, trip } = setUp();
      const late = pending();
      const outcome = breaker.execute(KEY, late.fn);
      await trip();
      await time.advance(300_000);
      const probe = pending();
      const probing = breaker.execute(KEY, probe.fn);
      late.succeed();
      await outcome;
      breaker.recordSuccess(KEY);
      expect(breaker.state(KEY)).toBe('half-open');
      probe.fail();
      await expect(probing).rejects.toThrow('broken');
      expect(breaker.state(KEY)).toBe('open');
    });

    it('a late failure does not open a half-open circuit again', async () => {
      const { time, breaker, trip } = setUp();
      const late = pending();
      const outcome = breaker.execute(KEY, late.fn);
      await trip();
      await time.advance(300_000);
      const probe = pending();
      const probing = breaker.execute(KEY, probe.fn);
      late.fail();
      await expect(outcome).rejects.toThrow('broken');
      breaker.recordFailure(KEY);
      expect(breaker.state(KEY)).toBe('half-open');
      probe.succeed();
      await probing;
      expect(breaker.state(KEY)).toBe('closed');
    });

    it('a late failure does not count in the circuit that has recovered meanwhile; a new one does', async () => {
      const { time, breaker, trip } = setUp({ failureThreshold: 1 });
      const late = pending();
      const outcome = breaker.execute(KEY, late.fn);
      await trip();
      await time.advance(300_000);
      await breaker.execute(KEY, fine);
      late.fail();
      await expect(outcome).rejects.toThrow('broken');
      expect(breaker.state(KEY)).toBe('closed');
      await trip();
    });

    it('a late failure does not lengthen the cooldown of an open circuit', async () => {
      const { time, breaker, trip } = setUp();
      await trip();
      await time.advance(100_000);
      for (let failure = 0; failure < 9; failure += 1) breaker.recordFailure(KEY);
      await expect(breaker.execute(KEY, fine)).rejects.toMatchObject({ retryAfterMs: 200_000 });
    });
  });

  describe('is not wedged by a probe that', () => {
    it('hangs: after its time the next caller has the place, and the hung one ends and no longer counts', async () => {
      const { time, breaker, trip } = setUp({ probeTimeout: 1_000 });
      await trip();
      await time.advance(300_000);
      const hung = pending();
      const outcome = expect(breaker.execute(KEY, hung.fn)).rejects.toMatchObject({ name: 'TimeoutError', timeoutMs: 1_000 });
      await time.advance(999);
      expect(breaker.allows(KEY)).toBe(false);
      await time.advance(1);
      const next = pending();
      const probing = breaker.execute(KEY, next.fn);
      await outcome;
      hung.succeed();
      await microtasks();
      expect(breaker.state(KEY)).toBe('half-open');
      next.succeed();
      await probing;
      expect(breaker.state(KEY)).toBe('closed');
      expect(time.timers).toBe(0);
    });

    it('is cancelled: the caller has the reason at once, also if the function does not listen', async () => {
      const { time, breaker, trip } = setUp();
      await trip();
      await time.advance(300_000);
      const controller = new AbortController();
      const hung = pending();
      const outcome = breaker.execute(KEY, hung.fn, { signal: controller.signal });
      controller.abort(new Error('no longer'));
      await expect(outcome).rejects.toThrow('no longer');
      expect([breaker.state(KEY), abortListeners(controller.signal)]).toEqual(['half-open', 0]);
      expect(await breaker.execute(KEY, fine)).toBe('fine');
      expect(breaker.state(KEY)).toBe('closed');
    });

    it('fails with what does not count', async () => {
      const { time, breaker } = setUp({ failureThreshold: 1, isFailure: (error) => !(error instanceof RangeError) });
      await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
      await time.advance(300_000);
      const filtered = async (): Promise<never> => Promise.reject(new RangeError('filtered'));
      for (let probe = 0; probe < 3; probe += 1) await expect(breaker.execute(KEY, filtered)).rejects.toThrow('filtered');
      expect(breaker.state(KEY)).toBe('half-open');
      await breaker.execute(KEY, fine);
      expect(breaker.state(KEY)).toBe('closed');
    });

    it('throws before its first await', async () => {
      const { time, breaker, trip } = setUp({ cooldown: 1_000, cooldownFactor: 1 });
      await trip();
      await time.advance(1_000);
      const throwing = (): never => {
        throw new Error('sync');
      };
      await expect(breaker.execute(KEY, throwing)).rejects.toThrow('sync');
      expect(breaker.state(KEY)).toBe('open');
      await time.advance(1_000);
      await breaker.execute(KEY, fine);
      expect(breaker.state(KEY)).toBe('closed');
    });

    it('was allowed and is never reported', async () => {
      const { time, breaker, trip } = setUp({ probeTimeout: 1_000 });
      await trip();
      await time.advance(300_000);
      expect([breaker.allows(KEY), breaker.allows(KEY)]).toEqual([true, false]);
      await time.advance(1_000);
      expect([breaker.allows(KEY), breaker.allows(KEY)]).toEqual([true, false]);
      expect(breaker.stats().rejected).toBe(2);
    });
  });

  it('counts neither what does not count nor what was aborted while closed', async () => {
    const { breaker } = setUp({ failureThreshold: 1, isFailure: (error) => (error as Error).message !== 'not found' });
    await expect(breaker.execute(KEY, async () => Promise.reject(new Error('not found')))).rejects.toThrow('not found');
    const controller = new AbortController();
    const outcome = breaker.execute(KEY, pending().fn, { signal: controller.signal });
    controller.abort(new Error('no longer'));
    await expect(outcome).rejects.toThrow('no longer');
    await expect(breaker.execute(KEY, fine, { signal: controller.signal })).rejects.toThrow('no longer');
    expect([breaker.state(KEY), breaker.stats().closed, abortListeners(controller.signal)]).toEqual(['closed', 0, 0]);
    await expect(breaker.execute(KEY, broken, { signal: new AbortController().signal })).rejects.toThrow('broken');
    expect(breaker.state(KEY)).toBe('open');
  });

  it('refuses a signal that is none by name, and holds no probe’s place for it', async () => {
    const { time, breaker, trip } = setUp({ cooldown: 1_000 });
    await trip();
    await time.advance(1_000);
    await expect(breaker.execute(KEY, fine, { signal: null as unknown as AbortSignal })).rejects.toThrow(
      /^signal must be an AbortSignal, got null/,
    );
    expect(await breaker.execute(KEY, fine)).toBe('fine');
  });

  it('counts an error where isFailure throws, passes the error on, and logs the other', async () => {
    const logged: object[] = [];
    const log = (fields: object): number => logged.push(fields);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const isFailure = (): never => {
      throw new TypeError('cannot tell');
    };
    const { breaker } = setUp({ failureThreshold: 1, isFailure, logger });
    await expect(breaker.execute(KEY, broken)).rejects.toThrow('broken');
    expect(breaker.state(KEY)).toBe('open');
    expect(logged).toContainEqual({ event: 'circuit.isFailureThrew', error: { name: 'TypeError', message: 'cannot tell' } });
  });

  it('works step by step: a success or a failure settles the probe that was allowed', async () => {
    const { time, breaker, trip } = setUp({ cooldown: 1_000, cooldownFactor: 1 });
    await trip();
    await time.advance(1_000);
    expect(breaker.allows(KEY)).toBe(true);
    breaker.recordFailure(KEY);
    expect(breaker.state(KEY)).toBe('open');
    await time.advance(1_000);
    expect(breaker.allows(KEY)).toBe(true);
    breaker.recordSuccess(KEY);
    expect(breaker.state(KEY)).toBe('closed');
    breaker.recordSuccess(KEY);
    breaker.recordFailure(KEY);
    expect(breaker.state(KEY)).toBe('closed');
  });

  it('lets execute use the place that allows reserved, once', async () => {
    const { time, breaker, trip } = setUp();
    await trip();
    await time.advance(300_000);
    expect(breaker.allows(KEY)).toBe(true);
    const probe = pending();
    const probing = breaker.execute(KEY, probe.fn);
    await expect(breaker.execute(KEY, fine)).rejects.toBeInstanceOf(CircuitOpenError);
    probe.succeed();
    await probing;
    expect(breaker.state(KEY)).toBe('closed');
  });

  it('passes on whatever a function throws or returns, and its signal where there is one', async () => {
    const { breaker } = setUp();
    const { signal } = new AbortController();
    expect(await breaker.execute(KEY, (context) => context.signal)).toBeUndefined();
    expect(await breaker.execute(KEY, (context) => context.signal, { signal })).toBe(signal);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- libraries do
    const odd = async (): Promise<never> => Promise.reject('a string');
    await expect(breaker.execute(KEY, odd)).rejects.toBe('a string');
    await expect(breaker.execute(KEY, odd, { signal })).rejects.toBe('a string');
  });

  it('remembers at most maxKeys circuits, forgets healthy ones first, and keeps those that are in use', async () => {
    const { time, breaker, trip } = setUp({ maxKeys: 100, window: 1_000 });
    await trip();
    for (let index = 0; index < 10_000; index += 1) {
      breaker.recordFailure(`https://shop-${index}.test/`);
      if (index % 50 === 0) expect(breaker.allows(KEY)).toBe(false);
    }
    const { closed, open, halfOpen, forgotten } = breaker.stats();
    expect([closed + open + halfOpen, forgotten]).toEqual([100, 9_901]);
    expect(breaker.state(KEY)).toBe('open');
    await time.advance(2_000);
    breaker.recordFailure('fresh');
    expect([breaker.state(KEY), time.timers]).toEqual(['open', 0]);
  });

  it.each(['open', 'half-open'] as const)('forgets a circuit that is %s and past its time before one that still counts', async (state) => {
    const { time, breaker } = setUp({ maxKeys: 3, failureThreshold: 1, cooldown: 1_000, window: 60_000, isFailure: () => false });
    breaker.recordFailure('open for longer');
    breaker.recordFailure('over');
    await time.advance(1_000);
    await breaker.execute('open for longer', fine);
    breaker.recordFailure('open for longer');
    if (state === 'half-open') await expect(breaker.execute('over', broken)).rejects.toThrow('broken');
    expect(breaker.state('over')).toBe('half-open');
    breaker.recordFailure('second');
    breaker.recordFailure('third');
    expect(['open for longer', 'second', 'third'].map((key) => breaker.state(key))).toEqual(['open', 'open', 'open']);
    expect(breaker.state('over')).toBe('closed');
  });

  it('does not forget a circuit whose probe is under way while another is past its time', async () => {
    const { time, breaker } = setUp({ maxKeys: 2, failureThreshold: 1, cooldown: 1_000 });
    breaker.recordFailure('probed');
    breaker.recordFailure('over');
    await time.advance(1_000);
    const probe = pending();
    const probing = breaker.execute('probed', probe.fn);
    // Used again, so that the probed one is the least recently used.
    expect(breaker.allows('over')).toBe(true);
    breaker.recordFailure('over');
    await time.advance(2_000);
    breaker.recordFailure('new');
    expect(['probed', 'over', 'new'].map((key) => breaker.state(key))).toEqual(['half-open', 'closed', 'open']);
    probe.succeed();
    await probing;
    expect(breaker.state('probed')).toBe('closed');
  });

  it('ignores a probe whose circuit was forgotten meanwhile', async () => {
    const { time, breaker } = setUp({ maxKeys: 1, failureThreshold: 1, cooldown: 1_000 });
    breaker.recordFailure(KEY);
    await time.advance(1_000);
    const probe = pending();
    const probing = breaker.execute(KEY, probe.fn);
    breaker.recordFailure('other');
    probe.fail();
    await expect(probing).rejects.toThrow('broken');
    expect([breaker.state(KEY), breaker.state('other'), breaker.stats().trips]).toEqual(['closed', 'open', 2]);
  });

  it('forgets failures that have left the window before an open circuit, although they are younger', async () => {
    const { time, breaker } = setUp({ maxKeys: 2, failureThreshold: 2, window: 1_000 });
    breaker.recordFailure('open');
    breaker.recordFailure('open');
    breaker.recordFailure('failed once');
    await time.advance(999);
    expect(breaker.stats()).toMatchObject({ closed: 1, open: 1 });
    await time.advance(1);
    breaker.recordFailure('new');
    expect([breaker.state('open'), breaker.stats()]).toMatchObject(['open', { closed: 1, open: 1 }]);
    // Now nothing is past its time: the least recently used one goes.
    breaker.recordFailure('newer');
    expect([breaker.state('open'), breaker.stats()]).toMatchObject(['closed', { closed: 2, open: 0 }]);
  });

  it.each([
    [7, { first: 'open', over: 'closed' }],
    [8, { first: 'closed', over: 'half-open' }],
  ])(
    'looks at eight circuits when it has to forget one, and at no more: with %d before the one past its time: %o',
    async (before, after) => {
      const time = new FakeTime();
      const breaker = new CircuitBreaker({ clock: time, maxKeys: before + 1, failureThreshold: 1, cooldown: 1_000 });
      const others = ['first', ...Array.from({ length: before - 1 }, (_, index) => `other ${index}`)];
      for (const key of others) breaker.recordFailure(key);
      await time.advance(1_000);
      // They fail once more, as probes: open for two seconds from now on, and used before the next one.
      for (const key of others) await breaker.execute(key, broken).catch(() => {});
      breaker.recordFailure('over');
      await time.advance(1_000);
      breaker.recordFailure('new');
      expect({ first: breaker.state('first'), over: breaker.state('over') }).toEqual(after);
    },
  );

  it('counts whom allows turns away, allows any number while closed, and leaves no listener after a probe', async () => {
    const { time, breaker, trip } = setUp();
    breaker.recordFailure(KEY);
    expect([breaker.allows(KEY), breaker.allows(KEY), breaker.stats().rejected]).toEqual([true, true, 0]);
    await trip();
    // The fifth call of five was turned away: one failure had been there before.
    expect([breaker.allows(KEY), breaker.allows(KEY), breaker.stats().rejected]).toEqual([false, false, 3]);
    await time.advance(300_000);
    const controller = new AbortController();
    await breaker.execute(KEY, fine, { signal: controller.signal });
    expect([breaker.state(KEY), abortListeners(controller.signal)]).toEqual(['closed', 0]);
  });

  it('does not call with a signal that has aborted', async () => {
    const { breaker } = setUp();
    const call = pending();
    await expect(breaker.execute(KEY, call.fn, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(call.calls()).toBe(0);
  });

  it('remembers nothing of keys that never failed', async () => {
    const { breaker } = setUp();
    for (let index = 0; index < 1_000; index += 1) await breaker.execute(`key-${index}`, fine);
    expect(breaker.stats()).toEqual({ closed: 0, open: 0, halfOpen: 0, awaitingProbe: 0, trips: 0, rejected: 0, forgotten: 0 });
  });

  it('counts a circuit as half-open while a probe is under way, and apart while it waits for one', async () => {
    const { breaker, time, trip } = setUp({ cooldown: 1_000, probeTimeout: 500, probes: 2 });
    const counts = (): unknown[] => {
      const { closed, open, halfOpen, awaitingProbe } = breaker.stats();
      return [closed, open, halfOpen, awaitingProbe, breaker.state(KEY)];
    };
    await trip();
    expect(counts()).toEqual([0, 1, 0, 0, 'open']);
    await time.advance(1_000);
    expect(counts()).toEqual([0, 0, 0, 1, 'half-open']);
    const hanging = breaker.execute(KEY, pending().fn);
    hanging.catch(() => {});
    expect(counts()).toEqual([0, 0, 1, 0, 'half-open']);
    await time.advance(499);
    expect(counts()).toEqual([0, 0, 1, 0, 'half-open']);
    await time.advance(1);
    expect(counts()).toEqual([0, 0, 0, 1, 'half-open']);
    await breaker.execute(KEY, fine);
    expect(counts()).toEqual([0, 0, 0, 1, 'half-open']);
    await breaker.execute(KEY, fine);
    expect(counts()).toEqual([1, 0, 0, 0, 'closed']);
  });

  it('logs each transition with its key, without the URL’s secrets', async () => {
    const events: unknown[] = [];
    const log = (fields: object): number => events.push(fields);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const time = new FakeTime();
    const breaker = new CircuitBreaker({ failureThreshold: 1, cooldown: 1_000, clock: time, logger });
    await breaker.execute('https://a:b@x.test/?t=1', broken).catch(() => {});
    await time.advance(1_000);
    await breaker.execute('https://a:b@x.test/?t=1', fine);
    expect(events).toEqual([
      { event: 'circuit.open', key: 'https://x.test/', trips: 1, cooldownMs: 1_000 },
      { event: 'circuit.halfOpen', key: 'https://x.test/', trips: 1 },
      { event: 'circuit.closed', key: 'https://x.test/' },
    ]);
  });

  it.each([
    [{ failureThreshold: 0 }, RangeError, 'failureThreshold'],
    [{ failureThreshold: '5' }, TypeError, 'failureThreshold'],
    [{ window: -1 }, RangeError, 'window'],
    [{ cooldown: NaN }, RangeError, 'cooldown'],
    [{ cooldownFactor: 0.5 }, RangeError, 'cooldownFactor'],
    [{ maxCooldown: 10 }, RangeError, 'maxCooldown'],
    [{ probes: 1.5 }, RangeError, 'probes'],
    [{ probeTimeout: 0 }, RangeError, 'probeTimeout'],
    [{ maxKeys: 0 }, RangeError, 'maxKeys'],
    [{ isFailure: true }, TypeError, 'isFailure'],
  ])('refuses %o by name', (options, kind, name) => {
    expect(() => new CircuitBreaker(options as object)).toThrow(kind);
    expect(() => new CircuitBreaker(options as object)).toThrow(new RegExp(`^${name} must be `));
  });

  it('refuses a key that is no string and a function that is none', async () => {
    const { breaker } = setUp();
    const url = new URL('https://x.test') as unknown as string;
    await expect(breaker.execute(url, fine)).rejects.toThrow(/^key must be a string/);
    for (const method of ['allows', 'recordSuccess', 'recordFailure', 'state'] as const)
      expect(() => breaker[method](url)).toThrow(TypeError);
    await expect(breaker.execute(KEY, undefined as unknown as () => void)).rejects.toThrow(/^fn must be a function/);
  });
});

/** One circuit, told as plainly as possible: `calls` remembers for each call in which generation it was admitted and whether as a probe. */
class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  generation = 0;
  failures: number[] = [];
  until = 0;
  trips = 0;
  probing = new Set<number>();
  successes = 0;
  readonly calls = new Map<number, number>();

  admit(call: number, now: number, probes: number): boolean {
    if (this.state === 'open' && now >= this.until) this.become('half-open');
    if (this.state === 'open') return false;
    if (this.state === 'half-open') {
      if (this.probing.size + this.successes >= probes) return false;
      this.probing.add(call);
    }
    this.calls.set(call, this.generation);
    return true;
  }

  end(call: number, outcome: 'success' | 'failure' | 'neither', now: number, probes: number): void {
    if (this.calls.get(call) !== this.generation) return;
    if (this.state === 'half-open') {
      this.probing.delete(call);
      if (outcome === 'failure') this.open(now);
      else if (outcome === 'success' && ++this.successes === probes) this.become('closed');
    } else if (outcome === 'failure') {
      this.failures = [...this.failures.filter((time) => time > now - 1_000), now];
      if (this.failures.length >= 2) this.open(now);
    }
  }

  private open(now: number): void {
    this.trips = this.state === 'half-open' ? this.trips + 1 : 1;
    this.until = now + Math.min(4_000, 500 * 2 ** (this.trips - 1));
    this.become('open');
  }

  private become(state: Model['state']): void {
    this.state = state;
    this.generation += 1;
    this.failures = [];
    this.probing.clear();
    this.successes = 0;
  }
}

describe('a circuit breaker beside its model', () => {
  it('agrees after every step of any history of calls that end in any order', async () => {
    const step = fc.oneof(
      fc.constant({ do: 'call' as const }),
      fc.record({ do: fc.constantFrom('success' as const, 'failure' as const, 'neither' as const), who: fc.nat() }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 250, 500, 1_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), async (probes, steps) => {
        const clock = new FakeTime();
        const breaker = new CircuitBreaker({
          ...{ clock, probes, failureThreshold: 2, window: 1_000, cooldown: 500, maxCooldown: 4_000, probeTimeout: 1e9 },
          isFailure: (error) => error === 'failure',
        });
        const model = new Model();
        const running = new Map<number, (outcome: 'success' | 'failure' | 'neither') => void>();
        for (const [call, next] of steps.entries()) {
          if (next.do === 'call') {
            let called = false;
            const settled = breaker.execute(KEY, () => {
              called = true;
              return new Promise<void>((resolve, reject) => {
                // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a plain word is easier to classify
                running.set(call, (outcome) => (outcome === 'success' ? resolve() : reject(outcome)));
              });
            });
            settled.catch(() => {});
            expect(called).toBe(model.admit(call, clock.now(), probes));
          } else if (next.do === 'pass') {
            await clock.advance(next.ms);
          } else {
            const call = [...running.keys()].at(next.who % Math.max(1, running.size));
            if (call !== undefined) {
              running.get(call)?.(next.do);
              running.delete(call);
              model.end(call, next.do, clock.now(), probes);
            }
          }
          await microtasks();
          const due = model.state === 'open' && clock.now() >= model.until;
          expect(breaker.state(KEY)).toBe(due ? 'half-open' : model.state);
        }
      }),
      { numRuns: 200 },
    );
  });
});
