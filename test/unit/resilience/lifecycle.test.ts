import { describe, expect, it } from 'vitest';
import type { Closeable } from '../../../src/resilience/component.ts';
import { LifecycleClosedError } from '../../../src/resilience/errors.ts';
import { Lifecycle } from '../../../src/resilience/lifecycle.ts';
import { FakeTime, microtasks } from './fakeTime.ts';

const hang = async (): Promise<never> => new Promise(() => {});

function setUp(timeout?: number) {
  const time = new FakeTime();
  const closed: string[] = [];
  const lifecycle = new Lifecycle({ clock: time, timeout });
  const add = (name: string, close: () => unknown = () => {}): void => {
    lifecycle.add(name, async () => {
      closed.push(name);
      await close();
    });
  };
  return { time, closed, lifecycle, add };
}

describe('a lifecycle', () => {
  it('closes in reverse order, one after the other', async () => {
    const { lifecycle } = setUp();
    const steps: string[] = [];
    for (const name of ['a', 'b']) {
      lifecycle.add(name, async () => {
        steps.push(`${name} begins`);
        await microtasks();
        steps.push(`${name} ends`);
      });
    }
    const report = await lifecycle.shutdown('done');
    expect(steps).toEqual(['b begins', 'b ends', 'a begins', 'a ends']);
    expect(report).toMatchObject({
      reason: 'done',
      components: [
        { name: 'b', outcome: 'closed' },
        { name: 'a', outcome: 'closed' },
      ],
    });
  });

  it('closes whatever can be closed, by the first method it has', async () => {
    const { lifecycle } = setUp();
    const called: string[] = [];
    const say = (what: string) => (): number => called.push(what);
    lifecycle.add('function', say('function'));
    lifecycle.add('disposable', { [Symbol.dispose]: say('dispose') });
    lifecycle.add('closeable', { close: say('close') });
    lifecycle.add('all', {
      close: say('wrong'),
      [Symbol.dispose]: say('wrong'),
      [Symbol.asyncDispose]: async () => void say('asyncDispose')(),
    });
    await lifecycle.shutdown();
    expect(called).toEqual(['asyncDispose', 'close', 'dispose', 'function']);
    for (const wrong of [undefined, null, 42, {}]) {
      expect(() => new Lifecycle().add('thing', wrong as Closeable)).toThrow(/^thing must be a function or have /);
    }
  });

  it('closes the others when one throws, sooner or later, and reports what it threw', async () => {
    const { lifecycle, add, closed } = setUp();
    add('a');
    add('b', async () => Promise.reject(new Error('b failed')));
    lifecycle.add('c', () => {
      throw new Error('c failed');
    });
    const { components } = await lifecycle.shutdown();
    expect(closed).toEqual(['b', 'a']);
    expect(components.map((component) => ('error' in component ? component.error : component.outcome))).toEqual([
      new Error('c failed'),
      new Error('b failed'),
      'closed',
    ]);
  });

  it('is one shutdown however often it is asked, from wherever', async () => {
    const { lifecycle, add, closed } = setUp();
    add('a', () => void lifecycle.shutdown('again'));
    const first = lifecycle.shutdown('first');
    expect(lifecycle.shutdown('second')).toBe(first);
    expect((await first).reason).toBe('first');
    await lifecycle[Symbol.asyncDispose]();
    expect(lifecycle.shutdown()).toBe(first);
    expect(closed).toEqual(['a']);
  });

  it('is not ready before anything closes, and says so', async () => {
    const { lifecycle, add } = setUp();
    const seen: unknown[] = [];
    add('a', () => seen.push(lifecycle.ready, lifecycle.state, lifecycle.signal.aborted));
    expect([lifecycle.ready, lifecycle.state, lifecycle.signal.aborted]).toEqual([true, 'running', false]);
    const done = lifecycle.shutdown('why');
    expect([lifecycle.ready, lifecycle.state, seen]).toEqual([false, 'draining', []]);
    await done;
    expect([seen, lifecycle.state, (lifecycle.signal.reason as Error).message]).toEqual([
      [false, 'draining', true],
      'closed',
      'Shutting down: why',
    ]);
  });

  it('gives what hangs a share of its 10 s, then a last second, and closes the others', async () => {
    const { time, lifecycle, add, closed } = setUp();
    const reasons: unknown[] = [];
    add('first');
    lifecycle.add('hangs', async ({ signal, reason }) => {
      closed.push('hangs');
      signal.addEventListener('abort', () => reasons.push(reason));
      return hang();
    });
    add('last', hang);
    let report: Awaited<ReturnType<Lifecycle['shutdown']>> | undefined;
    void lifecycle.shutdown('SIGTERM').then((done) => (report = done));
    await time.advance(6_999);
    expect([closed, reasons, report]).toEqual([['last', 'hangs', 'first'], ['SIGTERM'], undefined]);
    await time.advance(1);
    expect(report?.components.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['last', 'killed'],
      ['hangs', 'killed'],
      ['first', 'closed'],
    ]);
    expect([report?.durationMs, time.timers]).toEqual([7_000, 0]);
  });

  it('ends exactly with its time where everything hangs', async () => {
    const { time, lifecycle, add } = setUp(4_000);
    for (const name of ['a', 'b', 'c', 'd', 'e']) add(name, hang);
    let ended = false;
    void lifecycle.shutdown().then(() => (ended = true));
    await time.advance(3_999);
    expect(ended).toBe(false);
    await time.advance(1);
    expect([ended, time.timers]).toEqual([true, 0]);
  });

  it('gives what one does not need to the others', async () => {
    const { time, lifecycle, add } = setUp(1_000);
    add('slow', async () => new Promise<void>((resolve) => void time.setTimeout(resolve, 850)));
    add('quick');
    add('quick too');
    const done = lifecycle.shutdown();
    await time.advance(900);
    expect((await done).components.at(-1)).toMatchObject({ name: 'slow', outcome: 'closed', durationMs: 850 });
  });

  it('ends by force what does not close in its time: kill, or close without time', async () => {
    const { time, lifecycle } = setUp();
    const called: unknown[] = [];
    lifecycle.add('killable', { [Symbol.asyncDispose]: hang, kill: () => called.push('kill') } as AsyncDisposable);
    lifecycle.add('pool', { [Symbol.asyncDispose]: hang, close: (options: unknown) => called.push(options) } as AsyncDisposable);
    lifecycle.add('stubborn', {
      [Symbol.asyncDispose]: hang,
      kill: () => {
        throw new Error('cannot');
      },
    } as AsyncDisposable);
    const done = lifecycle.shutdown();
    await time.advance(10_000);
    expect((await done).components.map(({ outcome }) => outcome)).toEqual(['killed', 'killed', 'killed']);
    expect(called).toEqual([{ timeout: 0 }, 'kill']);
  });

  it('kills everything at once when forced, before anything else happens, and ends within a second', async () => {
    const { time, lifecycle } = setUp();
    const killed: string[] = [];
    for (const name of ['a', 'b', 'c'])
      lifecycle.add(name, { [Symbol.asyncDispose]: hang, kill: () => killed.push(name) } as AsyncDisposable);
    lifecycle.add('done', () => killed.push('closed in time'));
    let ended = false;
    void lifecycle.shutdown().then(() => (ended = true));
    await time.advance(100);
    const forced = lifecycle.force('SIGINT');
    expect(killed).toEqual(['closed in time', 'c', 'b', 'a']);
    expect(lifecycle.force()).toBe(forced);
    await time.advance(1_000);
    expect([ended, time.timers, killed.length]).toEqual([true, 0, 4]);
    expect((await forced).components.map(({ outcome }) => outcome)).toEqual(['closed', 'killed', 'killed', 'killed']);
  });

  it('asks also the ones it had not come to when it is forced', async () => {
    const { time, lifecycle, add, closed } = setUp();
    add('flushes');
    add('hangs', hang);
    const done = lifecycle.shutdown();
    await time.advance(10);
    void lifecycle.force();
    await time.advance(1_000);
    expect((await done).components.at(-1)).toMatchObject({ name: 'flushes', outcome: 'closed' });
    expect(closed).toEqual(['hangs', 'flushes']);
  });

  it('does not kill what has closed in time', async () => {
    const { time, lifecycle } = setUp();
    const killed: string[] = [];
    lifecycle.add('hangs', { [Symbol.asyncDispose]: hang, kill: () => killed.push('hangs') } as AsyncDisposable);
    lifecycle.add('quick', { [Symbol.asyncDispose]: async () => {}, kill: () => killed.push('quick') } as AsyncDisposable);
    void lifecycle.shutdown();
    await time.advance(10);
    void lifecycle.force();
    await time.advance(1_000);
    expect([killed, lifecycle.state]).toEqual([['hangs'], 'closed']);
  });

  it('shuts down at the end of its scope', async () => {
    const closed: string[] = [];
    {
      await using lifecycle = new Lifecycle();
      lifecycle.add('a', () => closed.push('a'));
    }
    expect(closed).toEqual(['a']);
  });

  it('logs each step, and what could not be killed', async () => {
    const time = new FakeTime();
    const logged: unknown[] = [];
    const at =
      (level: string) =>
      (fields: object): number =>
        logged.push({ level, ...fields });
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    const lifecycle = new Lifecycle({ clock: time, logger, timeout: 1_000 });
    const kill = (): never => {
      throw new RangeError('cannot');
    };
    lifecycle.add('stubborn', { [Symbol.asyncDispose]: hang, kill } as AsyncDisposable);
    lifecycle.add('killable', { [Symbol.asyncDispose]: hang, kill: () => {} } as AsyncDisposable);
    lifecycle.add('broken', async () => Promise.reject(new Error('no')));
    lifecycle.add('fine', () => {});
    const done = lifecycle.shutdown('SIGTERM');
    await time.advance(10);
    void lifecycle.force('SIGINT');
    await time.advance(1_000);
    await done;
    const closed = (level: string, component: string, outcome: string, durationMs: number): object => {
      return { level, event: 'lifecycle.close', component, outcome, durationMs };
    };
    expect(logged).toEqual([
      { level: 'info', event: 'lifecycle.shutdown', reason: 'SIGTERM', components: 4 },
      closed('info', 'fine', 'closed', 0),
      { ...closed('warn', 'broken', 'failed', 0), error: { name: 'Error', message: 'no' } },
      { level: 'warn', event: 'lifecycle.force', reason: 'SIGINT' },
      { level: 'error', event: 'lifecycle.forceFailed', component: 'stubborn', error: { name: 'RangeError', message: 'cannot' } },
      closed('warn', 'killable', 'killed', 10),
      closed('warn', 'stubborn', 'killed', 0),
      { level: 'info', event: 'lifecycle.closed', reason: 'SIGTERM', durationMs: 110 },
    ]);
  });

  it('does not close what was taken out', async () => {
    const { lifecycle, closed } = setUp();
    const remove = lifecycle.add('a', () => closed.push('a'));
    remove();
    remove();
    expect((await lifecycle.shutdown()).components).toEqual([]);
    expect(closed).toEqual([]);
  });

  it('does not close what is taken out while it is draining, unless that has begun, and leaves its time to the others', async () => {
    const { lifecycle, closed, add, time } = setUp(10_000);
    add('hanging', hang);
    const removeDb = lifecycle.add('db', () => closed.push('db'));
    const removeApp = lifecycle.add('app', async () => {
      removeApp();
      closed.push('app', 'db, by app');
      removeDb();
    });
    const done = lifecycle.shutdown();
    await time.advance(8_999);
    expect([closed, lifecycle.state]).toEqual([['app', 'db, by app', 'hanging'], 'draining']);
    await time.advance(1_001);
    expect((await done).components).toMatchObject([
      { name: 'app', outcome: 'closed' },
      { name: 'hanging', outcome: 'killed', durationMs: 9_000 },
    ]);
  });

  it.each(['draining', 'closed'])('closes what comes while it is %s, and says so', async (state) => {
    const { lifecycle, add, closed } = setUp();
    let resume = (): void => {};
    add('a', async () => new Promise<void>((resolve) => (resume = resolve)));
    const done = lifecycle.shutdown();
    await microtasks();
    if (state === 'closed') {
      resume();
      await done;
    }
    expect(lifecycle.state).toBe(state);
    expect(() => lifecycle.add('late browser', () => closed.push('late browser'))).toThrow(LifecycleClosedError);
    await microtasks();
    expect(closed).toEqual(['a', 'late browser']);
    resume();
    await done;
  });

  it('waits for what came while it was draining, and reports it', async () => {
    const { lifecycle, add } = setUp();
    let resume = (): void => {};
    let closeLate = (): void => {};
    add('a', async () => new Promise<void>((resolve) => (resume = resolve)));
    const done = lifecycle.shutdown();
    let settled = false;
    void done.then(() => (settled = true));
    await microtasks();
    const late = async (): Promise<void> => new Promise<void>((resolve) => (closeLate = resolve));
    expect(() => lifecycle.add('late browser', late)).toThrow(LifecycleClosedError);
    resume();
    await microtasks();
    expect([settled, lifecycle.state]).toEqual([false, 'draining']);
    closeLate();
    expect((await done).components).toMatchObject([
      { name: 'a', outcome: 'closed' },
      { name: 'late browser', outcome: 'closed' },
    ]);
  });

  it('has closed whatever was added while it was draining by the time it resolves, however close to its end that came', async () => {
    const missed: number[] = [];
    for (let depth = 0; depth < 20; depth += 1) {
      const { lifecycle, add } = setUp();
      let resume = (): void => {};
      const gate = new Promise<void>((resolve) => (resume = resolve));
      add('a', () => gate);
      const done = lifecycle.shutdown();
      await microtasks();
      let [state, isLateClosed] = ['', false];
      const adding = gate.then(async () => {
        for (let turns = 0; turns < depth; turns += 1) await Promise.resolve();
        ({ state } = lifecycle);
        const close = async (): Promise<void> => microtasks().then(() => void (isLateClosed = true));
        expect(() => lifecycle.add('late', close)).toThrow(LifecycleClosedError);
      });
      resume();
      const { components } = await done;
      if (state === 'draining' && !(isLateClosed && components.length === 2)) missed.push(depth);
      await adding;
    }
    expect(missed).toEqual([]);
  });

  it('ends by force, in its time or on demand, what came while it was draining and hangs', async () => {
    for (const forced of [true, false]) {
      const { lifecycle, add, time } = setUp(10_000);
      const killed: string[] = [];
      add('a', hang);
      const done = lifecycle.shutdown();
      await microtasks();
      expect(() => lifecycle.add('late', { close: hang, kill: () => killed.push('late') } as Closeable)).toThrow(LifecycleClosedError);
      if (forced) void lifecycle.force();
      await time.advance(forced ? 1_000 : 10_000);
      expect((await done).components).toMatchObject([{ outcome: 'killed' }, { name: 'late', outcome: 'killed' }]);
      expect(killed).toEqual(['late']);
    }
  });

  it('waits for, and reports, what comes while it waits for what was ended by force', async () => {
    const { lifecycle, add, time } = setUp(2_000);
    const killed: string[] = [];
    add('a', hang);
    const done = lifecycle.shutdown();
    await time.advance(1_850);
    const kill = async (): Promise<void> => {
      await new Promise<void>((resolve) => time.setTimeout(resolve, 100));
      killed.push('hanging');
    };
    expect(() => lifecycle.add('quick', () => undefined)).toThrow(LifecycleClosedError);
    expect(() => lifecycle.add('hanging', { close: hang, kill } as Closeable)).toThrow(LifecycleClosedError);
    let settled = false;
    void done.then(() => (settled = true));
    await time.advance(99);
    expect([settled, killed]).toEqual([false, []]);
    await time.advance(51);
    expect((await done).components).toMatchObject([
      { name: 'a', outcome: 'killed' },
      { name: 'quick', outcome: 'closed' },
      { name: 'hanging', outcome: 'killed' },
    ]);
    expect(killed).toEqual(['hanging']);
  });

  it('closes everything, and tells of it, whatever its logger throws and its components throw', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const broken = (): never => {
      throw new Error('disk full');
    };
    const lifecycle = new Lifecycle({ logger: { debug: broken, info: broken, warn: broken, error: broken } });
    const closed: string[] = [];
    lifecycle.add('a', () => closed.push('a'));
    lifecycle.add('b', () => {
      throw Object.create(null);
    });
    const { components } = await lifecycle.shutdown();
    await microtasks();
    process.off('warning', onWarning);
    expect(components).toMatchObject([
      { name: 'b', outcome: 'failed' },
      { name: 'a', outcome: 'closed' },
    ]);
    expect([closed, lifecycle.state, lifecycle.signal.aborted]).toEqual([['a'], 'closed', true]);
    expect(new Set(warnings)).toEqual(new Set(['The logger threw: disk full']));
  });

  it.each([0, -1, NaN, Infinity, '5', 2 ** 31])('refuses the timeout %s by name', (timeout) => {
    expect(() => new Lifecycle({ timeout: timeout as number })).toThrow(/^timeout must be /);
  });

  it('listens for signals until it is told not to', () => {
    const before = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
    const handling = new Lifecycle().handleSignals();
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(before + 2);
    handling[Symbol.dispose]();
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(before);
    expect(() => new Lifecycle().handleSignals({ duplicateWindow: -1 })).toThrow(/^duplicateWindow must be /);
  });
});
