import { describe, expect, it } from 'vitest';
import type { Place } from '../../../src/core/assemble.ts';
import { DEFAULT_SETTINGS } from '../../../src/core/options.ts';
import { UnmeasuredHeap, type HeapCheck } from '../../../src/detector/heapJudge.ts';
import { fakeWorld } from './fakeProbe.ts';

const place: Place = {
  scope: 'test',
  test: { file: '/suite/a.spec.ts', titlePath: ['a.spec.ts', 'exports'] },
  relative: (file) => file.replace('/suite/', ''),
  sourceLine: () => null,
};
const hookPlace: Place = { ...place, scope: 'hook', test: null };

describe('LeakDetector', () => {
  it('charges a test with what it left open', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7);
    const check = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(check.verdict).toBe('leak');
    expect(check.findings).toMatchObject([
      { kind: 'handle', severity: 'leak', scope: 'test', origin: { file: '/suite/a.spec.ts', line: 7 } },
    ]);
  });

  it('finds nothing when a test closes what it opened', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    probe.close('handle:1');
    expect(await detector.end(bracket, DEFAULT_SETTINGS, place)).toMatchObject({ verdict: 'pass', findings: [] });
  });

  it('does not charge what was open before the test', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    probe.open('handle:1');
    const bracket = detector.begin();
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toEqual([]);
  });

  it('charges a leak once and not to the tests that follow', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const first = detector.begin();
    probe.open('handle:1');
    await detector.end(first, DEFAULT_SETTINGS, place);
    const second = detector.begin();
    expect((await detector.end(second, DEFAULT_SETTINGS, place)).findings).toEqual([]);
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toEqual([]);
  });

  it('records as late, with its milliseconds, what closes by itself while settling', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    clock.at(100, () => {
      probe.close('handle:1');
    });
    const check = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(check.verdict).toBe('pass');
    expect(check.findings).toMatchObject([{ severity: 'late', evidence: { lateMs: 127 } }]);
  });

  it('accuses what closes only after the settle time', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    clock.at(5000, () => {
      probe.close('handle:1');
    });
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict).toBe('leak');
  });

  it('takes an accusation back when a hook closes the resource after all', async () => {
    const { probe, detector, closures } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    const check = await detector.end(bracket, DEFAULT_SETTINGS, place);
    probe.close('handle:1');
    await detector.finish(DEFAULT_SETTINGS, hookPlace);
    expect(closures).toMatchObject([{ id: check.findings[0]?.id, by: 'hook' }]);
  });

  it.each([
    ['is taken back when it closes', 'handle', undefined, 30, 1],
    ['is a leak when it has not closed by the end of the settle time', 'handle', undefined, 5_000, 0],
    ['is taken back when it is a process that was killed', 'process', 'own', 30, 1],
    ['is a leak when it is a process that merely ends', 'process', undefined, 30, 0],
  ] as const)('what a hook has begun to close when the worker ends %s', async (_, kind, closer, after, takenBack) => {
    const { probe, clock, detector, closures } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { kind });
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict).toBe('leak');
    clock.at(after, () => {
      if (closer !== undefined) probe.closers.set('handle:1', closer);
      probe.close('handle:1');
    });
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toEqual([]);
    expect(closures).toHaveLength(takenBack);
  });

  it('grants the heap what leak itself keeps of hundreds of resources that a test left, and nothing for a few', async () => {
    const limits: number[] = [];
    class Heap extends UnmeasuredHeap {
      override end(limit = 0): HeapCheck {
        limits.push(limit);
        return super.end();
      }
      override finish(limit = 0): HeapCheck {
        return this.end(limit);
      }
    }
    for (const count of [3, 500]) {
      const { probe, detector } = fakeWorld(new Heap());
      detector.start();
      const bracket = detector.begin();
      for (let index = 0; index < count; index += 1) probe.open(`handle:${String(index)}`);
      await detector.end(bracket, DEFAULT_SETTINGS, place);
      await detector.finish(DEFAULT_SETTINGS, hookPlace);
    }
    expect(limits).toEqual([10e6, 10e6, 13e6, 13e6]);
  });

  it('does not wait at the end of the worker for timers that nobody clears', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { type: 'interval' });
    await detector.end(bracket, DEFAULT_SETTINGS, place);
    const before = clock.now();
    await detector.finish(DEFAULT_SETTINGS, hookPlace);
    expect(clock.now() - before).toBeLessThan(DEFAULT_SETTINGS.settleTimeout);
  });

  it('keeps an accusation when the resource only died with its parent', async () => {
    const { probe, detector, closures } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    await detector.end(bracket, DEFAULT_SETTINGS, place);
    probe.closers.set('handle:1', 'parent');
    probe.close('handle:1');
    await detector.finish(DEFAULT_SETTINGS, hookPlace);
    expect(closures).toEqual([]);
  });

  it('tells of a resource that closes during a later test as late by itself', async () => {
    const { probe, detector, closures } = fakeWorld();
    detector.start();
    const first = detector.begin();
    probe.open('handle:1');
    await detector.end(first, DEFAULT_SETTINGS, place);
    const second = detector.begin();
    probe.close('handle:1');
    await detector.end(second, DEFAULT_SETTINGS, place);
    expect(closures).toMatchObject([{ by: 'itself' }]);
  });

  it.each([{ type: 'timeout' }, { kind: 'process', type: 'child' }] as const)(
    'keeps accusing what outlived the settle time and then merely ended: %o',
    async (extra) => {
      const { probe, detector, closures } = fakeWorld();
      detector.start();
      const first = detector.begin();
      probe.open('handle:1', 7, extra);
      await detector.end(first, DEFAULT_SETTINGS, place);
      const second = detector.begin();
      probe.close('handle:1');
      await detector.end(second, DEFAULT_SETTINGS, place);
      expect(closures).toEqual([]);
    },
  );

  describe.each([{ type: 'timeout' }, { kind: 'process', type: 'child' }] as const)('of what comes to its end by itself: %o', (extra) => {
    it.each([
      ['own', 'between', ['hook']],
      ['own', 'within', ['hook']],
      ['nobody', 'between', []],
      ['nobody', 'within', []],
      // It cannot be told: whoever ends a child over a pipe in a hook has closed it, and in a test nothing says so.
      [undefined, 'between', ['hook']],
      [undefined, 'within', []],
    ] as const)('closed by %s %s tests', async (closer, when, expected) => {
      const { probe, detector, closures } = fakeWorld();
      detector.start();
      const first = detector.begin();
      probe.open('handle:1', 7, extra);
      await detector.end(first, DEFAULT_SETTINGS, place);
      probe.closers.set('handle:1', closer);
      if (when === 'between') probe.close('handle:1');
      const second = detector.begin();
      probe.close('handle:1');
      await detector.end(second, DEFAULT_SETTINGS, place);
      await detector.finish(DEFAULT_SETTINGS, hookPlace);
      expect(closures.map(({ by }) => by)).toEqual(expected);
    });

    it('stays a leak when one of several ran out and its owner closed the others', async () => {
      const { probe, detector, closures } = fakeWorld();
      detector.start();
      const bracket = detector.begin();
      probe.open('handle:1', 7, extra);
      probe.open('handle:2', 7, extra);
      await detector.end(bracket, DEFAULT_SETTINGS, place);
      probe.closers.set('handle:1', 'nobody').set('handle:2', 'own');
      probe.close('handle:1');
      probe.close('handle:2');
      await detector.finish(DEFAULT_SETTINGS, hookPlace);
      expect(closures).toEqual([]);
    });
  });

  it('finds nothing when a hook before the test opens and a hook after it closes', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    probe.open('handle:1');
    await detector.end(detector.begin(), DEFAULT_SETTINGS, place);
    probe.close('handle:1');
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toEqual([]);
  });

  it('charges a hook with what it opened and nobody closed', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    probe.open('handle:1');
    await detector.end(detector.begin(), DEFAULT_SETTINGS, place);
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toMatchObject([{ scope: 'hook', severity: 'leak' }]);
  });

  it('charges a hook with what went down only because its parent did', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    probe.open('handle:1', 9);
    await detector.end(detector.begin(), DEFAULT_SETTINGS, place);
    probe.closers.set('handle:1', 'parent');
    probe.close('handle:1');
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toMatchObject([{ scope: 'hook', origin: { line: 9 } }]);
  });

  it('does not charge a hook with the part of something it closed', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    probe.open('handle:1', 9, { owns: ['handle:2'] });
    probe.open('handle:2', 10);
    await detector.end(detector.begin(), DEFAULT_SETTINGS, place);
    probe.closers.set('handle:1', 'own').set('handle:2', 'parent');
    probe.close('handle:1');
    probe.close('handle:2');
    expect((await detector.finish(DEFAULT_SETTINGS, hookPlace)).findings).toEqual([]);
  });

  it('does not call late what nobody recorded the opening of and what is gone again', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 1, { opener: 'unknown', stack: [] });
    clock.at(5, () => {
      probe.close('handle:1');
    });
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toEqual([]);
  });

  it('makes one finding of a server and its descriptor', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { owns: ['handle:2'] });
    probe.open('handle:2', 7, { type: 'socket' });
    const { findings } = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ evidence: { type: 'server', with: [{ type: 'socket' }] } });
  });

  it('counts alike leaks from one line as one finding', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    for (const id of [1, 2, 3]) probe.open(`handle:${String(id)}`, 7);
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toMatchObject([{ count: 3 }]);
  });

  it('never accuses what is pooled or what is Playwright’s own', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { standing: 'pooled' });
    probe.open('handle:2', 7, { opener: 'playwright' });
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toEqual([]);
  });

  it('does not call it late when an accepted connection goes with its other end, and accuses one that stays', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { type: 'socket', evidence: { accepted: true } });
    probe.open('handle:2', 8, { type: 'socket', evidence: { accepted: true } });
    clock.at(20, () => probe.close('handle:1'));
    const { findings } = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(findings.map(({ severity, origin }) => [severity, origin?.line])).toEqual([['leak', 8]]);
    expect(findings[0]?.hint).toContain('closeAllConnections');
  });

  it('tolerates what the runtime opens once, and accuses it when it keeps coming', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const verdicts: string[] = [];
    for (const id of [1, 2, 3]) {
      const bracket = detector.begin();
      probe.open(`handle:${String(id)}`, 7, { standing: 'shared', type: 'eventpoll', label: 'eventpoll' });
      verdicts.push((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict);
    }
    expect(verdicts).toEqual(['pass', 'pass', 'leak']);
  });

  it('tolerates what several places open once each', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const verdicts: string[] = [];
    for (const id of [1, 2, 3, 4]) {
      const bracket = detector.begin();
      probe.open(`handle:${String(id)}`, id, { standing: 'shared', type: 'signal', label: 'SIGTERM' });
      verdicts.push((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict);
    }
    expect(verdicts).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  it('tolerates what a module opened while it was loaded', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, {
      stack: [
        { file: '/suite/db.ts', line: 1, column: 1, function: 'Object.<anonymous>' },
        { file: 'node:internal/modules/cjs/loader', line: 1, column: 1, function: 'Module._compile' },
      ],
    });
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict).toBe('pass');
  });

  it('does not wait the whole settle time again for a line that has leaked to the end twice', async () => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    const waits: number[] = [];
    for (const id of [1, 2, 3]) {
      const bracket = detector.begin();
      probe.open(`handle:${String(id)}`, 7);
      const before = clock.now();
      await detector.end(bracket, DEFAULT_SETTINGS, place);
      waits.push(clock.now() - before);
    }
    expect(waits).toEqual([1000, 1000, 50]);
  });

  it.each([
    ['hooks', 'between'],
    ['later tests', 'within'],
  ] as const)('waits the whole settle time again for a line whose resources %s closed after all', async (_, when) => {
    const { probe, clock, detector } = fakeWorld();
    detector.start();
    for (const key of ['handle:1', 'handle:2']) {
      const bracket = detector.begin();
      probe.open(key, 7);
      expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict).toBe('leak');
      if (when === 'between') probe.close(key);
      const next = detector.begin();
      probe.close(key);
      await detector.end(next, DEFAULT_SETTINGS, place);
    }
    const bracket = detector.begin();
    probe.open('handle:3', 7);
    clock.at(150, () => {
      probe.close('handle:3');
    });
    const check = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(check.findings).toMatchObject([{ severity: 'late' }]);
  });

  it('looks closely at what a test left in that test and when the worker ends, but not in the tests between', async () => {
    const { probe, detector } = fakeWorld();
    const object = { kind: 'object', type: 'Cart' } as const;
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, object);
    probe.open('handle:2', 8, object);
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).verdict).toBe('leak');
    expect(new Set(probe.ascertained.splice(0))).toEqual(new Set(['handle:1', 'handle:2']));
    for (let test = 0; test < 3; test += 1) await detector.end(detector.begin(), DEFAULT_SETTINGS, place);
    detector.ignore();
    expect(probe.ascertained).toEqual([]);
    await detector.finish(DEFAULT_SETTINGS, hookPlace);
    expect(probe.ascertained).toEqual(['handle:1', 'handle:2']);
  });

  it('takes the accusation of an object back whenever the collector came for it, in a later test as well as between', async () => {
    const { probe, detector, closures } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { kind: 'object', type: 'Cart' });
    await detector.end(bracket, DEFAULT_SETTINGS, place);
    const next = detector.begin();
    probe.close('handle:1');
    await detector.end(next, DEFAULT_SETTINGS, place);
    expect(closures).toMatchObject([{ by: 'hook' }]);
  });

  it('tells what is open in the middle of a test without charging it', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1');
    expect(await detector.peek(bracket, DEFAULT_SETTINGS, place)).toHaveLength(1);
    probe.close('handle:1');
    expect(await detector.peek(bracket, DEFAULT_SETTINGS, place)).toEqual([]);
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toEqual([]);
  });

  it('does not tell of a tracked object while its test goes on, and demands it when the test has ended', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { kind: 'object', type: 'Editor', label: 'editor' });
    expect(await detector.peek(bracket, DEFAULT_SETTINGS, place)).toEqual([]);
    probe.open('handle:2', 8);
    expect(await detector.peek(bracket, DEFAULT_SETTINGS, place)).toMatchObject([{ kind: 'handle' }]);
    probe.close('handle:2');
    expect((await detector.end(bracket, DEFAULT_SETTINGS, place)).findings).toMatchObject([{ kind: 'object' }]);
  });

  it('says that it could not decide when a probe fails, instead of counting zero', async () => {
    const { probe, detector } = fakeWorld();
    detector.start();
    const bracket = detector.begin();
    probe.fails = true;
    const check = await detector.end(bracket, DEFAULT_SETTINGS, place);
    expect(check.verdict).toBe('inconclusive');
    expect(check.notes).toEqual(['handles could not be measured any further: the fake world is unreadable']);
    expect(check.counts.handles).toBeNull();
  });

  it('accepts as many of a kind as the threshold says, and none of them when there is one more', async () => {
    const { probe, detector } = fakeWorld();
    const settings = { ...DEFAULT_SETTINGS, thresholds: { ...DEFAULT_SETTINGS.thresholds, handles: 1 } };
    detector.start();
    const first = detector.begin();
    probe.open('handle:1', 7);
    const tolerated = await detector.end(first, settings, place);
    expect(tolerated).toMatchObject({ verdict: 'pass', findings: [{ status: 'allowed' }] });
    const second = detector.begin();
    probe.open('handle:2', 7);
    probe.open('handle:3', 8);
    expect(await detector.end(second, settings, place)).toMatchObject({
      verdict: 'leak',
      findings: [{ status: 'new' }, { status: 'new' }],
    });
  });

  it('lets a rule cover one of two from the same line, and watches each for itself', async () => {
    const { probe, detector, closures } = fakeWorld();
    const settings = { ...DEFAULT_SETTINGS, allow: [{ match: ':8080', reason: 'the proxy' }] };
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { label: '127.0.0.1:8080' });
    probe.open('handle:2', 7, { label: '127.0.0.1:9090' });
    probe.open('handle:3', 7, { label: '127.0.0.1:9091' });
    const peeked = await detector.peek(bracket, settings, place);
    const check = await detector.end(bracket, settings, place);
    for (const findings of [peeked, check.findings]) {
      expect(findings).toMatchObject([
        { status: 'allowed', count: 1 },
        { status: 'new', count: 2, summary: 'server 127.0.0.1:9090 is still open' },
      ]);
    }
    probe.close('handle:2');
    probe.close('handle:3');
    detector.begin();
    expect(closures).toMatchObject([{ id: check.findings[1]?.id, by: 'hook' }]);
  });

  it('tells of every rule that matches, in tests and in what hooks leave', async () => {
    const { probe, detector, matched } = fakeWorld();
    const [proxy, other] = [
      { match: ':8080', reason: 'the proxy' },
      { match: ':1', reason: 'nothing' },
    ];
    const settings = { ...DEFAULT_SETTINGS, allow: [proxy, other] };
    detector.start();
    const bracket = detector.begin();
    probe.open('handle:1', 7, { label: '127.0.0.1:8080' });
    await detector.end(bracket, settings, place);
    expect(matched).toEqual([proxy]);
    probe.open('handle:2', 9, { label: '127.0.0.1:8080' });
    await detector.finish(settings, hookPlace);
    expect(matched).toEqual([proxy, proxy]);
  });
});
