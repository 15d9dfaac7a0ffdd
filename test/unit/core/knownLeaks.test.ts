import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { buildReport } from '../../../src/core/buildReport.ts';
import type { CollectedResult } from '../../../src/core/runPart.ts';
import { scenario } from '../render/sampleReports.ts';
import { END, START, aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult, journals } from './reportSamples.ts';

/** A test that leaves as many as that of the same leak behind. */
function leaking(title: string, count: number, fields: Partial<CollectedResult> = {}): CollectedResult {
  const record = aRecord([aFinding('a', { count })]);
  return aResult({ id: title, title, titlePath: ['a.spec.ts', title], project: '', record, ...fields });
}

function judge(count: number, tests: readonly string[], results: readonly CollectedResult[]) {
  const baseline = aBaseline(aKnownLeak('f-a', { count, tests: tests.map((test) => `a.spec.ts › ${test}`) }));
  const report = buildReport(anInput(results, { baseline, failOn: 'new' }));
  const shown = report.tests.map(({ title, findings }) => `${title}: ${findings.map((f) => `${f.count} ${f.status}`).join(', ')}`);
  return { ...report, shown };
}

describe('a baseline that counts', () => {
  it('lets as many pass as it counts, and fewer', () => {
    expect(judge(2, ['x'], [leaking('x', 2)])).toMatchObject({ shown: ['x: 2 known'], gate: { failed: false } });
    expect(judge(3, ['x'], [leaking('x', 2)])).toMatchObject({ shown: ['x: 2 known'], gate: { failed: false } });
  });

  it('calls new what is beyond its count, and says how many of it are known', () => {
    const report = judge(2, ['x'], [leaking('x', 3)]);
    expect(report).toMatchObject({ shown: ['x: 2 known, 1 new'], gate: { failed: true, reasons: ['1 new leak'] } });
    expect(report.tests[0]?.findings[1]).toMatchObject({
      hint: 'close it in a finally block; the baseline knows 2 of these, now there are more',
      evidence: { fd: 12, knownCount: 2 },
    });
  });

  it('grants its count first to the tests it names, in whatever order they ran', () => {
    const results = [leaking('a', 1), leaking('x', 1), leaking('y', 1)];
    expect(judge(2, ['x', 'y'], results).shown).toEqual(['a: 1 new', 'x: 1 known', 'y: 1 known']);
    expect(judge(2, [], results).shown).toEqual(['a: 1 known', 'x: 1 known', 'y: 1 new']);
    expect(judge(2, [], [...results].reverse()).shown.sort()).toEqual(['a: 1 known', 'x: 1 known', 'y: 1 new']);
  });

  it('counts attempts and repetitions of one test once', () => {
    const again = leaking('x', 1, { retry: 1 });
    const repeated = leaking('x', 1, { id: 'x-repeated' });
    expect(judge(1, ['x'], [leaking('x', 1), again, repeated]).shown).toEqual(['x: 1 known', 'x: 1 known', 'x: 1 known']);
  });

  it('takes nothing from other tests for a second attempt', () => {
    const results = [leaking('x', 1), leaking('x', 1, { retry: 1 }), leaking('y', 1)];
    expect(judge(2, [], results).shown).toEqual(['x: 1 known', 'x: 1 known', 'y: 1 known']);
  });

  it('counts the same test of two projects twice', () => {
    expect(judge(1, [], [leaking('x', 1), leaking('x', 1, { project: 'firefox' })]).shown).toEqual(['x: 1 new', 'x: 1 known']);
  });

  it('shares one test’s part between its findings of the same leak', () => {
    const record = aRecord([aFinding('a', { count: 2 }), aFinding('a', { count: 2 }), aFinding('a', { count: 1 })]);
    expect(judge(3, ['x'], [leaking('x', 1, { record })]).shown).toEqual(['x: 2 known, 1 known, 1 new, 1 new']);
  });

  it('knows what workers leave by its fingerprint, however many: that depends on how many workers there were', () => {
    const end = JSON.stringify({ ...(JSON.parse(END) as object), findings: [aFinding('h', { scope: 'hook', count: 5 })] });
    const baseline = aBaseline(aKnownLeak('f-h', { tests: [] }));
    const report = buildReport(anInput([aResult()], { journals: journals(START, end), baseline, failOn: 'new' }));
    expect(report.workers[0]?.findings).toMatchObject([{ count: 5, status: 'known' }]);
    expect(report.gate.failed).toBe(false);
  });

  it.each(['leak', 'inconclusive', 'pass'] as const)(
    'knows what a test with a scenario (%s) leaves by its fingerprint, however many: that depends on how many iterations there were',
    (verdict) => {
      const repeating = (title: string, ...counts: readonly number[]) => {
        const findings = counts.map((count) => aFinding('a', { count }));
        return leaking(title, 0, { record: aRecord(findings, { scenarios: [scenario({ verdict, failed: false })] }) });
      };
      expect(judge(1, ['x'], [repeating('x', 1305)])).toMatchObject({ shown: ['x: 1305 known'], gate: { failed: false } });
      expect(judge(1, ['x'], [repeating('x', 7, 8)]).shown).toEqual(['x: 7 known, 8 known']);
      expect(judge(86, ['x'], [repeating('x', 1305)]).shown).toEqual(['x: 1305 known']);
      // It counts as one among others, which are counted as ever.
      expect(judge(3, ['x'], [repeating('x', 1305), leaking('y', 2)]).shown).toEqual(['x: 1305 known', 'y: 2 known']);
      expect(judge(3, ['x'], [repeating('x', 1305), leaking('y', 3)]).shown).toEqual(['x: 1305 known', 'y: 2 known, 1 new']);
      expect(judge(1, ['y'], [repeating('x', 1305), leaking('y', 1)]).shown).toEqual(['x: 1305 new', 'y: 1 known']);
      const written = parseBaseline(JSON.stringify(judge(1, [], [repeating('x', 1305)])));
      expect(written.leaks.get('f-a')).toMatchObject({ count: 1, tests: ['a.spec.ts › x'] });
    },
  );

  it('does not know another leak of a test with a scenario', () => {
    const record = aRecord([aFinding('a', { count: 1305 }), aFinding('b')], { scenarios: [scenario({ verdict: 'leak', failed: false })] });
    expect(judge(1, ['x'], [leaking('x', 0, { record })])).toMatchObject({
      shown: ['x: 1305 known, 1 new'],
      gate: { failed: true, reasons: ['1 new leak'] },
    });
  });

  it('leaves late and allowed findings as they are', () => {
    const record = aRecord([aFinding('a', { severity: 'late' }), aFinding('a', { status: 'allowed' })]);
    expect(judge(1, ['x'], [leaking('x', 1, { record })]).shown).toEqual(['x: 1 new, 1 allowed']);
  });
});
