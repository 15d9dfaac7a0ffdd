import { describe, expect, it } from 'vitest';
import { judgeGate, tally } from '../../../src/core/gate.ts';

const counts = { new: 2, known: 3, allowed: 1, late: 4, inconclusive: 1 };
const clean = { new: 0, known: 0, allowed: 5, late: 5, inconclusive: 1 };

describe('the gate', () => {
  it('with "leak" counts new and known leaks', () => {
    expect(judgeGate(counts, 'leak')).toEqual({ failed: true, reasons: ['2 new leaks', '3 known leaks'] });
    expect(judgeGate(clean, 'leak')).toEqual({ failed: false, reasons: [] });
  });

  it('with "new" lets known leaks pass', () => {
    expect(judgeGate(counts, 'new')).toEqual({ failed: true, reasons: ['2 new leaks'] });
    expect(judgeGate({ ...counts, new: 0 }, 'new')).toEqual({ failed: false, reasons: [] });
  });

  it('with "inconclusive" also counts tests that could not be judged', () => {
    expect(judgeGate(counts, 'inconclusive').reasons).toEqual(['2 new leaks', '3 known leaks', '1 inconclusive test']);
    expect(judgeGate(clean, 'inconclusive')).toEqual({ failed: true, reasons: ['1 inconclusive test'] });
  });

  it('says which rules have expired, beside the leaks that they allowed', () => {
    expect(judgeGate({ ...counts, known: 0 }, 'new', [], ['the allow rule “a” expired on 2026-01-01']).reasons).toEqual([
      '2 new leaks',
      'the allow rule “a” expired on 2026-01-01',
    ]);
  });

  it('with "never" always holds', () => {
    expect(judgeGate(counts, 'never')).toEqual({ failed: false, reasons: [] });
  });

  it('is never broken by late findings: they are tallied apart, whatever their status', () => {
    const finding = {
      kind: 'fd',
      fingerprint: 'f',
      summary: '',
      hint: '',
      count: 1,
      bytes: null,
      scope: 'test',
      origin: null,
      stack: [],
      evidence: {},
    } as const;
    const findings = [
      { ...finding, severity: 'late', status: 'new' },
      { ...finding, severity: 'leak', status: 'known' },
    ] as const;
    expect(tally(findings, 2)).toEqual({ new: 0, known: 1, allowed: 0, late: 1, inconclusive: 2 });
  });
});
