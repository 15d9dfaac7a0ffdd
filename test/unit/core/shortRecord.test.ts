import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import type { RecordedFinding, TestRecord } from '../../../src/core/record.ts';
import { decodeRecord, encodeRecord } from '../../../src/core/recordCodec.ts';
import { parseScenario } from '../../../src/core/scenarioCodec.ts';
import { aFinding, anInput, aRecord, aResult, END, journals, START } from './reportSamples.ts';

const many = (count: number, name: string, fields: Partial<RecordedFinding> = {}): RecordedFinding[] =>
  Array.from({ length: count }, (_, index) => aFinding(`${name}${String(index)}`, fields));

function through(record: TestRecord, limit?: number) {
  const text = encodeRecord(record, limit);
  if (limit !== undefined) expect(text.length).toBeLessThanOrEqual(limit);
  const { value } = decodeRecord(text);
  if (value === null) throw new Error('could not be read');
  return value;
}

describe('a record that is too long', () => {
  it('keeps a new leak behind more allowed findings than there is room for, and gates', () => {
    const record = through(aRecord([...many(1200, 'a', { status: 'allowed' }), aFinding('b')]));
    expect(record.findings.length).toBeLessThan(1201);
    expect(record.findings[0]?.id).toBe('a0');
    expect(record.findings.at(-1)).toMatchObject({ id: 'b', status: 'new' });
    expect(record.lost).toBeUndefined();
    const report = buildReport(anInput([aResult({ record })]));
    expect(report).toMatchObject({ gate: { failed: true, reasons: ['1 new leak'] }, tests: [{ verdict: 'leak' }] });
  });

  it('passes where all that it has is allowed', () => {
    const record = through(aRecord(many(1200, 'a', { status: 'allowed' })));
    const report = buildReport(anInput([aResult({ record })]));
    expect(report).toMatchObject({ gate: { failed: false }, tests: [{ verdict: 'pass' }] });
  });

  it('loses allowed findings first, then late ones, then known leaks, and says how many leaks it lost', () => {
    const findings = [
      ...many(100, 'a', { status: 'allowed' }),
      ...many(100, 'l', { severity: 'late' }),
      ...many(100, 'k', { status: 'known' }),
      ...many(100, 'n'),
    ];
    for (const limit of [100_000, 75_000, 50_000, 20_000]) {
      const { findings: kept, lost } = through(aRecord(findings), limit);
      const [allowed, late, known, fresh] = ['a', 'l', 'k', 'n'].map((name) => kept.filter(({ id }) => id.startsWith(name)).length);
      expect([fresh, known, late, allowed]).toEqual([0, 100, 200, 300].map((before) => Math.min(100, Math.max(0, kept.length - before))));
      expect(lost).toBe(kept.length < 200 ? 200 - kept.length : undefined);
    }
  });

  it('keeps scenarios that do not hold before those that do, and before leaks', () => {
    const scenarios = Array.from({ length: 40 }, (_, index) =>
      parseScenario({ name: String(index), verdict: index === 30 ? 'leak' : 'pass' }),
    ).filter((scenario) => scenario !== null);
    const record = { ...aRecord(many(40, 'n')), scenarios };
    const short = through(record, 10_000);
    expect(short.scenarios?.map(({ name }) => name)).toEqual(['30']);
    expect(short.findings.length).toBeGreaterThan(10);
    expect(short.lost).toBe(40 - short.findings.length);
    expect(short.notes).toEqual([
      `The record was too long: evidence and stacks were left out, and ${String(short.lost)} findings and 39 scenarios.`,
    ]);
  });

  it('for a name that never ends loses only the end of that name', () => {
    const name = 'x'.repeat(300_000);
    const scenario = parseScenario({ name, verdict: 'leak' });
    const record = { ...aRecord([aFinding('a', { summary: name })]), scenarios: scenario === null ? [] : [scenario], notes: [name] };
    const short = through(record);
    const beginning = `${name.slice(0, 300)}…`;
    expect(short.findings).toEqual([aFinding('a', { summary: beginning })]);
    expect(short.scenarios).toEqual([{ ...scenario, name: beginning }]);
    expect(short.notes).toEqual([beginning, 'The record was too long: stacks and long texts were shortened.']);
  });

  it('never passes a test whose leaks were lost; one whose leaks are all known to be closed passes', () => {
    const findings = many(20, 'n');
    const short = through(aRecord(findings), 3000);
    expect(short.findings.length).toBeGreaterThan(0);
    expect(short.lost).toBe(20 - short.findings.length);
    const closed = findings.map(({ id }) => JSON.stringify({ type: 'closed', id, by: 'hook', afterMs: 5 }));
    const judge = (record: TestRecord, problems: readonly string[] = []) =>
      buildReport(anInput([aResult({ record, problems })], { journals: journals(START, ...closed, END) })).tests[0]?.verdict;
    expect(judge(short)).toBe('inconclusive');
    expect(judge(aRecord(findings))).toBe('pass');
    expect(judge(aRecord(findings), ['1 of its findings could not be read and were left out.'])).toBe('inconclusive');
    expect(judge({ ...aRecord([], { verdict: 'leak' }), lost: 1 })).toBe('inconclusive');
  });
});
