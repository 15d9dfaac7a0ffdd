import { describe, expect, it } from 'vitest';
import { DEFAULT_CRITERIA } from '../../../src/core/criteria.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import type { Scenario } from '../../../src/core/scenario.ts';
import { reportOfLostRun, withScenarios, type LostRun } from '../../../src/core/soakReport.ts';
import { test } from '../render/sampleReports.ts';

const LOST: LostRun = {
  node: 'v20.20.2',
  playwright: '1.65.1',
  platform: 'linux',
  durationMs: 12.4,
  status: 'interrupted',
  failOn: 'leak',
};

const scenario = (verdict: Scenario['verdict'], name = 'drawer'): Scenario => ({
  ...{
    name,
    testId: 'a1',
    iterations: 10,
    warmUp: 1,
    verdict,
    shape: 'flat',
    failed: verdict === 'leak',
    outcomes: [],
    reasons: ['fds grew'],
  },
  ...{ metrics: [], series: [], errors: { count: 0, rate: 0, unhandled: 0, messages: [] }, latency: null, criteria: DEFAULT_CRITERIA },
  ...{ findings: [], notes: [] },
});

describe('the report of a run that left none', () => {
  it('is a report, inconclusive, and fails its gate when it was killed', () => {
    const report = reportOfLostRun(LOST);
    expect(parseReport(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      verdict: 'inconclusive',
      gate: { failed: true, reasons: ['the run was killed before it could report'] },
    });
  });

  it('does not fail its gate when nothing gates, or the reporter was only not used', () => {
    expect(reportOfLostRun({ ...LOST, failOn: 'never' }).gate.failed).toBe(false);
    expect(reportOfLostRun({ ...LOST, status: 'passed' }).gate.failed).toBe(false);
  });
});

describe('a report with scenarios from journals', () => {
  const base = reportOfLostRun({ ...LOST, status: 'passed' });

  it('leaks when one of them does, and says so at the gate', () => {
    const report = withScenarios({ ...base, verdict: 'pass' }, [scenario('pass', 'shelf'), scenario('leak')], ['a note']);
    expect(report).toMatchObject({
      verdict: 'leak',
      gate: { failed: true, reasons: ['scenario drawer leaks: fds grew'] },
      notes: ['a note'],
    });
    expect(report.scenarios.map(({ name }) => name)).toEqual(['shelf', 'drawer']);
  });

  it('keeps what it has: verdict, gate, and the scenarios its tests reported', () => {
    const leaky = {
      ...base,
      verdict: 'leak' as const,
      gate: { failed: true, reasons: ['1 new leak'], failOn: 'leak' },
      scenarios: [scenario('pass')],
    };
    expect(withScenarios(leaky, [scenario('inconclusive')], [])).toEqual(leaky);
  });

  it('is not a pass when one of them is inconclusive, which gates where that was asked for', () => {
    const passing = { ...base, verdict: 'pass' as const };
    const report = withScenarios(passing, [scenario('inconclusive')], []);
    expect(report).toMatchObject({ verdict: 'inconclusive', gate: { failed: false, reasons: [] }, totals: { inconclusive: 1 } });
    const strict = { ...passing, gate: { ...base.gate, failOn: 'inconclusive' } };
    expect(withScenarios(strict, [scenario('inconclusive'), scenario('pass', 'shelf')], []).gate).toEqual({
      failed: true,
      reasons: ['1 inconclusive test'],
      failOn: 'inconclusive',
    });
    expect(withScenarios(strict, [scenario('pass')], []).gate.failed).toBe(false);
  });

  it('counts a test that could not be judged once, with those it knows already', () => {
    const reasons = ['1 new leak', '1 inconclusive test'];
    const known = {
      ...base,
      gate: { failed: true, reasons, failOn: 'inconclusive' },
      totals: { ...base.totals, inconclusive: 1 },
      tests: [test(0, { id: 'a1', verdict: 'inconclusive' })],
    };
    const same = withScenarios(known, [scenario('inconclusive')], []);
    expect(same).toMatchObject({ gate: { reasons }, totals: { inconclusive: 1 } });
    const others = [scenario('inconclusive', 'shelf'), scenario('inconclusive', 'cart')].map((one) => ({ ...one, testId: 'b2' }));
    const more = withScenarios(known, others, []);
    expect(more).toMatchObject({ gate: { reasons: ['1 new leak', '2 inconclusive tests'] }, totals: { inconclusive: 2 } });
  });
});
