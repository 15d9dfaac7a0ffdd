import { beforeEach, describe, expect, it } from 'vitest';
import { Growth } from '../../../src/detector/growth.ts';
import { Survey } from '../../../src/detector/survey.ts';
import type { AllowRule } from '../../../src/core/options.ts';
import type { Clock } from '../../../src/detector/settle.ts';
import { FakeProbe } from './fakeProbe.ts';

const PLACE = {
  scope: 'test',
  test: { file: '/suite/a.spec.ts', titlePath: ['a'] },
  relative: (file: string) => file,
  sourceLine: () => null,
} as const;

let world: FakeProbe;
let now: number;
/** Runs while the settle time passes. */
let meanwhile: () => void;

const clock: Clock = {
  now: () => now,
  sleep: async (ms) => {
    now += ms;
    meanwhile();
    return Promise.resolve();
  },
  turn: () => Promise.resolve(),
};

function growth(allow: readonly AllowRule[] = []): Growth {
  return new Growth({ survey: new Survey([world]), clock, allow, place: PLACE, today: () => '2026-01-01' });
}

beforeEach(() => {
  world = new FakeProbe();
  now = 0;
  meanwhile = () => undefined;
});

describe('a count', () => {
  it('grows by what appeared since the baseline and is still open', async () => {
    world.open('handle:1');
    const meter = growth();
    await meter.start();
    expect(await meter.count()).toEqual({ handles: 1 });
    world.open('handle:2');
    world.open('listener:1');
    expect(await meter.count()).toEqual({ handles: 3 });
    world.close('handle:2');
    expect(await meter.count()).toEqual({ handles: 2 });
  });

  it('keeps a record of each newcomer, grown or allowed, for as long as it is open', async () => {
    const meter = growth([{ kind: 'handle', match: 'handle:1', reason: 'held on purpose' }]);
    await meter.start();
    expect(meter.recordBytes).toBe(0);
    world.open('handle:1');
    await meter.count();
    const one = meter.recordBytes;
    expect(one).toBeGreaterThan(0);
    world.open('handle:2');
    await meter.count();
    expect(meter.recordBytes).toBe(2 * one);
    world.close('handle:1');
    world.close('handle:2');
    await meter.count();
    expect(meter.recordBytes).toBe(0);
  });

  it('does not grow when what was open at the baseline is replaced, one by one or all at once, and says so at its end without waiting', async () => {
    for (let id = 0; id < 12; id += 1) world.open(`handle:${String(id)}`);
    const meter = growth();
    await meter.start();
    for (let id = 0; id < 30; id += 1) {
      world.close(`handle:${String(id)}`);
      world.open(`handle:${String(id + 12)}`);
      expect(await meter.count()).toEqual({ handles: 12 });
    }
    for (let id = 30; id < 42; id += 1) world.close(`handle:${String(id)}`);
    expect(await meter.count()).toEqual({ handles: 12 });
    for (let id = 42; id < 54; id += 1) world.open(`handle:${String(id)}`);
    expect(await meter.settledCount(1000)).toEqual({ handles: 12 });
    expect(now).toBe(0);
    expect(await meter.survivors()).toEqual([]);
  });

  it('is hidden by what closes of the baseline only among its sort, and only until more has come than has gone', async () => {
    for (let id = 0; id < 3; id += 1) world.open(`handle:${String(id)}`);
    const meter = growth();
    await meter.start();
    for (let id = 0; id < 3; id += 1) world.close(`handle:${String(id)}`);
    expect(await meter.count()).toEqual({ handles: 3 });
    world.open('handle:100', 7, { type: 'interval' });
    expect(await meter.count()).toEqual({ handles: 4 });
    expect((await meter.survivors()).map(({ count, origin }) => [count, origin?.line])).toEqual([[1, 7]]);
    for (let id = 3; id < 8; id += 1) world.open(`handle:${String(id)}`, 9);
    expect(await meter.count()).toEqual({ handles: 6 });
    expect(await meter.settledCount(1000)).toEqual({ handles: 6 });
    expect(now).toBe(1000);
    expect((await meter.survivors()).map(({ count, origin }) => [count, origin?.line])).toEqual([
      [1, 7],
      [5, 9],
    ]);
  });

  it.each([
    ['a timer that fired', {}, 'nobody'],
    ['an idle pooled socket', { standing: 'pooled' }, undefined],
    ['something of Playwright’s own', { opener: 'playwright' }, undefined],
    ['something that an allow rule covers', { label: 'the lock' }, undefined],
  ] as const)('is not hidden by %s, whose place nothing takes', async (_, extra, closer) => {
    world.open('handle:1', 1, extra);
    const meter = growth([{ kind: 'handle', match: 'the lock', reason: 'known' }]);
    await meter.start();
    world.close('handle:1');
    world.closers.set('handle:1', closer);
    world.open('handle:2');
    expect(await meter.count()).toEqual({ handles: 2 });
  });

  it('does not grow when a module’s own is replaced, whatever the runtime keeps', async () => {
    world.open('handle:1', 1, { standing: 'shared' });
    const meter = growth();
    await meter.start();
    world.close('handle:1');
    world.open('handle:2');
    expect(await meter.count()).toEqual({ handles: 1 });
  });

  it('leaves out what is pooled and what is Playwright’s own, at every look', async () => {
    const meter = growth();
    await meter.start();
    for (let iteration = 0; iteration < 10; iteration += 1) {
      world.open(`handle:${String(iteration)}:idle`, 1, { standing: 'pooled' });
      world.open(`handle:${String(100 + iteration)}`, 2, { opener: 'playwright' });
      expect(await meter.count()).toEqual({ handles: 0 });
    }
  });

  it('counts the parts of a leak with it, and leaves out the parts of what is pooled', async () => {
    const meter = growth();
    await meter.start();
    world.open('handle:1', 1, { owns: ['handle:2'] });
    world.open('handle:2');
    world.open('handle:3', 1, { owns: ['handle:4'], standing: 'pooled' });
    world.open('handle:4');
    expect(await meter.count()).toEqual({ handles: 2 });
  });

  it('takes what the runtime opens once for harmless, until it keeps coming', async () => {
    const meter = growth();
    await meter.start();
    const counts: unknown[] = [];
    for (let reading = 1; reading <= 8; reading += 1) {
      world.open(`handle:${String(reading)}`, 1, { standing: 'shared', label: 'eventpoll' });
      counts.push((await meter.count()).handles);
    }
    expect(counts.slice(0, 2)).toEqual([0, 0]);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(6);
    expect((await meter.settledCount(0)).handles).toBeGreaterThanOrEqual(6);
    expect((await meter.survivors())[0]?.count).toBeGreaterThanOrEqual(6);
  });

  it('leaves out what an allow rule covers', async () => {
    const meter = growth([{ kind: 'handle', match: '127.0.0.1:80', reason: 'known' }]);
    await meter.start();
    world.open('handle:1');
    world.open('handle:2', 1, { label: '127.0.0.1:9999' });
    expect(await meter.count()).toEqual({ handles: 1 });
    expect((await meter.survivors()).map(({ status }) => status).sort()).toEqual(['allowed', 'new']);
  });

  it('is null once its probe has failed, and missing where nothing measures it', async () => {
    const meter = growth();
    await meter.start();
    world.fails = true;
    expect(await meter.count()).toEqual({ handles: null });
    expect(await meter.settledCount(10)).toEqual({ handles: null });
  });
});

describe('the last count', () => {
  it('waits until what closes late is closed', async () => {
    const meter = growth();
    await meter.start();
    world.open('handle:1');
    meanwhile = () => {
      if (now >= 300) world.close('handle:1');
    };
    expect(await meter.settledCount(1000)).toEqual({ handles: 0 });
    expect(now).toBeGreaterThanOrEqual(300);
    expect(now).toBeLessThan(1000);
  });

  it('waits for the settle time and no longer', async () => {
    const meter = growth();
    await meter.start();
    world.open('handle:1');
    expect(await meter.settledCount(1000)).toEqual({ handles: 1 });
    expect(now).toBe(1000);
  });

  it('looks anew at what it has decided before: a busy socket may have become an idle pooled one', async () => {
    const meter = growth();
    await meter.start();
    world.open('handle:1');
    await meter.count();
    await meter.count();
    world.open('handle:1', 1, { standing: 'pooled' });
    expect(await meter.settledCount(1000)).toEqual({ handles: 0 });
    expect(now).toBe(0);
  });
});

describe('survivors', () => {
  it('are one finding per leak and line, with its count', async () => {
    world.open('handle:1');
    const meter = growth();
    await meter.start();
    for (let id = 2; id < 102; id += 1) world.open(`handle:${String(id)}`, 7);
    world.open('handle:500', 9, { type: 'interval', label: 'setInterval 10 ms' });
    const findings = await meter.survivors();
    expect(findings.map(({ count, origin }) => [count, origin?.line])).toEqual([
      [100, 7],
      [1, 9],
    ]);
  });

  it('are none, nor are there zombies, before there is a baseline: what was open already is nobody’s growth', async () => {
    world.open('handle:1');
    world.open('process:1', 1, { kind: 'process', type: 'zombie' });
    const meter = growth();
    expect(await meter.survivors()).toEqual([]);
    expect(meter.zombies()).toBeNull();
    await meter.start();
    expect(meter.zombies()).toBe(0);
  });

  it('are none after a clean run', async () => {
    const meter = growth();
    await meter.start();
    world.open('handle:1');
    await meter.count();
    world.close('handle:1');
    expect(await meter.survivors()).toEqual([]);
  });
});
