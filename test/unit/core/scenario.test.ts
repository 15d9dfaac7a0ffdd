import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { DEFAULT_CRITERIA, parseCriteria, ruleFor } from '../../../src/core/criteria.ts';
import { judgeMetric } from '../../../src/core/judgeMetric.ts';
import type { MetricVerdict } from '../../../src/core/metric.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import { decodeRecord, encodeRecord } from '../../../src/core/recordCodec.ts';
import {
  hasTooManyFds,
  hasTooManyPages,
  judgeScenario,
  type Scenario,
  type ScenarioMeasurements,
  type SeriesPoint,
} from '../../../src/core/scenario.ts';
import { parseScenario } from '../../../src/core/scenarioCodec.ts';
import { aFinding, anInput, aRecord, aResult, END, journals, START } from './reportSamples.ts';

function metric(name: string, grows: number): MetricVerdict {
  const points = Array.from({ length: 50 }, (_, index) => ({ x: index * 20, y: 40e6 + grows * index * 20 }));
  const rule = ruleFor(name, DEFAULT_CRITERIA) ?? { kind: 'count', limit: 0 };
  const { wantsMore: _, ...verdict } = judgeMetric(name, points, rule, { final: true, beyondPlan: true });
  return verdict;
}

function measured(fields: Partial<ScenarioMeasurements> = {}): ScenarioMeasurements {
  return {
    metrics: [metric('fds', 0), metric('heapBytes', 0)],
    series: [0, 100, 200].map((iteration) => ({ iteration, fds: 24, heapBytes: 40e6 })),
    errors: { count: 0, rate: 0, unhandled: 0, messages: [] },
    latency: { p50Ms: 1, p95Ms: 2, degradation: 0 },
    zombies: 0,
    cutShort: null,
    givenUp: false,
    settled: true,
    ...fields,
  };
}

function aScenario(fields: Partial<ScenarioMeasurements> = {}, criteria = DEFAULT_CRITERIA): Scenario {
  const all = measured(fields);
  return {
    name: 'drawer',
    testId: '',
    iterations: 1000,
    warmUp: 20,
    ...judgeScenario(all, criteria),
    metrics: all.metrics,
    series: all.series,
    errors: all.errors,
    latency: all.latency,
    criteria,
    findings: [],
    notes: [],
  };
}

describe('judging a scenario', () => {
  it('passes when every metric does and every criterion holds', () => {
    expect(judgeScenario(measured(), DEFAULT_CRITERIA)).toMatchObject({ verdict: 'pass', shape: 'flat', failed: false, reasons: [] });
  });

  it('leaks with its worst metric, has its shape, and says so first', () => {
    const judged = judgeScenario(measured({ metrics: [metric('fds', 0), metric('heapBytes', 4000)] }), DEFAULT_CRITERIA);
    expect(judged).toMatchObject({ verdict: 'leak', shape: 'linear', failed: true });
    expect(judged.reasons[0]).toMatch(/^heapBytes grew all along by 4\.0 kB per iteration/);
  });

  const fds = (...values: number[]): SeriesPoint[] => values.map((value, index) => ({ iteration: index * 100, fds: value }));

  it.each([
    ['fdsAboveStart', fds(24, 75, 24), fds(24, 74, 24)],
    ['fdsAboveStartAtEnd', fds(24, 24, 35), fds(24, 24, 34)],
  ])('leaks when descriptors exceed %s, whatever the shape; at the limit it holds', (name, above, at) => {
    const broken = judgeScenario(measured({ series: above }), DEFAULT_CRITERIA);
    expect(broken).toMatchObject({ verdict: 'leak', failed: true });
    expect(broken.outcomes.find((outcome) => outcome.name === name)).toMatchObject({ held: false, gates: true });
    expect(judgeScenario(measured({ series: at }), DEFAULT_CRITERIA)).toMatchObject({ verdict: 'pass', failed: false });
  });

  it.each(['pages', 'contexts', 'browsers'])(
    'leaks when its %s exceed pagesAboveStart, whatever the shape; at the limit it holds',
    (name) => {
      const open = (...counts: number[]): SeriesPoint[] =>
        counts.map((count, index) => ({ iteration: index * 100, pages: 2, contexts: 2, browsers: 1, [name]: count }));
      expect(judgeScenario(measured({ series: open(2, 52, 2) }), DEFAULT_CRITERIA)).toMatchObject({ verdict: 'pass', failed: false });
      expect(hasTooManyPages(open(2, 52), DEFAULT_CRITERIA)).toBe(false);
      const broken = judgeScenario(measured({ series: open(2, 53, 2) }), DEFAULT_CRITERIA);
      expect(broken).toMatchObject({ verdict: 'leak', failed: true });
      expect(broken.reasons).toContain('51 pages, contexts or browsers were open above the start (limit 50)');
      expect(hasTooManyPages(open(2, 53), DEFAULT_CRITERIA)).toBe(true);
      expect(hasTooManyPages(open(2, 53), { ...DEFAULT_CRITERIA, pagesAboveStart: 51 })).toBe(false);
    },
  );

  it('compares what is open with the start of its process, with which the processes before have ended', () => {
    // A pool of six, opened anew by each of three processes, whose readings are joined.
    const series = [24, 30, 30, 36, 36, 42].map((count, index) => ({ iteration: index * 100, fds: count, pages: count + 20 * index }));
    expect(judgeScenario(measured({ series }), DEFAULT_CRITERIA).outcomes.slice(0, 3)).toMatchObject([
      { name: 'fdsAboveStart', actual: 18 },
      { name: 'fdsAboveStartAtEnd', actual: 18, held: false },
      { name: 'pagesAboveStart', actual: 118, held: false },
    ]);
    expect(judgeScenario(measured({ series, joins: [200, 400] }), DEFAULT_CRITERIA).outcomes.slice(0, 3)).toMatchObject([
      { name: 'fdsAboveStart', actual: 6 },
      { name: 'fdsAboveStartAtEnd', actual: 6, held: true },
      { name: 'pagesAboveStart', actual: 46, held: true },
    ]);
  });

  it('compares descriptors with the start only after every 100 iterations, and at the end', () => {
    const dense = [0, 20, 40, 60, 80, 100, 120].map((iteration) => ({ iteration, fds: iteration === 60 ? 200 : 24 }));
    expect(judgeScenario(measured({ series: dense }), DEFAULT_CRITERIA).verdict).toBe('pass');
    expect(
      judgeScenario(measured({ series: dense.map((point) => ({ ...point, fds: point.iteration === 100 ? 200 : 24 })) }), DEFAULT_CRITERIA)
        .verdict,
    ).toBe('leak');
  });

  it('need not go on when descriptors have exceeded their limit', () => {
    expect(hasTooManyFds(fds(24, 74), DEFAULT_CRITERIA)).toBe(false);
    expect(hasTooManyFds(fds(24, 75), DEFAULT_CRITERIA)).toBe(true);
    expect(hasTooManyFds([], DEFAULT_CRITERIA)).toBe(false);
  });

  it('leaks with a zombie', () => {
    const judged = judgeScenario(measured({ zombies: 1 }), DEFAULT_CRITERIA);
    expect(judged).toMatchObject({ verdict: 'leak', failed: true, reasons: ['1 zombies were left (limit 0)'] });
  });

  it.each([
    [
      'an error rate above the limit',
      { errors: { count: 11, rate: 0.011, unhandled: 0, messages: [] } },
      '1.1 % of the iterations failed (limit 1 %)',
    ],
    ['an unhandled error', { errors: { count: 0, rate: 0, unhandled: 1, messages: [] } }, '1 errors were not handled (limit 0)'],
  ])('fails with %s, and proves nothing about leaks', (_, fields, reason) => {
    expect(judgeScenario(measured(fields), DEFAULT_CRITERIA)).toMatchObject({ verdict: 'inconclusive', failed: true, reasons: [reason] });
  });

  it('reports a slower p95 and fails with it only when asked to', () => {
    const slower = measured({ latency: { p50Ms: 1, p95Ms: 3, degradation: 0.5 } });
    expect(judgeScenario(slower, DEFAULT_CRITERIA)).toMatchObject({ verdict: 'pass', failed: false });
    expect(judgeScenario(slower, DEFAULT_CRITERIA).outcomes.find(({ name }) => name === 'p95Degradation')).toMatchObject({
      held: false,
      gates: false,
    });
    const gated = judgeScenario(slower, { ...DEFAULT_CRITERIA, gateOn: ['p95'] });
    expect(gated).toMatchObject({ failed: true, reasons: ['50 % was added to the p95 over the run (limit 10 %)'] });
  });

  it('is inconclusive when it was cut short or nothing was measured, and says why', () => {
    expect(judgeScenario(measured({ cutShort: 'the test timed out' }), DEFAULT_CRITERIA)).toMatchObject({
      verdict: 'inconclusive',
      failed: false,
      reasons: ['the test timed out'],
    });
    expect(judgeScenario(measured({ metrics: [] }), DEFAULT_CRITERIA).verdict).toBe('inconclusive');
  });

  it('fails when it was given up, though few of all its iterations failed', () => {
    expect(judgeScenario(measured({ cutShort: 'given up: no such server', givenUp: true }), DEFAULT_CRITERIA)).toMatchObject({
      verdict: 'inconclusive',
      failed: true,
      reasons: ['given up: no such server'],
    });
  });

  it('does not judge what it could not measure', () => {
    const blind = judgeScenario(measured({ series: [], zombies: null, latency: null }), DEFAULT_CRITERIA);
    expect(blind.outcomes.filter(({ held }) => held === null).map(({ name }) => name)).toEqual([
      'fdsAboveStart',
      'fdsAboveStartAtEnd',
      'pagesAboveStart',
      'zombies',
      'p95Degradation',
    ]);
  });
});

describe('criteria', () => {
  it('have the documented defaults, each of which can be changed', () => {
    expect(parseCriteria(undefined, 'criteria')).toBe(DEFAULT_CRITERIA);
    expect(parseCriteria({ fdGrowth: 2, memoryGrowth: Infinity, gateOn: ['p95'] }, 'criteria')).toEqual({
      ...DEFAULT_CRITERIA,
      fdGrowth: 2,
      memoryGrowth: Infinity,
      gateOn: ['p95'],
    });
  });

  it.each([
    [{ fdGrowth: -1 }, 'criteria.fdGrowth: expected at least 0 resources, got -1'],
    [{ errorRate: 5 }, 'criteria.errorRate: expected 0 to 1 iterations, as a share, got 5'],
    [{ memoryGrowth: '10%' }, 'criteria.memoryGrowth: expected a number of growth, as a share (0.1 is 10 %), got "10%"'],
    [{ gateOn: 'p95' }, 'criteria.gateOn: expected an array such as [\'p95\'], got "p95"'],
    [{ gateOn: ['p99'] }, 'criteria.gateOn[0]: expected \'p95\', got "p99"'],
    [{ fds: 1 }, 'criteria.fds: no such option'],
    [3, 'criteria: expected an object'],
  ])('refuse %j with a clear sentence', (value, message) => {
    expect(() => parseCriteria(value, 'criteria')).toThrow(message);
  });

  it('give every metric its rule by its name, whoever owns it', () => {
    expect(ruleFor('fds', DEFAULT_CRITERIA)).toEqual({ kind: 'count', limit: 0 });
    expect(ruleFor('browsers', { ...DEFAULT_CRITERIA, processGrowth: 3 })).toEqual({ kind: 'count', limit: 3 });
    expect(ruleFor('requests', { ...DEFAULT_CRITERIA, handleGrowth: 4 })).toEqual({ kind: 'count', limit: 4 });
    expect(ruleFor('shop.html.domNodes', { ...DEFAULT_CRITERIA, domNodeGrowth: 7 })).toEqual({ kind: 'count', limit: 7 });
    expect(ruleFor('page2.heapBytes', DEFAULT_CRITERIA)).toEqual({ kind: 'bytes', bytesPerIteration: 512, growth: 0.1 });
    expect(ruleFor('browserRssBytes', DEFAULT_CRITERIA)).toEqual({ kind: 'bytes', bytesPerIteration: 8192, growth: 0.1 });
    expect(['zombies', 'p95Ms', 'iteration', 'toString'].map((name) => ruleFor(name, DEFAULT_CRITERIA))).toEqual(Array(4).fill(undefined));
  });
});

describe('a scenario on its way into the report', () => {
  const leaking = aScenario({ metrics: [metric('heapBytes', 4000)] });
  const record = aRecord([], { scenarios: [{ ...leaking, findings: [aFinding('a')] }], verdict: 'leak' });

  it('comes back as it was, through the record and through report.json, and matches the schema', () => {
    const decoded = decodeRecord(encodeRecord(record));
    expect(decoded.problems).toEqual([]);
    const report = buildReport(anInput([aResult({ record: decoded.value })]));
    expect(report.scenarios).toMatchObject([{ name: 'drawer', testId: 'id-1', findings: [{ origin: { file: 'checkout.spec.ts' } }] }]);
    expect(parseReport(JSON.stringify(report))).toEqual(report);
    const schema = JSON.parse(readFileSync(new URL('../../../src/core/schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true);
  });

  it('makes its test and the run leak and breaks the gate, in the words of its worst metric', () => {
    const report = buildReport(anInput([aResult({ record })]));
    expect(report).toMatchObject({ verdict: 'leak', gate: { failed: true }, tests: [{ verdict: 'leak' }] });
    expect(report.gate.reasons).toEqual(['scenario drawer leaks: heapBytes +4.0 kB per iteration']);
    expect(buildReport(anInput([aResult({ record })], { failOn: 'new' })).gate.failed).toBe(true);
    expect(buildReport(anInput([aResult({ record })], { failOn: 'never' })).gate.failed).toBe(false);
  });

  it('makes its test inconclusive, which gates only when asked to', () => {
    const unsure = aRecord([], { scenarios: [aScenario({ cutShort: 'the test timed out' })] });
    const report = buildReport(anInput([aResult({ record: unsure })]));
    expect(report).toMatchObject({ verdict: 'inconclusive', gate: { failed: false }, totals: { inconclusive: 1 } });
    expect(buildReport(anInput([aResult({ record: unsure })], { failOn: 'inconclusive' })).gate.failed).toBe(true);
  });

  it('breaks the gate with a criterion that does not hold, though nothing leaks', () => {
    const failing = aRecord([], { scenarios: [aScenario({ errors: { count: 100, rate: 0.1, unhandled: 0, messages: ['boom'] } })] });
    expect(buildReport(anInput([aResult({ record: failing })])).gate.reasons).toEqual([
      'scenario drawer failed: 10 % of the iterations failed (limit 1 %)',
    ]);
  });

  it('is what its worker’s journal has last of it where its test came to no record, and only for that attempt of that test', () => {
    const lost = aResult({ status: 'failed', record: null });
    const entry = (scenario: unknown, { id, retry } = lost) => JSON.stringify({ type: 'scenario', testId: id, retry, scenario });
    const judge = (...lines: readonly string[]) => buildReport(anInput([lost], { journals: journals(START, ...lines) }));
    const sofar = aScenario({ cutShort: 'killed' });
    expect(judge(entry(sofar), entry(leaking))).toMatchObject({
      scenarios: [{ name: 'drawer', testId: lost.id, verdict: 'leak' }],
      tests: [{ verdict: 'leak' }],
      gate: { failed: true, reasons: ['scenario drawer leaks: heapBytes +4.0 kB per iteration'] },
    });
    expect(judge(entry(sofar))).toMatchObject({ scenarios: [{ verdict: 'inconclusive' }], tests: [{ verdict: 'inconclusive' }] });
    expect(judge(entry({ ...leaking, name: 'menu' }), entry(sofar)).scenarios.map(({ name }) => name)).toEqual(['menu', 'drawer']);
    expect(judge(entry(leaking, { ...lost, retry: 1 })).scenarios).toEqual([]);
    expect(judge(entry(leaking, { ...lost, id: 'id-9' })).scenarios).toEqual([]);
    expect(judge(entry(leaking, { ...lost, id: 'id-9' }), entry(sofar)).scenarios).toHaveLength(1);
  });

  it('that has a record is not asked of the journal', () => {
    const told = JSON.stringify({ type: 'scenario', testId: 'id-1', retry: 0, scenario: leaking });
    expect(buildReport(anInput([aResult()], { journals: journals(START, told, END) }))).toMatchObject({ verdict: 'pass', scenarios: [] });
  });

  it('leaves a passing test as it was, and names no more than five failures', () => {
    const clean = aRecord([], { scenarios: [aScenario()] });
    expect(buildReport(anInput([aResult({ record: clean })]))).toMatchObject({ verdict: 'pass', gate: { failed: false } });
    const many = aRecord([], { scenarios: Array<Scenario>(8).fill(leaking) });
    const { reasons } = buildReport(anInput([aResult({ record: many })])).gate;
    expect(reasons).toHaveLength(6);
    expect(reasons.at(-1)).toBe('3 more scenarios failed');
  });

  it('reads NaN, infinities and lifted limits back as null or as no limit', () => {
    const odd = aScenario(
      { series: [{ iteration: 0, fds: Number.NaN, heapBytes: Infinity }] },
      { ...DEFAULT_CRITERIA, fdGrowth: Infinity },
    );
    const read = parseScenario(JSON.parse(JSON.stringify(odd)));
    expect(read?.series).toEqual([{ iteration: 0, fds: null, heapBytes: null }]);
    expect(read?.criteria.fdGrowth).toBe(Infinity);
    expect(
      parseScenario({ ...odd, metrics: [{ ...leaking.metrics[0], slopePerIteration: Number.NaN }] })?.metrics[0]?.slopePerIteration,
    ).toBeNull();
  });

  it('is never lost by a record that is too long while it leaks', () => {
    const series = Array.from({ length: 400 }, (_, iteration) => ({ iteration, fds: 24, heapBytes: iteration }));
    const long = {
      ...record,
      scenarios: [
        { ...aScenario(), series },
        { ...leaking, series },
      ],
    };
    for (const limit of [30_000, 20_000, 9000, 5000]) {
      const encoded = encodeRecord(long, limit);
      expect(encoded.length).toBeLessThanOrEqual(limit);
      const { value } = decodeRecord(encoded);
      expect(value?.scenarios?.some(({ verdict }) => verdict === 'leak')).toBe(true);
      expect(value?.notes.at(-1)).toMatch(/^The record was too long/);
    }
  });

  it('that is damaged is left out and said', () => {
    const damaged = JSON.stringify({ ...record, scenarios: [leaking, { name: 'x' }, 7] });
    expect(decodeRecord(damaged).problems).toEqual(['2 of its scenarios could not be read and were left out.']);
    expect(decodeRecord(damaged).value?.scenarios).toHaveLength(1);
  });

  it('is a scenario or nothing, whatever comes in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (metrics, series, criteria) => {
        const read = parseScenario({
          name: 'x',
          verdict: 'pass',
          metrics,
          series,
          criteria,
          errors: metrics,
          latency: series,
          outcomes: criteria,
        });
        expect(parseScenario(JSON.parse(JSON.stringify(read)))).toEqual(read);
      }),
      { numRuns: 300, seed: 1 },
    );
    for (const value of [null, 1, 'x', [], {}, { name: 'x' }, { name: 1, verdict: 'pass' }]) expect(parseScenario(value)).toBeNull();
  });
});
