import { describe, expect, it } from 'vitest';
import { buildReport, type ReportInput } from '../../../src/core/buildReport.ts';
import { joinShards, type MergeFacts, type Shard } from '../../../src/core/joinShards.ts';
import { decodeShard, encodeShard, shardData, type ShardSettings } from '../../../src/core/shard.ts';
import { readJournal } from '../../../src/core/workerJournal.ts';
import { buildPart, type CollectedResult } from '../../../src/core/runPart.ts';
import { scenario } from '../render/sampleReports.ts';
import { END, START, aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult, journals } from './reportSamples.ts';

const MERGE: MergeFacts = {
  failOn: null,
  baseline: undefined,
  budgets: new Map(),
  environment: { node: 'v0', playwright: '0', platform: 'merging machine' },
  run: { status: 'passed', durationMs: 1234 },
  errors: 0,
  notRun: 0,
  notes: [],
};

/** A shard as its blob brings it: what its own reporter judged, through the text it travels as. */
function aShard(
  place: string,
  input: ReportInput,
  fields: { settings?: Partial<ShardSettings>; group?: string; copies?: number } = {},
): Shard {
  const { group = '', copies = 1 } = fields;
  const [current = 1, total = 1] = place.split('/').map(Number);
  const selection = total === 1 ? {} : { shard: place };
  const { report, ...data } = decodeShard(encodeShard(shardData(buildPart(input), { ...input, ...fields.settings }, selection)));
  const { tests, workers, scenarios, notes, environment, run } = report;
  return {
    mark: { run: `run of ${place}`, shard: { current, total }, group },
    own: { settings: data.settings, environment },
    selections: [data.selection],
    part: { tests, workers, scenarios, notes, rules: data.rules, detectors: environment.detectors, outsideView: run.outsideView },
    outcomes: report.totals,
    problem: null,
    copies,
  };
}

/** A shard of which nothing came along but the tests' records. */
function bare(mark: Shard['mark'], results: readonly CollectedResult[], problem: string | null = null): Shard {
  const whole = aShard('1/1', anInput(results, { journals: new Map() }));
  return { ...whole, mark, own: null, selections: [{}], problem };
}

const RULES = ['used in the last file', 'used nowhere'].map((text, index) => ({
  key: String(index),
  text: `the allow rule for what is ${text}`,
}));

/** One worker a file, as in a suite whose files differ in worker options; every second file leaks, the fourth has a scenario. */
function resultsOf(files: readonly number[]): CollectedResult[] {
  return files.flatMap((file, workerIndex) =>
    [0, 1].map((index) => {
      const leaks = file % 2 === 0 && index === 0 ? [aFinding(`${workerIndex}-1`, { fingerprint: file === 4 ? 'f-0' : `f-${file}` })] : [];
      const record = aRecord(leaks, {
        rules: { set: 'all', used: file === 4 ? ['0'] : [], rules: RULES },
        ...(file === 3 ? { scenarios: [scenario({ testId: '' })] } : {}),
      });
      const title = `test ${index}`;
      const where = { title, titlePath: [`${file}.spec.ts`, title], file: `/suite/${file}.spec.ts` };
      return aResult({ id: `id-${file}-${index}`, ...where, workerIndex, record });
    }),
  );
}

/** What a hook of a file closes, one leaves, and the run leaves; identifiers of findings repeat from shard to shard. */
function runOf(files: readonly number[]): ReportInput {
  const hookLeak = aFinding('h', { fingerprint: 'hook', scope: 'worker' });
  const setUpLeak = aFinding('s', { fingerprint: 'set-up', scope: 'run' });
  const workerJournals = files.map((file, index) => {
    const start = START.replace('"workerIndex":0', `"workerIndex":${index}`);
    const end = JSON.stringify({ type: 'end', findings: [hookLeak], counts: {}, notes: [] });
    const closed = file === 2 ? [JSON.stringify({ type: 'closed', id: `${index}-1`, by: 'hook', afterMs: 1 })] : [];
    return [index, readJournal(index, [start, ...closed, end].join('\n'))] as const;
  });
  const { id: _, ...left } = setUpLeak;
  return anInput(resultsOf(files), {
    journals: new Map(workerJournals),
    outside: { byResult: new Map(), byWorker: new Map([[-1, [left]]]), observed: new Set() },
    notes: ['what every shard says'],
  });
}

describe('joining shards', () => {
  it.each([
    ['one', [[0, 1, 2, 3, 4]]],
    [
      'two',
      [
        [0, 1, 2],
        [3, 4],
      ],
    ],
    ['five', [[0], [1], [2], [3], [4]]],
  ])('gives from %s what one run of the suite gives', (_, parts) => {
    // Of the leak that two files show the baseline knows one.
    const baseline = aBaseline(aKnownLeak('f-0', { count: 1 }), aKnownLeak('gone', { tests: [] }));
    // What every shard keeps to, and all of them together do not.
    const budgets = new Map([['leaks', 3]] as const);
    const whole = buildReport({ ...runOf([0, 1, 2, 3, 4]), baseline, budgets });
    expect(whole.budgets).toEqual([{ name: 'leaks', limit: 3, actual: 4, held: false }]);
    expect(whole.totals).toMatchObject({ results: 10, new: 3, known: 1, passed: 10 });
    expect(whole.gate.reasons.slice(0, 3)).toEqual(['3 new leaks', '4 leaks in all (budget 3)', '1 known leak']);
    expect(whole.notes).toEqual(['what every shard says', expect.stringContaining('used nowhere matched nothing')]);
    expect(whole.baseline?.gone).toMatchObject([{ fingerprint: 'gone' }]);
    const shards = parts.map((files, index) => aShard(`${index + 1}/${parts.length}`, runOf(files), { settings: { baseline, budgets } }));
    expect(joinShards(shards, MERGE)).toEqual(whole);
    expect(joinShards(shards, { ...MERGE, baseline: null })).toEqual(buildReport({ ...runOf([0, 1, 2, 3, 4]), budgets }));
  });

  it('makes no difference for the order of tests, workers and scenarios with an empty shard among them', () => {
    const shards = [
      aShard('1/3', runOf([0, 1])),
      aShard('2/3', anInput([], { journals: new Map(), notes: ['what every shard says'] })),
      aShard('3/3', runOf([2])),
    ];
    const joined = joinShards(shards, MERGE);
    expect(joined.tests.map(({ id }) => id)).toEqual(runOf([0, 1, 2]).results.map(({ id }) => id));
    // Playwright counts a worker for every blob.
    expect(joined.workers.map(({ workerIndex }) => workerIndex)).toEqual([-1, 0, 1, 3]);
    expect(joined.verdict).toBe('leak');
  });

  it('shows what every shard’s run left behind as the first has it', () => {
    const shards = ['1/2', '2/2'].map((place) => {
      const { id: _, ...left } = aFinding('s', { fingerprint: 'set-up', summary: `left by ${place}`, scope: 'run' });
      const outside = { byResult: new Map(), byWorker: new Map([[-1, [left]]]), observed: new Set<number>() };
      return aShard(place, anInput([aResult({ id: place })], { outside }));
    });
    expect(joinShards(shards, MERGE).workers[0]).toMatchObject({ workerIndex: -1, findings: [{ summary: 'left by 1/2' }] });
  });

  it('counts what every worker leaves behind once, and what one leaves behind more often as often as that', () => {
    const end = (count: number): string =>
      JSON.stringify({
        type: 'end',
        findings: Array.from({ length: count }, () => aFinding('h', { fingerprint: 'hook', scope: 'worker' })),
        counts: {},
        notes: [],
      });
    const shards = [1, 2, 1].map((count, index) =>
      aShard(`${index + 1}/3`, anInput([aResult({ id: `id-${index}` })], { journals: journals(START, end(count)) })),
    );
    const joined = joinShards(shards, MERGE);
    expect(joined.totals.new).toBe(2);
    expect(joined.gate.reasons).toEqual(['2 new leaks']);
    expect(joined.workers.map(({ findings }) => findings.length)).toEqual([1, 2, 1]);
  });

  it('is inconclusive when the worker of a shard died, as the whole run would be', () => {
    const died = anInput([aResult({ id: 'b' })], { journals: journals(START) });
    expect(joinShards([aShard('1/2', anInput([aResult()])), aShard('2/2', died)], MERGE)).toMatchObject({
      verdict: 'inconclusive',
      gate: { failed: false },
    });
  });

  it('takes a detector for missing that one shard did not have', () => {
    const blind = JSON.stringify({
      type: 'start',
      workerIndex: 0,
      pid: 7,
      detectors: [{ name: 'fds', available: false, reason: 'no /proc' }],
    });
    const shards = [
      aShard('1/2', anInput([aResult()])),
      aShard('2/2', anInput([aResult({ id: 'b' })], { journals: journals(blind, END) })),
    ];
    expect(joinShards(shards, MERGE).environment.detectors).toEqual([{ name: 'fds', available: false, reason: 'no /proc' }]);
  });

  it('names the environments when they differ', () => {
    const other = { node: 'v22.1.0', playwright: '1.65.1', platform: 'darwin' };
    const { environment, notes } = joinShards(
      [aShard('1/2', anInput([aResult()])), aShard('2/2', anInput([aResult({ id: 'b' })], { environment: other }))],
      MERGE,
    );
    expect(environment).toMatchObject({ node: 'v20.20.0, v22.1.0', playwright: '1.65.1', platform: 'linux, darwin' });
    expect(notes).toEqual([
      'The shards ran in different environments: Node v20.20.0 on linux, Playwright 1.65.1 (shard 1 of 2); Node v22.1.0 on darwin, Playwright 1.65.1 (shard 2 of 2).',
    ]);
  });

  it('says with its name what only one shard says', () => {
    const shards = [
      aShard('1/2', anInput([aResult()], { notes: ['all'] })),
      aShard('2/2', anInput([aResult({ id: 'b' })], { notes: ['all', 'one'] })),
    ];
    expect(joinShards(shards, MERGE).notes).toEqual(['all', 'Shard 2 of 2: one']);
  });
});

describe('the options of shards', () => {
  const leaky = anInput([aResult({ record: aRecord([aFinding('a')]) })], { journals: journals(START, END) });

  it('hold in the merge', () => {
    expect(joinShards([aShard('1/1', leaky, { settings: { failOn: 'never' } })], MERGE).gate).toEqual({
      failed: false,
      reasons: [],
      failOn: 'never',
    });
  });

  it('give way to what the merge is told', () => {
    expect(joinShards([aShard('1/1', leaky, { settings: { failOn: 'never' } })], { ...MERGE, failOn: 'new' }).gate).toMatchObject({
      failed: true,
      failOn: 'new',
    });
  });

  it('hold beside a baseline that only the merge has, or wants not to have, when somebody asked for them', () => {
    for (const failOn of ['leak', 'inconclusive', 'never'] as const) {
      const asked = [aShard('1/1', leaky, { settings: { failOn } })];
      for (const baseline of [aBaseline(aKnownLeak('f-a')), null]) {
        expect(joinShards(asked, { ...MERGE, baseline }).gate).toMatchObject({ failOn, failed: failOn !== 'never' });
      }
    }
  });

  it('follow that baseline where they are only defaults', () => {
    const byDefault = (failOn: 'leak' | 'new') => [aShard('1/1', leaky, { settings: { failOn, failOnByDefault: true } })];
    const baseline = aBaseline(aKnownLeak('f-a'));
    expect(joinShards(byDefault('leak'), { ...MERGE, baseline }).gate).toMatchObject({ failOn: 'new', failed: false });
    expect(joinShards(byDefault('new'), { ...MERGE, baseline: null }).gate).toMatchObject({ failOn: 'leak', failed: true });
    expect(joinShards(byDefault('new'), MERGE).gate).toMatchObject({ failOn: 'new', failed: true });
    expect(joinShards([], { ...MERGE, baseline }).gate.failOn).toBe('new');
  });

  it('hold as the smallest budget says, in whatever order, also against those of the merge', () => {
    const limits = [3, 0, 5].map((leaks, index) =>
      aShard(`${index + 1}/3`, anInput([aResult({ id: `id-${index}` })]), { settings: { budgets: new Map([['leaks', leaks]]) } }),
    );
    expect(joinShards(limits, { ...MERGE, budgets: new Map([['leaks', 2]]) }).budgets).toMatchObject([{ limit: 0 }]);
    expect(joinShards([...limits].reverse(), MERGE).budgets).toMatchObject([{ limit: 0 }]);
  });

  it('hold as the strictest says when they differ, and a note says so', () => {
    const shards = (['never', 'inconclusive', 'never'] as const).map((failOn, index) =>
      aShard(`${index + 1}/3`, anInput([aResult({ id: `id-${index}` })]), { settings: { failOn } }),
    );
    const joined = joinShards(shards, MERGE);
    expect(joined.gate.failOn).toBe('inconclusive');
    expect(joined.notes).toEqual([
      "The shards disagree on failOn: 'never' in shard 1 of 3, shard 3 of 3; 'inconclusive' in shard 2 of 3. The strictest holds; PLAYWRIGHT_LEAK_FAIL_ON decides it here.",
    ]);
  });
});

describe('a merge that is not whole', () => {
  const clean = (place: string, group = ''): Shard => aShard(place, anInput([aResult({ id: `id of ${place} ${group}` })]), { group });

  it('names the shard that is missing, is no silent pass, and fails a gate on what is inconclusive', () => {
    const joined = joinShards([clean('1/3'), clean('3/3')], MERGE);
    expect(joined).toMatchObject({ verdict: 'inconclusive', gate: { failed: false } });
    expect(joined.notes).toEqual([
      'Shard 2 of 3 is missing: there is no blob of it here, so nothing is known of its tests. If it was killed, run it again; then merge all blobs.',
    ]);
    const strict = joinShards([clean('1/3'), clean('3/3')], { ...MERGE, failOn: 'inconclusive' });
    expect(strict.gate).toMatchObject({ failed: true, reasons: ['shard 2 of 3 missing'] });
  });

  it('is still a leak where there is one', () => {
    const leaky = aShard('1/2', anInput([aResult({ record: aRecord([aFinding('a')]) })]));
    expect(joinShards([leaky], MERGE)).toMatchObject({ verdict: 'leak', gate: { failed: true, reasons: ['1 new leak'] } });
  });

  it('names the first of many', () => {
    const joined = joinShards([clean('100/100')], { ...MERGE, failOn: 'inconclusive' });
    expect(joined.notes).toEqual([expect.stringMatching(/^Shard 1 of 100, shard 2 of 100, shard 3 of 100 and 96 more are missing: /)]);
    expect(joined.gate.reasons).toEqual(['99 shards missing']);
  });

  it('keeps apart what was sharded on its own', () => {
    expect(joinShards([clean('1/2', 'chromium'), clean('2/2', 'chromium'), clean('1/1', 'firefox')], MERGE)).toMatchObject({
      verdict: 'pass',
      notes: [],
    });
    expect(joinShards([clean('1/2', 'chromium'), clean('2/2', 'firefox')], MERGE).notes).toHaveLength(1);
  });

  it('keeps both of two shards with the same index and the same tests, and says what to do', () => {
    const twice = ['1/2', '1/2', '2/2'].map((place) =>
      aShard(place, anInput([aResult({ id: `id of ${place}`, record: aRecord([aFinding('a')]) })])),
    );
    const joined = joinShards(twice, MERGE);
    expect(joined.tests.map(({ id }) => id)).toEqual(['id of 1/2', 'id of 1/2-2', 'id of 2/2']);
    expect(joined).toMatchObject({ totals: { results: 3, new: 3, passed: 3 }, verdict: 'leak' });
    expect(joined.notes).toEqual([
      'There are 2 blobs of shard 1 of 2, from different runs of the same tests, and all of them count. If one is of an earlier attempt, ' +
        'delete it and merge again; if two machines got the same --shard, correct that.',
    ]);
  });

  it('takes two shards with the same index and other tests for what they are: shards of two projects', () => {
    const shards = ['a', 'b'].map((id) => aShard('1/1', anInput([aResult({ id })])));
    expect(joinShards(shards, MERGE)).toMatchObject({ verdict: 'pass', notes: [] });
  });

  it('counts a blob once that is there under two names', () => {
    const joined = joinShards([aShard('1/1', anInput([aResult()]), { copies: 2 })], MERGE);
    expect(joined).toMatchObject({ verdict: 'pass', totals: { results: 1, passed: 1 } });
    expect(joined.notes).toEqual(['The blob of shard 1 of 1 is here more than once, under different names: it counts once.']);
  });

  it('judges what comes without leak data by its records, and does not pass', () => {
    const joined = joinShards([clean('1/2'), bare(null, [aResult({ id: 'b' })])], MERGE);
    expect(joined).toMatchObject({ verdict: 'inconclusive', totals: { results: 2, passed: 2 } });
    expect(joined.notes).toEqual([
      '1 result comes from blobs without leak data: what hooks closed or left behind there is not known. Run every shard with --reporter=blob,leak.',
      'Shard 2 of 2 is missing: there is no blob of it here, or one made without the leak reporter.',
    ]);
    const leaky = bare(null, [aResult({ record: aRecord([aFinding('a')]) })]);
    expect(joinShards([leaky], MERGE)).toMatchObject({ verdict: 'leak', environment: { platform: 'merging machine' } });
  });

  it('judges a shard of a newer release by its records, and says why', () => {
    const newer = bare(
      { run: 'r', shard: { current: 2, total: 2 }, group: '' },
      [aResult({ id: 'b' })],
      'its leak data was written by a newer release',
    );
    const joined = joinShards([clean('1/2'), newer], { ...MERGE, failOn: 'inconclusive' });
    expect(joined.notes).toEqual([
      "Shard 2 of 2 is judged by its tests' records alone, without what hooks and workers closed or left behind: its leak data was written by a newer release.",
    ]);
    expect(joined.gate.reasons).toEqual(['shard 2 of 2 without its leak data']);
  });

  it('is inconclusive, and not empty-handed, without any shard', () => {
    expect(joinShards([], MERGE)).toMatchObject({ verdict: 'inconclusive', gate: { failOn: 'leak' }, environment: { node: 'v0' } });
  });
});

describe('the workers of shards without leak data', () => {
  const places = (shards: readonly Shard[]): number[] => joinShards(shards, MERGE).tests.map(({ workerIndex }) => workerIndex);
  const first = aShard('1/2', runOf([0, 1, 2]));

  it('keep the numbers that Playwright gave them', () => {
    expect(places([first, bare(null, [aResult({ id: 'x', workerIndex: 3 }), aResult({ id: 'y', workerIndex: 4 })])]).slice(6)).toEqual([
      3, 4,
    ]);
  });

  it('are numbered through where an older Playwright did not', () => {
    expect(places([first, bare(null, [aResult({ id: 'x', workerIndex: 0 }), aResult({ id: 'y', workerIndex: 1 })])]).slice(6)).toEqual([
      3, 4,
    ]);
  });

  it('are none for a test that was skipped without one', () => {
    const skipped = aResult({ id: 'x', workerIndex: 2, status: 'skipped', record: null });
    expect(places([first, bare(null, [skipped, aResult({ id: 'y', workerIndex: 3 })])]).slice(6)).toEqual([-1, 3]);
    expect(places([first, aShard('2/2', anInput([{ ...skipped, workerIndex: -1 }]))]).slice(6)).toEqual([-1]);
  });
});
