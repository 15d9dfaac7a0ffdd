import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { formatBaseline } from '../../../src/core/baselineText.ts';
import { buildReport, type ReportInput } from '../../../src/core/buildReport.ts';
import { parseBudgets, toBudgets, usageOf, usageOfRuns } from '../../../src/core/budgets.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import { ratchet } from '../../../src/core/ratchet.ts';
import type { Counts } from '../../../src/core/record.ts';
import { aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult } from './reportSamples.ts';

const counts = (fields: Partial<Counts>): Counts => ({ fds: null, processes: null, handles: null, heapBytes: null, ...fields });
const result = (workerIndex: number, fields: Partial<Counts>) => aResult({ workerIndex, record: aRecord([], { counts: counts(fields) }) });
const judge = (budgets: object, fields: Partial<ReportInput> = {}, results = [result(0, { fds: 30, processes: 6, heapBytes: 44e6 })]) =>
  buildReport(anInput(results, { budgets: parseBudgets(budgets, 'budgets'), failOn: 'new', ...fields }));

describe('budgets of a run', () => {
  it('hold what one worker uses, at its most, and name limit and actual when they break', () => {
    const results = [result(0, { fds: 24 }), result(1, { fds: 44 }), result(0, { fds: 30 })];
    expect(judge({ fds: 44 }, {}, results)).toMatchObject({
      gate: { failed: false },
      budgets: [{ name: 'fds', limit: 44, actual: 44, held: true }],
    });
    const broken = judge({ fds: 40, processes: 5 }, {}, [...results, result(2, { processes: 9 })]);
    expect(broken.gate).toMatchObject({
      failed: true,
      reasons: ['a worker held 44 descriptors (budget 40)', 'a worker had 9 processes (budget 5)'],
    });
  });

  it('hold the growth of a worker’s heap without garbage that nobody has collected yet', () => {
    const grow = (...megabytes: readonly number[]) => megabytes.map((value, index) => result(index % 2, { heapBytes: value * 1e6 }));
    const grown = grow(50, 40, 90, 41, 60, 40, 80, 42, 120, 43, 110, 40);
    expect(usageOf(judge({}, {}, grown)).get('heapGrowthBytes')).toBe(60e6);
    expect(judge({ heapGrowthBytes: 50_000_000 }, {}, grown).gate.reasons).toEqual([
      'the heap of a worker grew by 60.0 MB (budget 50.0 MB)',
    ]);
    expect(usageOf(judge({}, {}, grow(90, 90, 40, 40, 30, 30))).get('heapGrowthBytes')).toBe(0);
    expect(usageOf(judge({}, {}, [])).get('heapGrowthBytes')).toBeNull();
  });

  it('hold leaks in all and by kind, known ones included, allowed and late ones not, each attempt once', () => {
    const record = aRecord([
      aFinding('a', { count: 3 }),
      aFinding('b', { kind: 'handle' }),
      aFinding('c', { status: 'allowed' }),
      aFinding('d', { severity: 'late' }),
    ]);
    const results = [aResult({ record }), aResult({ record, retry: 1 })];
    const baseline = aBaseline(aKnownLeak('f-a', { count: 3 }), aKnownLeak('f-b'));
    expect(judge({ leaks: 4, leaksOfKind: { fd: 3, handle: 1, page: 0 } }, { baseline }, results).gate.failed).toBe(false);
    expect(judge({ leaks: 3, leaksOfKind: { fd: 2 } }, { baseline }, results).gate.reasons).toEqual([
      '4 leaks in all (budget 3)',
      '3 leaks of kind fd (budget 2)',
    ]);
  });

  it('count the smaller of the option’s and the baseline’s', () => {
    const baseline = { ...aBaseline(), budgets: parseBudgets({ fds: 20, processes: 9 }, 'budgets') };
    expect(judge({ fds: 50, processes: 8 }, { baseline }).budgets).toMatchObject([
      { name: 'fds', limit: 20, held: false },
      { name: 'processes', limit: 8, held: true },
    ]);
  });

  it('are told of, but do not gate, when nothing measured them or nothing gates', () => {
    const unmeasured = judge({ fds: 1 }, {}, [result(0, {})]);
    expect(unmeasured).toMatchObject({ gate: { failed: false }, budgets: [{ actual: null, held: null }] });
    expect(unmeasured.notes).toEqual(['The budget fds was held against nothing: it was not measured here.']);
    expect(judge({ fds: 1 }, { failOn: 'never' })).toMatchObject({ gate: { failed: false }, budgets: [{ held: false }] });
  });

  it('survive the report’s way through JSON, and the baseline’s', () => {
    const report = judge({ fds: 1, leaksOfKind: { fd: 0 } });
    expect(parseReport(JSON.stringify(report)).budgets).toEqual(report.budgets);
    const budgets = { fds: 40, heapGrowthBytes: 5, leaks: 2, leaksOfKind: { fd: 1, page: 0 } };
    const limits = parseBudgets(budgets, 'budgets');
    expect(toBudgets(limits)).toEqual(budgets);
    const text = formatBaseline({ ...aBaseline(), budgets: limits });
    expect(JSON.parse(text)).toEqual({ schemaVersion: 1, budgets, findings: [] });
    expect(parseBaseline(text).budgets).toEqual(limits);
    expect(() => parseBaseline('{"schemaVersion":1,"budgets":{"fd":1},"findings":[]}')).toThrow(
      /^budgets\.fd: no such option; expected one of fds, .*: mend it, or delete the file/,
    );
  });

  it.each([
    [[], /^budgets: expected an object with fds, processes, heapGrowthBytes, leaks, leaksOfKind, got an array of 0$/],
    [{ fd: 1 }, /^budgets\.fd: no such option; expected one of fds, /],
    [{ fds: '40' }, /^budgets\.fds: expected a number of descriptors, got "40"$/],
    [{ fds: 1.5 }, /^budgets\.fds: expected a whole number of descriptors, got 1\.5$/],
    [{ leaks: -1 }, /^budgets\.leaks: expected 0 to \d+ leaks, got -1$/],
    [{ leaks: Number.POSITIVE_INFINITY }, /^budgets\.leaks: expected 0 to/],
    [{ leaksOfKind: { fds: 1 } }, /^budgets\.leaksOfKind\.fds: no such option; expected one of fd, /],
    [{ leaksOfKind: { fd: null } }, /^budgets\.leaksOfKind\.fd: expected a number of leaks, got null$/],
  ])('%j are refused by name', (budgets, message) => {
    expect(() => parseBudgets(budgets, 'budgets')).toThrow(message);
  });
});

describe('the ratchet', () => {
  const limits = parseBudgets({ fds: 40, processes: 8, heapGrowthBytes: 50_000_000, leaks: 5 }, 'budgets');
  const usage = (fields: object) => new Map(Object.entries(fields)) as ReturnType<typeof usageOf>;
  const wishes = { lower: true, raise: false, create: false };

  it('lowers what a run used less of, with room for what differs from run to run', () => {
    const less = usage({ fds: 30, processes: 6, heapGrowthBytes: 20e6, leaks: 3 });
    expect(toBudgets(ratchet(limits, less, wishes).next)).toEqual({ fds: 33, processes: 8, heapGrowthBytes: 32e6, leaks: 3 });
    expect(ratchet(limits, less, { ...wishes, lower: false }).changes).toEqual([]);
    expect(ratchet(limits, usage({ fds: null }), wishes).changes).toEqual([]);
  });

  it('does not move again when the same run comes again', () => {
    const used = usage({ fds: 30, processes: 3, heapGrowthBytes: 1_234_567, leaks: 0 });
    const { next } = ratchet(limits, used, wishes);
    expect(ratchet(next, used, wishes).changes).toEqual([]);
    expect(ratchet(next, used, wishes).broken).toEqual([]);
  });

  it('never raises unless it is asked to', () => {
    const more = usage({ fds: 41, leaks: 6 });
    expect(ratchet(limits, more, wishes)).toMatchObject({
      changes: [],
      broken: [
        { name: 'fds', from: 40, to: 41 },
        { name: 'leaks', from: 5, to: 6 },
      ],
    });
    expect(ratchet(limits, more, { ...wishes, raise: true }).changes).toEqual([
      { name: 'fds', from: 40, to: 46 },
      { name: 'leaks', from: 5, to: 6 },
    ]);
  });

  it('adds what is not there when it is asked to, as far as it was measured', () => {
    const used = usage({ fds: 20, processes: null, heapGrowthBytes: 0, leaks: 0 });
    expect(toBudgets(ratchet(new Map(), used, { ...wishes, create: true }).next)).toEqual({ fds: 22, heapGrowthBytes: 10e6, leaks: 0 });
    expect(ratchet(limits, used, { ...wishes, create: true, lower: false }).changes).toEqual([]);
  });

  it('takes the most of several runs, whose workers have the same numbers', () => {
    const [one, two] = [judge({}, {}, [result(0, { fds: 5, heapBytes: 10 })]), judge({}, {}, [result(0, { fds: 9, heapBytes: 10e6 })])];
    expect(usageOfRuns([one, two]).get('fds')).toBe(9);
    expect(usageOfRuns([one, two]).get('heapGrowthBytes')).toBe(0);
  });
});
