import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/resilience/abort.ts';
import { Semaphore, type Permit } from '../../../src/resilience/semaphore.ts';
import { gate } from './factory.ts';
import { FakeTime, microtasks } from './fakeTime.ts';
import { abortListeners } from './listeners.ts';

describe('a semaphore', () => {
  it.each([0, -1, 1.5, NaN, Infinity, '3', null, undefined, 2 ** 53])('refuses %s permits with a RangeError that names them', (permits) => {
    expect(() => new Semaphore(permits as number)).toThrow(RangeError);
    expect(() => new Semaphore(permits as number)).toThrow(/^permits must be a whole number of at least 1, got /);
  });

  it.each([-1, NaN, '5'])('refuses the timeout %s by name, and nobody waits', async (timeout) => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire({ timeout: timeout as number })).rejects.toThrow(/^timeout must be /);
    expect([semaphore.available, semaphore.waiting]).toEqual([1, 0]);
  });

  it.each([null, {}, new AbortController()])('refuses the signal %o by name, and loses no permit to it', async (signal) => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    await expect(semaphore.acquire({ signal: signal as unknown as AbortSignal })).rejects.toThrow(/^signal must be an AbortSignal, got /);
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
    permit.release();
    expect(semaphore.available).toBe(1);
  });

  it('lets as many in as there are permits, and the others in the order in which they came', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const permits: Permit[] = [];
    const all = [0, 1, 2, 3].map(async (caller) => {
      permits.push(await semaphore.acquire());
      order.push(caller);
    });
    await microtasks();
    expect([order, semaphore.available, semaphore.waiting]).toEqual([[0, 1], 0, 2]);
    for (const turn of [0, 1, 2, 3]) {
      permits[turn]?.release();
      await microtasks();
    }
    await Promise.all(all);
    expect([order, semaphore.available, semaphore.waiting]).toEqual([[0, 1, 2, 3], 2, 0]);
  });

  it('rejects a second release, which frees nobody else’s permit', async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    first.release();
    const second = await semaphore.acquire();
    expect(() => first.release()).toThrow('released before');
    expect(semaphore.available).toBe(0);
    second.release();
    expect(() => second.release()).toThrow('released before');
    expect(semaphore.available).toBe(1);
  });

  it('gives back once however often it is disposed', async () => {
    const semaphore = new Semaphore(1);
    {
      await using permit = await semaphore.acquire();
      expect(semaphore.available).toBe(0);
      permit[Symbol.dispose]();
      permit[Symbol.dispose]();
    }
    expect(semaphore.available).toBe(1);
    {
      using _permit = await semaphore.acquire();
      expect(semaphore.available).toBe(0);
    }
    expect(semaphore.available).toBe(1);
  });

  it('has a permit at once or not at all for tryAcquire', () => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    expect(permit).toBeDefined();
    expect(semaphore.tryAcquire()).toBeUndefined();
    permit?.release();
    expect(semaphore.available).toBe(1);
  });

  it('forgets an aborted waiter at once, and serves the next one', async () => {
    const time = new FakeTime();
    const semaphore = new Semaphore(1, { clock: time });
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const aborted = semaphore.acquire({ signal: controller.signal, timeout: 500 });
    const next = semaphore.acquire({ timeout: 500 });
    expect(semaphore.waiting).toBe(2);
    controller.abort(new Error('no longer'));
    expect(semaphore.waiting).toBe(1);
    expect(time.timers).toBe(1);
    expect(abortListeners(controller.signal)).toBe(0);
    await expect(aborted).rejects.toThrow('no longer');
    held.release();
    (await next).release();
    expect([semaphore.available, semaphore.waiting, time.timers]).toEqual([1, 0, 0]);
  });

  it('forgets a waiter whose time is over at once, in the middle of the queue too', async () => {
    const time = new FakeTime();
    const semaphore = new Semaphore(1, { clock: time });
    const controller = new AbortController();
    const held = await semaphore.acquire();
    const first = semaphore.acquire({ timeout: 900 });
    const second = semaphore.acquire({ signal: controller.signal, timeout: 100 });
    const outcome = expect(second).rejects.toMatchObject({ name: 'TimeoutError', timeoutMs: 100 });
    const third = semaphore.acquire();
    await time.advance(100);
    await outcome;
    expect([semaphore.waiting, time.timers, abortListeners(controller.signal)]).toEqual([2, 1, 0]);
    held.release();
    (await first).release();
    (await third).release();
    expect([semaphore.available, semaphore.waiting, time.timers]).toEqual([1, 0, 0]);
  });

  it('needs no waiting for a timeout of zero, and none for a signal that has aborted', async () => {
    const semaphore = new Semaphore(1);
    const free = await semaphore.acquire({ timeout: 0 });
    await expect(semaphore.acquire({ timeout: 0 })).rejects.toBeInstanceOf(TimeoutError);
    free.release();
    await expect(semaphore.acquire({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect([semaphore.available, semaphore.waiting]).toEqual([1, 0]);
  });

  it('is given back by await using alone', async () => {
    const semaphore = new Semaphore(1);
    {
      await using _permit = await semaphore.acquire();
      expect(semaphore.available).toBe(0);
    }
    expect(semaphore.available).toBe(1);
  });

  it('fails without any timer where the timeout is zero, and takes options without a signal', async () => {
    const time = new FakeTime();
    const semaphore = new Semaphore(1, { clock: time });
    expect(await semaphore.run(() => 42, { timeout: 10 })).toBe(42);
    const held = await semaphore.acquire();
    await expect(semaphore.acquire({ timeout: 0 })).rejects.toThrow('No permit is free');
    expect(time.timers).toBe(0);
    held.release();
  });

  it('tells everybody who waits with one signal, also after one of them has left', async () => {
    const time = new FakeTime();
    const semaphore = new Semaphore(1, { clock: time });
    await semaphore.acquire();
    const controller = new AbortController();
    const late = expect(semaphore.acquire({ signal: controller.signal, timeout: 10 })).rejects.toBeInstanceOf(TimeoutError);
    const others = [1, 2].map(() => expect(semaphore.acquire({ signal: controller.signal })).rejects.toThrow('all of you'));
    await time.advance(10);
    await late;
    expect(abortListeners(controller.signal)).toBe(1);
    controller.abort(new Error('all of you'));
    await Promise.all(others);
    expect([semaphore.waiting, abortListeners(controller.signal)]).toEqual([0, 0]);
  });

  it('neither loses nor doubles a permit when grant and abort fall into one tick', async () => {
    const semaphore = new Semaphore(1);
    for (const abortFirst of [true, false]) {
      const held = await semaphore.acquire();
      const controller = new AbortController();
      const waiter = semaphore.acquire({ signal: controller.signal }).then(
        (permit) => permit.release(),
        () => 'aborted',
      );
      if (abortFirst) controller.abort();
      held.release();
      if (!abortFirst) controller.abort();
      expect(await waiter).toBe(abortFirst ? 'aborted' : undefined);
      expect([semaphore.available, semaphore.waiting, abortListeners(controller.signal)]).toEqual([1, 0, 0]);
    }
  });

  it('does not call a function whose signal aborted between the grant and the call', async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    let called = false;
    const run = semaphore.run(() => (called = true), { signal: controller.signal });
    await microtasks();
    held.release();
    controller.abort(new Error('too late'));
    await expect(run).rejects.toThrow('too late');
    expect([called, semaphore.available]).toEqual([false, 1]);
  });

  it('gives back after a function that throws, sooner or later, and passes on what it threw or returned', async () => {
    const semaphore = new Semaphore(1);
    const sync = (): never => {
      throw new Error('sync');
    };
    await expect(semaphore.run(sync)).rejects.toThrow('sync');
    await expect(semaphore.run(async () => Promise.reject(new Error('async')))).rejects.toThrow('async');
    expect(await semaphore.run(() => 42)).toBe(42);
    await expect(semaphore.run('no function' as unknown as () => void)).rejects.toThrow(/^fn must be a function/);
    expect(semaphore.available).toBe(1);
  });

  it('holds its permit until what the function promised has come', async () => {
    const semaphore = new Semaphore(1);
    const promised = gate();
    const running = semaphore.run(() => promised.promise);
    await microtasks();
    expect(semaphore.available).toBe(0);
    promised.open();
    await running;
    expect(semaphore.available).toBe(1);
  });

  it('keeps each waiter in its own async context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const semaphore = new Semaphore(1);
    const held = await storage.run('holder', () => semaphore.acquire());
    const seen = ['a', 'b'].map((name) => storage.run(name, () => semaphore.run(async () => storage.getStore())));
    storage.run('releaser', () => held.release());
    expect(await Promise.all(seen)).toEqual(['a', 'b']);
  });

  it('lets a thousand waiters share one signal without a warning and without a trace', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown): number => warnings.push(warning);
    process.on('warning', onWarning);
    const controller = new AbortController();
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const waiters = Array.from({ length: 1_000 }, () => semaphore.acquire({ signal: controller.signal }));
    controller.abort();
    const outcomes = await Promise.allSettled(waiters);
    await microtasks();
    process.removeListener('warning', onWarning);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1_000);
    expect([semaphore.waiting, abortListeners(controller.signal), warnings]).toEqual([0, 0, []]);
    held.release();
    expect(semaphore.available).toBe(1);
  });
});

/** What a semaphore is, in the plainest form: who holds, and who waits in which order. */
class Model {
  readonly held = new Set<number>();
  waiting: number[] = [];
  readonly gone = new Map<number, 'aborted' | 'late'>();
  readonly permits: number;

  constructor(permits: number) {
    this.permits = permits;
  }

  acquire(caller: number): void {
    if (this.held.size < this.permits) this.held.add(caller);
    else this.waiting.push(caller);
  }

  release(caller: number): void {
    this.held.delete(caller);
    const next = this.waiting.shift();
    if (next !== undefined) this.held.add(next);
  }

  leave(caller: number, why: 'aborted' | 'late'): void {
    if (!this.waiting.includes(caller)) return;
    this.waiting = this.waiting.filter((other) => other !== caller);
    this.gone.set(caller, why);
  }
}

describe('a semaphore beside its model', () => {
  it('agrees after every step of any history of acquiring, releasing, aborting and waiting too long', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const), timeout: fc.option(fc.constantFrom(50, 100), { nil: undefined }) }),
      fc.record({ do: fc.constantFrom('release' as const, 'abort' as const), who: fc.nat() }),
      fc.record({ do: fc.constant('pass' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 40 }), async (permits, steps) => {
        const time = new FakeTime();
        const semaphore = new Semaphore(permits, { clock: time });
        const model = new Model(permits);
        const granted = new Map<number, Permit>();
        const failed = new Map<number, string>();
        const callers: { controller: AbortController; due: number }[] = [];
        for (const next of steps) {
          if (next.do === 'acquire') {
            const caller = callers.length;
            const controller = new AbortController();
            callers.push({ controller, due: time.now() + (next.timeout ?? Infinity) });
            model.acquire(caller);
            semaphore.acquire({ signal: controller.signal, timeout: next.timeout }).then(
              (permit) => granted.set(caller, permit),
              (error: unknown) => failed.set(caller, error instanceof TimeoutError ? 'late' : 'aborted'),
            );
          } else if (next.do === 'release') {
            const caller = [...model.held].at(next.who % Math.max(1, model.held.size));
            if (caller !== undefined) {
              granted.get(caller)?.release();
              granted.delete(caller);
              model.release(caller);
            }
          } else if (next.do === 'abort') {
            const caller = next.who % Math.max(1, callers.length);
            callers[caller]?.controller.abort();
            model.leave(caller, 'aborted');
          } else {
            await time.advance(50);
            for (const [caller, { due }] of callers.entries()) if (due <= time.now()) model.leave(caller, 'late');
          }
          await microtasks();
          expect(semaphore.available).toBe(permits - model.held.size);
          expect(semaphore.waiting).toBe(model.waiting.length);
          expect([...granted.keys()].sort()).toEqual([...model.held].sort());
          expect(failed).toEqual(model.gone);
        }
      }),
      { numRuns: 150 },
    );
  });
});
