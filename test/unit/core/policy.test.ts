import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { DEFAULT_SETTINGS, type AllowRule } from '../../../src/core/options.ts';
import { applyPolicy, expiredRules, verdictOf } from '../../../src/core/policy.ts';

const leak: Finding = {
  kind: 'fd',
  severity: 'leak',
  status: 'new',
  fingerprint: '0123456789abcdef',
  summary: '/tmp/orders.csv is still open',
  hint: 'close it',
  count: 1,
  bytes: null,
  scope: 'test',
  origin: { file: '/suite/a.spec.ts', line: 3, column: 5 },
  stack: ['at exportOrders (/suite/export.ts:9:3)'],
  evidence: { label: '/tmp/orders.csv' },
};
const status = (rule: Partial<AllowRule>, today = '2026-11-20') =>
  applyPolicy([leak], { ...DEFAULT_SETTINGS, allow: [{ match: 'orders.csv', reason: 'known', ...rule }] }, today)[0]?.status;

describe('applyPolicy', () => {
  it('allows a leak that a rule matches, and says why in its evidence', () => {
    const [finding] = applyPolicy([leak], { ...DEFAULT_SETTINGS, allow: [{ match: 'orders.csv', reason: 'known' }] }, '2026-11-20');
    expect(finding).toMatchObject({ status: 'allowed', evidence: { allowedBecause: 'known' } });
  });

  it.each([{ match: 'a.spec.ts:3' }, { match: 'exportOrders' }, { match: /orders\.csv$/ }, { match: /ORDERS/gi }, { kind: 'fd' as const }])(
    'matches by %o',
    (rule) => {
      expect(status(rule)).toBe('allowed');
      expect(status(rule)).toBe('allowed');
    },
  );

  it.each([{ match: 'invoices.csv' }, { kind: 'handle' as const }, { match: /^orders/ }])('does not match by %o', (rule) => {
    expect(status(rule)).toBe('new');
  });

  it('holds a rule on its last day and no longer', () => {
    expect(status({ expires: '2026-11-20' })).toBe('allowed');
    expect(status({ expires: '2026-11-19' })).toBe('new');
  });

  it('lets what an expired rule covered count again, and says which, since when and whose it was', () => {
    const rule = { match: 'orders.csv', reason: 'known', owner: 'shop', expires: '2026-11-19' };
    const settings = { ...DEFAULT_SETTINGS, allow: [rule] };
    const [finding] = applyPolicy([leak], settings, '2026-11-20');
    expect(finding).toMatchObject({ status: 'new', hint: 'close it; the allow rule “known” of shop expired on 2026-11-19' });
    expect(expiredRules([leak, ...(finding === undefined ? [] : [finding, finding])])).toEqual([
      'the allow rule “known” of shop expired on 2026-11-19',
    ]);
    const outlived = finding === undefined ? [] : [finding];
    expect(expiredRules(outlived.map((one) => ({ ...one, status: 'known' as const })))).toEqual([]);
    expect(expiredRules(outlived.map((one) => ({ ...one, severity: 'late' as const })))).toEqual([]);
    const both = { ...settings, allow: [rule, { match: 'orders.csv', reason: 'still' }] };
    expect(applyPolicy([leak], both, '2026-11-20')[0]).toMatchObject({ status: 'allowed', evidence: { allowedBecause: 'still' } });
    expect(applyPolicy([{ ...leak, summary: 'other', stack: [], evidence: {} }], settings, '2026-11-20')[0]?.hint).toBe('close it');
  });

  it('lets a threshold cover as many as it says; one more makes all of them count', () => {
    const settings = { ...DEFAULT_SETTINGS, thresholds: { ...DEFAULT_SETTINGS.thresholds, fds: 2 } };
    expect(applyPolicy([{ ...leak, count: 2 }], settings, '2026-11-20').map((finding) => finding.status)).toEqual(['allowed']);
    expect(applyPolicy([{ ...leak, count: 2 }, leak], settings, '2026-11-20').map((finding) => finding.status)).toEqual(['new', 'new']);
  });

  it('does not let a threshold of one kind cover another', () => {
    const settings = { ...DEFAULT_SETTINGS, thresholds: { ...DEFAULT_SETTINGS.thresholds, handles: 5 } };
    expect(applyPolicy([leak], settings, '2026-11-20')[0]?.status).toBe('new');
  });
});

describe('applyPolicy, on many findings', () => {
  /** How often the policy asks a finding for its kind, over all of them. */
  function looks(length: number, fds: number): number {
    let count = 0;
    const kind = { get: () => ((count += 1), 'fd'), enumerable: true };
    const findings = Array.from({ length }, () => Object.defineProperty({ ...leak }, 'kind', kind));
    applyPolicy(findings, { ...DEFAULT_SETTINGS, thresholds: { ...DEFAULT_SETTINGS.thresholds, fds } }, '2026-11-20');
    return count;
  }

  it.each([0, 1_000_000])('looks at each a few times only, with a threshold of %i', (fds) => {
    expect(looks(10, fds)).toBeGreaterThanOrEqual(10);
    expect(looks(1000, fds)).toBe(100 * looks(10, fds));
  });
});

describe('verdictOf', () => {
  it('is leak only for a leak that is not allowed', () => {
    expect(verdictOf([leak], false)).toBe('leak');
    expect(verdictOf([{ ...leak, status: 'allowed' }], false)).toBe('pass');
    expect(verdictOf([{ ...leak, severity: 'late' }], false)).toBe('pass');
    expect(verdictOf([{ ...leak, status: 'known' }], false)).toBe('leak');
  });

  it('is inconclusive only when nothing leaked', () => {
    expect(verdictOf([], true)).toBe('inconclusive');
    expect(verdictOf([leak], true)).toBe('leak');
  });
});
