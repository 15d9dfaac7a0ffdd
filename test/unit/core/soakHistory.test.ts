import { describe, expect, it } from 'vitest';
import { DEFAULT_CRITERIA } from '../../../src/core/criteria.ts';
import { isContinued, SoakHistory } from '../../../src/core/soakHistory.ts';
import {
  decodeSoakEntry,
  encodeSoakEntry,
  SoakJournalError,
  soakJournalName,
  type SoakEntry,
  type SoakHeader,
  type SoakSegment,
} from '../../../src/core/soakJournal.ts';
import type { SoakPlan } from '../../../src/core/soakPlan.ts';

const PLAN: SoakPlan = { iterations: 100, concurrency: 2, errorRate: 0.1, seed: 7, directory: '/soak', resume: false };
const DRAWER = { name: 'drawer', testId: 'a1', file: 'a.spec.ts' };
const HEADER: SoakHeader = { type: 'header', version: 1, ...DRAWER, seed: 7, startedAt: '2026-11-21T13:00:00.000Z', plan: PLAN };
const NO_ERRORS = { count: 0, unhandled: 0, messages: [] };

const begin = (segment: number): SoakEntry => ({
  type: 'segment',
  segment,
  pid: 42,
  startedAt: '',
  iterations: 100,
  criteria: DEFAULT_CRITERIA,
  plan: PLAN,
});
const sample = (segment: number, iteration: number, fds: number | null): SoakEntry => ({
  ...{ type: 'sample', segment, iteration, elapsedMs: iteration * 10, reading: { fds }, latency: [3, 1], errors: NO_ERRORS },
});
const written = (...entries: SoakEntry[]): string => entries.map(encodeSoakEntry).join('');

function historyOf(text: string): SoakHistory {
  const history = new SoakHistory();
  history.read(text);
  history.finish();
  return history;
}

const KILLED = written(HEADER, begin(0), { type: 'warmUp', segment: 0, iterations: 5, elapsedMs: 9 }, sample(0, 0, 24), sample(0, 10, 26));

describe('entries of a soak journal', () => {
  it.each<SoakEntry>([
    HEADER,
    begin(3),
    { ...begin(3), criteria: { ...DEFAULT_CRITERIA, memoryGrowth: Infinity, gateOn: ['p95'] } } as SoakEntry,
    { type: 'warmUp', segment: 0, iterations: 5, elapsedMs: 9 },
    {
      type: 'sample',
      segment: 1,
      iteration: 9,
      elapsedMs: 1,
      reading: { fds: 1, x: null },
      latency: null,
      errors: { count: 1, unhandled: 2, messages: ['no'] },
    },
    { type: 'end', segment: 0, cutShort: null },
    { type: 'end', segment: 0, cutShort: 'cut short: SIGTERM' },
  ])('come out as they went in: %j', (entry) => {
    expect(decodeSoakEntry(encodeSoakEntry(entry).trimEnd())).toEqual(entry);
  });

  it.each([
    '',
    '{"type":"sample","segm',
    '[]',
    '7',
    '{"type":"sample","segment":0}',
    '{"type":"dance","segment":0}',
    '{"type":"header","version":1}',
  ])('are not %j', (line) => {
    expect(decodeSoakEntry(line)).toBeNull();
  });

  it('take what is no number for not measured', () => {
    const entry = decodeSoakEntry('{"type":"sample","segment":0,"iteration":1,"elapsedMs":2,"reading":{"fds":"many","heap":null}}');
    expect(entry).toMatchObject({ reading: { fds: null, heap: null }, latency: null, errors: NO_ERRORS });
  });
});

describe('the name of a journal', () => {
  it('can be read, and belongs to one scenario of one test', () => {
    const names = [DRAWER, { ...DRAWER, testId: 'a2' }, { ...DRAWER, name: 'Drawer!' }, { ...DRAWER, name: '引き出し' }].map(
      soakJournalName,
    );
    expect(names.map((name) => name.replace(/[0-9a-f]{12}/, '…'))).toEqual([
      'drawer-….jsonl',
      'drawer-….jsonl',
      'drawer-….jsonl',
      'scenario-….jsonl',
    ]);
    expect(new Set(names).size).toBe(4);
  });

  it('is no way out of the folder, and of bounded length', () => {
    expect(soakJournalName({ ...DRAWER, name: '../../etc/passwd' })).toMatch(/^etc-passwd-[0-9a-f]{12}\.jsonl$/);
    expect(soakJournalName({ ...DRAWER, name: 'x'.repeat(10_000) }).length).toBeLessThan(80);
  });
});

describe('the history of a soak', () => {
  it('is the same in whatever pieces the journal is read', () => {
    const pieces = new SoakHistory();
    for (const letter of KILLED) pieces.read(letter);
    expect(pieces.series.points).toEqual(historyOf(KILLED).series.points);
    expect(pieces).toMatchObject({ segment: 0, warmUp: 5, damaged: 0 });
  });

  it('keeps all but the last line of a journal that was cut in the middle of it', () => {
    const history = historyOf(KILLED.slice(0, -30));
    expect(history.series.last).toMatchObject({ iteration: 0, fds: 24 });
    expect(history.damaged).toBe(1);
  });

  it('goes on behind a line that was cut short, in the next process', () => {
    const history = historyOf(`${KILLED}{"type":"sam\n${written(begin(1), sample(1, 10, 20), sample(1, 20, 21))}`);
    expect(history).toMatchObject({ damaged: 1, segment: 1 });
    expect(history.series.last).toMatchObject({ iteration: 20, fds: 27 });
  });

  it('joins the processes: growth within them counts, jumps between them do not, and a moment read twice is one point', () => {
    const { series } = historyOf(
      KILLED + written(begin(1), sample(1, 10, 80), sample(1, 20, 83), begin(2), sample(2, 20, 10), sample(2, 30, 10)),
    );
    expect(series.points).toEqual([
      { iteration: 0, fds: 24 },
      { iteration: 10, fds: 26 },
      { iteration: 20, fds: 29 },
      { iteration: 30, fds: 29 },
    ]);
    expect(series).toMatchObject({ elapsedMs: 300, levels: { fds: 29 }, readings: { fds: 10 }, joins: [10, 20] });
  });

  it('joins across a process that could not read the metric', () => {
    const { series } = historyOf(
      KILLED + written(begin(1), sample(1, 10, null), sample(1, 20, null), begin(2), sample(2, 20, 50), sample(2, 30, 51)),
    );
    expect(series.points.map((point) => point['fds'])).toEqual([24, 26, 26, 27]);
  });

  it('has the plan of the latest process, and that of the header where an older leak has written none', () => {
    const { iterations: _, ...rest } = PLAN;
    const longer: SoakPlan = { ...rest, durationMs: 72 * 3_600_000, resume: true };
    expect(new SoakHistory().plan).toBeUndefined();
    const resumed = KILLED + written({ ...begin(1), plan: longer } as SoakEntry);
    expect([KILLED, resumed, resumed + written(begin(2))].map((text) => historyOf(text).plan)).toEqual([PLAN, longer, PLAN]);
    const { plan: __, ...old } = begin(2) as SoakSegment;
    expect(historyOf(`${resumed}${JSON.stringify(old)}\n`).plan).toEqual(longer);
    expect(historyOf(`${written(HEADER)}${JSON.stringify(old)}\n`)).toMatchObject({ plan: PLAN, segment: 2, damaged: 0 });
  });

  it('says whether the latest process has ended, and why', () => {
    const ended = written({ type: 'end', segment: 0, cutShort: 'cut short: SIGTERM' });
    expect(historyOf(KILLED).end).toBeUndefined();
    expect(historyOf(KILLED + ended).end?.cutShort).toBe('cut short: SIGTERM');
    expect(historyOf(KILLED + ended + written(begin(1))).end).toBeUndefined();
  });

  it('is not turned back by a process that still ran when the next one had begun, and does not end with it', () => {
    const orphaned = written(sample(0, 20, 90), { type: 'end', segment: 0, cutShort: 'cut short: leak soak itself was killed' });
    const resumed = written({ ...begin(1), pid: 43 } as SoakEntry, sample(1, 10, 50), sample(1, 30, 51));
    const clean = historyOf(KILLED + resumed);
    const history = historyOf(KILLED + resumed + orphaned);
    expect([history.segment, history.pid, history.end]).toEqual([1, 43, undefined]);
    expect(history.series.points).toEqual(clean.series.points);
  });

  it('is bounded, however long the journal is, and keeps its first and its last point', () => {
    const history = historyOf(written(HEADER, begin(0)));
    for (let index = 0; index < 20_000; index += 1) history.read(encodeSoakEntry(sample(0, index, index)));
    const { points, latencies } = history.series;
    expect(points.length).toBeGreaterThan(150);
    expect(points.length).toBeLessThanOrEqual(401);
    expect([points[0]?.iteration, points.at(-1)?.iteration]).toEqual([0, 19_999]);
    expect(points.every(({ iteration }, index) => index === 0 || iteration > (points[index - 1]?.iteration ?? NaN))).toBe(true);
    expect(latencies.length).toBeLessThanOrEqual(80);
    expect(new Set(latencies.slice(0, -1).map(([, count]) => count)).size).toBe(1);
    expect(latencies.reduce((sum, [, count]) => sum + (count ?? 0), 0)).toBe(20_000);
  });

  it('does not wait for the end of a line that has none', () => {
    const history = historyOf(written(HEADER, begin(0)));
    for (let index = 0; index < 50; index += 1) history.read('x'.repeat(100_000));
    expect(history.damaged).toBe(1);
  });

  it('refuses a journal of another version', () => {
    const text = KILLED.replace('"version":1', '"version":2');
    expect(() => historyOf(text)).toThrow(SoakJournalError);
    expect(() => historyOf(text)).toThrow(
      'it has version 2 and this leak reads version 1: resume it with the leak that began it, or begin anew without --resume',
    );
  });
});

describe('a continuation', () => {
  const outcome = (text: string, scenario: object, plan: object): string => {
    try {
      return String(isContinued(historyOf(text), { ...DRAWER, ...scenario }, { ...PLAN, ...plan }));
    } catch (error) {
      expect(error).toBeInstanceOf(SoakJournalError);
      return (error as Error).message;
    }
  };

  it('may run longer, under other limits, in another folder', () => {
    expect(outcome(KILLED, { file: 'moved.spec.ts' }, { iterations: 500, fdLimit: 100, directory: '/elsewhere', resume: true })).toBe(
      'true',
    );
  });

  it('is one of the same soak, and of none where the journal is of before there were names for them', () => {
    const named = written({ ...HEADER, plan: { ...PLAN, id: 'monday' } });
    expect(outcome(named, {}, { id: 'monday' })).toBe('true');
    expect([outcome(named, {}, { id: 'tuesday', seed: 8 }), outcome(named, {}, {}), outcome(KILLED, {}, { id: 'tuesday' })]).toEqual([
      ...['false', 'false', 'false'],
    ]);
  });

  it.each([
    [{ name: 'shelf' }, {}, 'it belongs to the scenario "drawer" of a.spec.ts, not to "shelf" of a.spec.ts'],
    [{ testId: 'b2', file: 'b.spec.ts' }, {}, 'not to "drawer" of b.spec.ts'],
    [{}, { seed: 8 }, 'it was begun with --seed 7, and this run has 8'],
    [{}, { concurrency: 1 }, 'resume with --concurrency 2'],
    [{}, { errorRate: 0 }, 'begun with --error-rate 0.1'],
  ])('is refused to %j with %j', (scenario, plan, sentence) => {
    expect(outcome(KILLED, scenario, plan)).toContain(sentence);
  });

  it('is refused where there is no journal in the file', () => {
    expect(outcome('once upon a time\n', {}, {})).toContain('it is no journal of leak soak');
  });
});
