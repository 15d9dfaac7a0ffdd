import { describe, expect, it } from 'vitest';
import { DEFAULT_CRITERIA } from '../../../src/core/criteria.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import type { Scenario } from '../../../src/core/scenario.ts';
import { reportOfLostRun, withScenarios, type LostRun } from '../../../src/core/soakReport.ts';

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

  it('is not a pass when one of them is inconclusive', () => {
    expect(withScenarios({ ...base, verdict: 'pass' }, [scenario('inconclusive')], []).verdict).toBe('inconclusive');
  });
});
