import { describe, expect, it } from 'vitest';
import type { KnownLeak } from '../../../src/core/baseline.ts';
import { buildReport, type ReportInput } from '../../../src/core/buildReport.ts';
import { describeGone } from '../../../src/core/describeGone.ts';
import { goneLeaks } from '../../../src/core/goneLeaks.ts';
import type { CollectedResult } from '../../../src/core/runPart.ts';
import { START, aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult, journals } from './reportSamples.ts';

function gone(leak: Partial<KnownLeak>, results: readonly CollectedResult[], fields: Partial<ReportInput> = {}) {
  const baseline = aBaseline(aKnownLeak('f-a', leak));
  return buildReport(anInput(results, { baseline, ...fields })).baseline?.gone.map(({ count, found }) => `${found} of ${count}`);
}
const clean = aResult();
const leaking = aResult({ record: aRecord([aFinding('a')]) });
const partly = { run: { status: 'passed', durationMs: 1, partial: 'only some tests were chosen (-g x)' } } as const;

describe('a known leak', () => {
  it('is gone when its test ran without it, also in a run of only some tests', () => {
    expect(gone({}, [clean])).toEqual(['0 of 1']);
    expect(gone({}, [clean], partly)).toEqual(['0 of 1']);
    expect(gone({}, [leaking])).toEqual([]);
  });

  it('has become rarer when fewer are left', () => {
    expect(gone({ count: 3 }, [leaking])).toEqual(['1 of 3']);
    expect(gone({ count: 1 }, [aResult({ record: aRecord([aFinding('a', { count: 3 })]) })])).toEqual([]);
  });

  it.each([
    ['failed', aResult({ status: 'failed' })],
    ['was skipped', aResult({ status: 'skipped', record: null })],
    ['could not be judged', aResult({ record: aRecord([], { verdict: 'inconclusive' }) })],
    ['was not to be checked', aResult({ record: aRecord([], { counts: { fds: null, processes: null, handles: null, heapBytes: null } }) })],
    ['passed, but did not in a repetition', aResult({ id: 'id-2', status: 'failed' })],
  ])('is not gone when its test %s', (_, result) => {
    expect(gone({}, result.id === 'id-2' ? [clean, result] : [result])).toEqual([]);
  });

  it('is gone when its test passed at the last attempt, unless an attempt before showed it', () => {
    expect(gone({}, [aResult({ status: 'failed' }), aResult({ retry: 1 })])).toEqual(['0 of 1']);
    expect(gone({}, [{ ...leaking, status: 'failed' }, aResult({ retry: 1 })])).toEqual([]);
  });

  it('is not gone when it only closed late this time', () => {
    expect(gone({}, [aResult({ record: aRecord([aFinding('a', { severity: 'late' })]) })])).toEqual([]);
  });

  it('is gone with its test only when all of the suite ran', () => {
    const tests = ['[chromium] › checkout.spec.ts › renamed since'];
    expect(gone({ tests }, [clean])).toEqual(['0 of 1']);
    expect(gone({ tests }, [clean], partly)).toEqual([]);
    expect(gone({ tests: [...tests, ...aKnownLeak('x').tests] }, [clean], partly)).toEqual([]);
  });

  it('with more tests than are listed is gone only when all of the suite ran', () => {
    expect(gone({ moreTests: 9 }, [clean])).toEqual(['0 of 1']);
    expect(gone({ moreTests: 9 }, [clean], partly)).toEqual([]);
  });

  it('of a worker is gone only when all of the suite ran and every worker ended in order', () => {
    expect(gone({ tests: [] }, [clean])).toEqual(['0 of 1']);
    expect(gone({ tests: [] }, [clean], partly)).toEqual([]);
    expect(gone({ tests: [] }, [clean], { journals: journals(START) })).toEqual([]);
    expect(gone({ tests: [] }, [clean], { journals: new Map() })).toEqual([]);
  });

  it('is not gone when nothing looked for its kind', () => {
    const blind = START.replace('"fds","available":true', '"fds","available":false,"reason":"no /proc"');
    expect(gone({}, [clean], { journals: journals(blind) })).toEqual([]);
    expect(gone({ kind: 'handle' }, [clean], { journals: journals(blind) })).toEqual(['0 of 1']);
  });

  it('that was seen from outside is gone when its test was watched from outside again', () => {
    const outside = { byResult: new Map(), byWorker: new Map(), observed: new Set([0]) };
    const watched = { journals: new Map(), outside };
    expect(gone({ outside: true }, [aResult({ record: null })], watched)).toEqual(['0 of 1']);
    expect(gone({ outside: false }, [aResult({ record: null })], watched)).toEqual([]);
    expect(gone({ outside: true }, [clean])).toEqual([]);
  });
});

describe('a known leak over several runs', () => {
  const [one, other] = ['one', 'other'].map((title) => aResult({ id: title, title, titlePath: ['a.spec.ts', title], project: '' }));
  const run = (partial: string | null, ...results: readonly (CollectedResult | undefined)[]) =>
    buildReport(
      anInput(
        results.flatMap((result) => result ?? []),
        { run: { status: 'passed', durationMs: 1, partial } },
      ),
    );
  const baseline = aBaseline(aKnownLeak('f-a', { tests: ['a.spec.ts › one', 'a.spec.ts › other'] }));
  const found = (...runs: Parameters<typeof goneLeaks>[1]) => goneLeaks(baseline, runs).length;

  it('is gone when its tests ran in some of them, each in part', () => {
    expect(found(run('shard', one), run('shard', other))).toBe(1);
    expect(found(run('shard', one))).toBe(0);
    expect(found(run('shard', one), run(null, one))).toBe(0);
    expect(found(run(null, one), run(null, one))).toBe(1);
    expect(found()).toBe(0);
  });

  it('is not gone when one of them could not judge its test, or shows it still', () => {
    expect(found(run(null, one, other), run(null, one === undefined ? one : { ...one, status: 'failed' }, other))).toBe(0);
    const leaking = one === undefined ? one : { ...one, record: aRecord([aFinding('a')]) };
    expect(found(run(null, one, other), run(null, leaking, other))).toBe(0);
  });
});

describe('the sentence about them', () => {
  const one = { fingerprint: 'a', kind: 'fd', summary: '', count: 2, found: 0 };
  it.each([
    [[], null],
    [[one], '1 known leak is gone: npx leak baseline --prune'],
    [[one, one], '2 known leaks are gone: npx leak baseline --prune'],
    [[{ ...one, found: 1 }], 'of 1 known leak fewer are left: npx leak baseline --prune'],
    [[one, { ...one, found: 1 }], '1 known leak is gone, of 1 known leak fewer are left: npx leak baseline --prune'],
  ])('of %j is %j', (list, sentence) => {
    expect(describeGone({ gone: list })).toBe(sentence);
  });
});
