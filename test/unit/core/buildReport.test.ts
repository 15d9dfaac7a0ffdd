import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBudgets } from '../../../src/core/budgets.ts';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { buildReport } from '../../../src/core/buildReport.ts';
import { END, START, aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult, journals } from './reportSamples.ts';

const leaky = aResult({ record: aRecord([aFinding('a')]) });

describe('a report', () => {
  it('matches the schema that is shipped', () => {
    const schema = JSON.parse(readFileSync(new URL('../../../src/core/schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    const budgets = parseBudgets({ fds: 1, leaksOfKind: { fd: 0 } }, 'budgets');
    const baseline = aBaseline(aKnownLeak('f-a', { count: 2 }), aKnownLeak('f-b'));
    const results = [leaky, aResult({ id: 'id-2', titlePath: ['b.spec.ts', 'x'], status: 'skipped', record: null, workerIndex: -1 })];
    const report = buildReport(anInput(results, { notes: ['a note'], budgets, baseline }));
    expect(report.baseline?.gone).toHaveLength(2);
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...report, verdict: 'maybe' })).toBe(false);
    expect(validate({ ...report, tests: report.tests.map((test) => ({ ...test, findings: [{ kind: 'fd' }] })) })).toBe(false);
  });

  it('judges a leak and fails the gate; its clean twin passes', () => {
    const report = buildReport(anInput([leaky]));
    expect(report).toMatchObject({ verdict: 'leak', gate: { failed: true, reasons: ['1 new leak'] }, totals: { new: 1, known: 0 } });
    expect(buildReport(anInput([aResult()]))).toMatchObject({ verdict: 'pass', gate: { failed: false, reasons: [] }, totals: { new: 0 } });
  });

  it('names files relative to the root and keeps no internal identifier', () => {
    const [test] = buildReport(anInput([leaky])).tests;
    expect(test).toMatchObject({ file: 'checkout.spec.ts', line: 41 });
    expect(test?.findings[0]).toMatchObject({
      origin: { file: 'checkout.spec.ts', line: 45 },
      stack: ['at exportOrders (checkout.spec.ts:45:17)'],
    });
    expect(test?.findings[0]).not.toHaveProperty('id');
  });

  it('shows no secret of a title, and knows the test by the same name in its baseline', () => {
    const title = 'opens https://bob:hunter2@shop.example/?token=hunter2';
    const results = [aResult({ title, titlePath: ['checkout.spec.ts', 'of bob:', title], record: aRecord([aFinding('a')]) })];
    const report = buildReport(anInput(results));
    const shown = 'opens https://[redacted]@shop.example/?token=[redacted]';
    expect(report.tests[0]).toMatchObject({ title: shown, titlePath: ['checkout.spec.ts', 'of bob:', shown] });
    expect(JSON.stringify(report)).not.toContain('hunter2');

    const baseline = { name: 'leak-baseline.json', ...parseBaseline(JSON.stringify(report)) };
    expect(baseline.leaks.get('f-a')?.tests).toEqual([`[chromium] › checkout.spec.ts › of bob: › ${shown}`]);
    const clean = results.map((result) => ({ ...result, record: aRecord() }));
    expect(buildReport(anInput(results, { baseline })).baseline?.gone).toEqual([]);
    expect(buildReport(anInput(clean, { baseline })).baseline?.gone).toMatchObject([{ fingerprint: 'f-a', found: 0 }]);
  });

  it('drops what a hook closed afterwards, and the test passes', () => {
    const closed = JSON.stringify({ type: 'closed', id: 'a', by: 'hook', afterMs: 5 });
    const report = buildReport(anInput([leaky], { journals: journals(START, closed, END) }));
    expect(report.tests[0]).toMatchObject({ verdict: 'pass', findings: [] });
    expect(report.gate.failed).toBe(false);
  });

  it('calls late what closed by itself afterwards, with its milliseconds', () => {
    const closed = JSON.stringify({ type: 'closed', id: 'a', by: 'itself', afterMs: 411.6 });
    const report = buildReport(anInput([leaky], { journals: journals(START, closed, END) }));
    expect(report.tests[0]?.findings[0]).toMatchObject({ severity: 'late', evidence: { fd: 12, closedAfterMs: 412 } });
    expect(report).toMatchObject({ verdict: 'pass', totals: { new: 0, late: 1 } });
  });

  it('calls a leak known when the baseline has its fingerprint, and only "leak" still gates it', () => {
    const baseline = aBaseline(aKnownLeak('f-a'));
    expect(buildReport(anInput([leaky], { baseline, failOn: 'new' }))).toMatchObject({
      gate: { failed: false },
      verdict: 'leak',
      totals: { known: 1, new: 0 },
    });
    expect(buildReport(anInput([leaky], { baseline }))).toMatchObject({ gate: { failed: true, reasons: ['1 known leak'] } });
  });

  it('lets an allowed leak pass', () => {
    const report = buildReport(anInput([aResult({ record: aRecord([aFinding('a', { status: 'allowed' })]) })]));
    expect(report).toMatchObject({ verdict: 'pass', gate: { failed: false }, totals: { allowed: 1 } });
  });

  it('charges a worker with what its hooks left, in its own list', () => {
    const end = JSON.stringify({ ...(JSON.parse(END) as object), findings: [aFinding('h', { scope: 'hook' })] });
    const report = buildReport(anInput([aResult()], { journals: journals(START, end) }));
    expect(report.workers[0]).toMatchObject({ workerIndex: 0, pid: 7, ended: 'in order', findings: [{ scope: 'hook' }] });
    expect(report.tests[0]?.verdict).toBe('pass');
    expect(report).toMatchObject({ verdict: 'leak', gate: { failed: true } });
  });

  it('keeps what a worker had found when it died, and cannot judge the test it died in', () => {
    const report = buildReport(anInput([leaky, aResult({ id: 'id-2', status: 'failed', record: null })], { journals: journals(START) }));
    expect(report.workers[0]).toMatchObject({ ended: 'died' });
    expect(report.workers[0]?.notes[0]).toMatch(/killed, crashed or process\.exit/);
    expect(report.tests.map(({ verdict }) => verdict)).toEqual(['leak', 'inconclusive']);
    expect(report.tests[1]?.notes).toEqual(['Its worker ended before it could be checked.']);
  });

  it('is inconclusive, not clean, when a worker died after clean tests', () => {
    expect(buildReport(anInput([aResult()], { journals: journals(START) })).verdict).toBe('inconclusive');
    expect(buildReport(anInput([])).verdict).toBe('inconclusive');
  });

  it('says of a damaged record that it is lost, and does not pass the test', () => {
    const report = buildReport(anInput([aResult({ record: null, problems: ['damaged'] })]));
    expect(report.tests[0]).toMatchObject({ verdict: 'inconclusive', notes: ['damaged'] });
  });

  it('keeps the good lines of a damaged journal and says so in one sentence', () => {
    const report = buildReport(anInput([aResult()], { journals: journals(START, '{"type":"clo', 'garbage', END) }));
    expect(report.workers[0]?.ended).toBe('in order');
    expect(report.notes).toEqual(['The journal of worker 0 is damaged (line 2 is not a JSON object and 1 more); the rest of it was kept.']);
  });

  it('passes a skipped test, and a test that was not to be checked, with a note', () => {
    const report = buildReport(anInput([aResult({ status: 'skipped', record: null }), aResult({ record: null }), aResult()]));
    expect(report.tests.map(({ verdict, notes }) => [verdict, notes.length])).toEqual([
      ['pass', 0],
      ['pass', 1],
      ['pass', 0],
    ]);
  });

  it('takes the outside view for workers without a journal', () => {
    const { id, ...outsideFinding } = aFinding('o');
    const outside = { byResult: new Map([[1, [outsideFinding]]]), byWorker: new Map(), observed: new Set([0]) };
    const results = [aResult({ record: null }), aResult({ id, record: null })];
    const report = buildReport(anInput(results, { journals: new Map(), outside }));
    expect(report.tests.map(({ verdict }) => verdict)).toEqual(['pass', 'leak']);
    expect(report).toMatchObject({ run: { outsideView: true }, environment: { detectors: [{ name: 'handles', available: false }] } });
    expect(buildReport(anInput([aResult()])).run.outsideView).toBe(false);
  });

  it('says of a test that came to no worker that it was lost, and not that it should use the fixtures', () => {
    const report = buildReport(anInput([aResult({ workerIndex: -1, status: 'failed', record: null })], { journals: new Map() }));
    expect(report.tests[0]).toMatchObject({ verdict: 'inconclusive', notes: ['Its worker ended before it could be checked.'] });
    expect(report).toMatchObject({ run: { outsideView: false }, environment: { detectors: [] }, workers: [] });
    const unseen = buildReport(anInput([aResult({ status: 'failed', record: null })], { journals: new Map() }));
    expect(unseen.tests[0]?.notes).toEqual([expect.stringContaining('does not use leak/fixtures')]);
    expect(unseen.run.outsideView).toBe(true);
  });

  it('says of a test that was not to be checked from outside that it was not', () => {
    const outside = { byResult: new Map(), byWorker: new Map(), observed: new Set([0]), unchecked: new Set([1]) };
    const results = [aResult({ record: null }), aResult({ id: 'id-2', record: null, status: 'failed' })];
    const { tests } = buildReport(anInput(results, { journals: new Map(), outside }));
    expect(tests.map(({ verdict, notes }) => [verdict, notes])).toEqual([
      ['pass', []],
      ['pass', ["It was not checked: leakOptions.mode is 'off'."]],
    ]);
  });

  it('does not pass a run in which a worker that checked its tests left no journal, and says what is not known', () => {
    const counts = { fds: 25, processes: 6, handles: 9, heapBytes: 44e6 };
    const lost = buildReport(anInput([aResult({ record: aRecord([], { counts }) })], { journals: new Map() }));
    expect(lost).toMatchObject({
      verdict: 'inconclusive',
      workers: [{ ended: 'unknown', notes: [expect.stringContaining('journal is missing')] }],
    });
    const none = { fds: null, processes: null, handles: null, heapBytes: null };
    const off = buildReport(anInput([aResult({ record: aRecord([], { counts: none }) })], { journals: new Map() }));
    expect(off).toMatchObject({ verdict: 'pass', workers: [{ ended: 'unknown', notes: [] }] });
  });

  it('does not pass a test that nobody could observe', () => {
    const report = buildReport(anInput([aResult({ record: null })], { journals: new Map() }));
    expect(report.tests[0]?.verdict).toBe('inconclusive');
  });

  it('names a detector missing when it is missing in any worker', () => {
    const blind = JSON.stringify({
      type: 'start',
      workerIndex: 1,
      pid: 8,
      detectors: [{ name: 'fds', available: false, reason: 'no /proc' }],
    });
    const both = new Map(
      [...journals(START, END), [1, journals(blind, END).get(0)]].flatMap(([index, journal]) =>
        typeof journal === 'object' ? [[Number(index), journal]] : [],
      ),
    );
    expect(buildReport(anInput([aResult()], { journals: both })).environment.detectors).toEqual([
      { name: 'fds', available: false, reason: 'no /proc' },
    ]);
  });

  it('tells what the worker held after each test, and nothing where that is not known', () => {
    const counts = { fds: 25, processes: 6, handles: null, heapBytes: 44e6 };
    const { tests } = buildReport(anInput([aResult({ record: aRecord([], { counts }) }), aResult({ id: 'b', record: null })]));
    expect(tests.map((test) => test.counts)).toEqual([counts, null]);
  });

  it('shows the course of a worker with first, last and at most 40 samples', () => {
    const results = Array.from({ length: 500 }, (_, index) =>
      aResult({ record: aRecord([], { counts: { fds: index, processes: null, handles: 9, heapBytes: 1 } }) }),
    );
    const courses = buildReport(anInput(results)).workers[0]?.courses;
    expect(courses?.fds).toMatchObject({ first: 0, last: 499 });
    expect(courses?.fds?.samples).toHaveLength(40);
    expect(courses).not.toHaveProperty('processes');
  });

  it('gives each attempt of a retried test its own entry', () => {
    const report = buildReport(anInput([aResult({ status: 'failed', record: aRecord([aFinding('a')]) }), aResult({ retry: 1 })]));
    expect(report.tests.map(({ retry, verdict }) => [retry, verdict])).toEqual([
      [0, 'leak'],
      [1, 'pass'],
    ]);
  });
});
