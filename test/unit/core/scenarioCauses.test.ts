import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import type { Scenario } from '../../../src/core/scenario.ts';
import { causesOf } from '../../../src/core/scenarioCauses.ts';
import { scenario } from '../render/sampleReports.ts';
import { aBaseline, aKnownLeak, anInput, aRecord, aResult } from './reportSamples.ts';

const test = { file: 'checkout.spec.ts', titlePath: ['checkout.spec.ts', 'exports the orders'] };
const [metric] = scenario().metrics;
function leaking(...names: readonly string[]): Scenario {
  const metrics = names.flatMap((name) => (metric === undefined ? [] : [{ ...metric, name, verdict: 'leak' as const }]));
  return scenario({ verdict: 'leak', failed: true, metrics, outcomes: [] });
}
const fingerprints = (failing: Scenario): string[] => causesOf(failing, test).map(({ fingerprint }) => fingerprint);

function gateWith(known: readonly string[], failing: Scenario, failOn: 'new' | 'leak' = 'new') {
  const baseline = aBaseline(...known.map((fingerprint) => aKnownLeak(fingerprint, { kind: 'scenario' })));
  return buildReport(anInput([aResult({ record: aRecord([], { scenarios: [failing] }) })], { baseline, failOn }));
}

describe('causes of a failed scenario', () => {
  it('are its leaking metrics and its gating criteria that do not hold, and none when it holds', () => {
    const broken = { name: 'errorRate', limit: 0.01, actual: 0.2, held: false, gates: true };
    const outcomes = [broken, { ...broken, name: 'p95Degradation', gates: false }, { ...broken, name: 'zombies', held: true }];
    expect(causesOf({ ...leaking('fds', 'heapBytes'), outcomes }, test).map(({ name }) => name)).toEqual(['fds', 'heapBytes', 'errorRate']);
    expect(causesOf(scenario({ failed: false }), test)).toEqual([]);
    expect(causesOf({ ...leaking(), outcomes: [] }, test)).toMatchObject([{ name: 'failed' }]);
  });

  it('have fingerprints by test, scenario and metric, whatever was measured', () => {
    const [fds, heap] = fingerprints(leaking('fds', 'heapBytes'));
    expect(fds).toMatch(/^[0-9a-f]{16}$/);
    expect(heap).not.toBe(fds);
    expect(fingerprints({ ...leaking('fds'), iterations: 7, reasons: ['other'], series: [] })).toEqual([fds]);
    expect(fingerprints({ ...leaking('fds'), name: 'other' })).not.toEqual([fds]);
    expect(causesOf(leaking('fds'), { ...test, titlePath: ['checkout.spec.ts', 'other'] })[0]?.fingerprint).not.toBe(fds);
  });

  it('let the scenario pass the gate when the baseline knows all of them', () => {
    const failing = leaking('fds', 'heapBytes');
    const [fds = '', heap = ''] = fingerprints(failing);
    expect(gateWith([], failing).gate.reasons).toEqual([expect.stringContaining('scenario drawer leaks: fds')]);
    expect(gateWith([fds], failing)).toMatchObject({
      gate: { failed: true },
      scenarios: [{ causes: [{ status: 'known' }, { status: 'new' }] }],
    });
    expect(gateWith([fds, heap], failing).gate).toMatchObject({ failed: false, reasons: [] });
    expect(gateWith([fds, heap], failing, 'leak').gate).toMatchObject({ failed: true, reasons: ['1 known scenario failed'] });
  });

  it('are gone from the baseline when the scenario holds, and survive the report’s way through JSON', () => {
    const [fds = ''] = fingerprints(leaking('fds'));
    expect(gateWith([fds], scenario({ verdict: 'pass', failed: false })).baseline?.gone).toMatchObject([{ fingerprint: fds, found: 0 }]);
    const report = gateWith([fds], leaking('fds', 'heapBytes'));
    expect(parseReport(JSON.stringify(report)).scenarios[0]?.causes).toEqual(report.scenarios[0]?.causes);
    expect(parseReport(JSON.stringify(report)).baseline).toEqual(report.baseline);
  });
});
