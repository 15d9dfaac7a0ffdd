import { describe, expect, it } from 'vitest';
import { buildReport, type ReportInput } from '../../../src/core/buildReport.ts';
import type { AllowRule } from '../../../src/core/options.ts';
import { decodeRecord, encodeRecord } from '../../../src/core/recordCodec.ts';
import { ruleText, ruleUse, unusedRules, type RuleUse } from '../../../src/core/ruleUse.ts';
import { END, START, anInput, aRecord, aResult, journals } from './reportSamples.ts';

const LOCK: AllowRule = { kind: 'fd', match: '/tmp/my.lock', reason: 'held by the lock server', owner: 'shop' };
const PORT: AllowRule = { match: /:80\d\d/, reason: 'the proxy' };
const texts = [LOCK, PORT].map(ruleText);
const [lock, port] = texts.map(({ key }) => key);

function uses(...used: readonly (readonly AllowRule[])[]): RuleUse[] {
  const told = new Set<string>();
  return used.flatMap((rules) => ruleUse(texts, new Set(rules.map((rule) => ruleText(rule).key)), told) ?? []);
}

describe('the use of allow rules', () => {
  it('is told with every test, the rules themselves once a worker', () => {
    expect(uses([], [LOCK])).toEqual([
      { set: expect.stringMatching(/^[0-9a-f]{8}$/) as string, used: [], rules: texts },
      { set: expect.stringMatching(/^[0-9a-f]{8}$/) as string, used: [lock] },
    ]);
    expect(texts.map(({ text }) => text)).toEqual([
      'the allow rule for /tmp/my.lock (fd, held by the lock server, of shop)',
      'the allow rule for /:80\\d\\d/ (the proxy)',
    ]);
    expect(ruleUse([], new Set(), new Set())).toBeUndefined();
  });

  it('is known for the same rule in every worker', () => {
    expect(unusedRules([...uses([LOCK]), ...uses([])]).map(({ key }) => key)).toEqual([port]);
    expect(unusedRules([...uses([LOCK]), ...uses([PORT])])).toEqual([]);
    expect(ruleText({ ...LOCK }).key).toBe(lock);
    expect(ruleText({ ...LOCK, expires: '2027-01-01' }).key).not.toBe(lock);
  });

  it('takes a bounded place in a record, and comes through it', () => {
    const many = Array.from({ length: 500 }, (_, index) => ruleText({ ...LOCK, match: `${'x'.repeat(500)}${index}` }));
    const [rules] = [ruleUse(many, new Set(many.map(({ key }) => key)), new Set())];
    expect(JSON.stringify(rules).length).toBeLessThan(30_000);
    const [first, second] = uses([LOCK], [PORT]);
    for (const use of [first, second]) {
      const record = aRecord([], use === undefined ? {} : { rules: use });
      expect(decodeRecord(encodeRecord(record))).toEqual({ value: record, problems: [] });
    }
    expect(JSON.stringify(second).length).toBeLessThan(60);
  });
});

describe('a rule that matched nothing', () => {
  const notes = (used: readonly AllowRule[], fields: Partial<ReportInput> = {}) => {
    const [rules] = uses(used);
    const record = aRecord([], rules === undefined ? {} : { rules });
    return buildReport(anInput([aResult({ record })], fields)).notes;
  };

  it('is told of at the end', () => {
    expect(notes([PORT])).toEqual([
      'The allow rule for /tmp/my.lock (fd, held by the lock server, of shop) matched nothing in this run: take it out, unless another machine needs it.',
    ]);
    expect(notes([LOCK, PORT])).toEqual([]);
    expect(notes([PORT], { usedRules: [ruleText(LOCK).key] })).toEqual([]);
  });

  it('in tests may have matched what hooks left', () => {
    const [rules] = uses([LOCK]);
    const end = JSON.stringify({ ...(JSON.parse(END) as object), rules });
    expect(notes([PORT], { journals: journals(START, end) })).toEqual([]);
  });

  it.each([
    ['only a part of the suite ran', { run: { status: 'passed', durationMs: 1, partial: 'only some tests were chosen (-g x)' } }],
    ['tests failed before they could leak', { run: { status: 'failed', durationMs: 1, partial: null } }],
    ['a worker died', { journals: journals(START) }],
    ['it is not known what workers left', { journals: new Map() }],
  ] as const)('is not told of when %s', (_, fields) => {
    expect(notes([], fields)).toEqual([]);
  });

  it('is counted when there are many', () => {
    const many = Array.from({ length: 9 }, (_, index) => ruleText({ ...LOCK, match: `lock ${index}` }));
    const rules = ruleUse(many, new Set(), new Set());
    const record = aRecord([], rules === undefined ? {} : { rules });
    const { notes: told } = buildReport(anInput([aResult({ record })]));
    expect(told).toHaveLength(6);
    expect(told[5]).toBe('4 more allow rules or overrides matched nothing in this run.');
  });
});
