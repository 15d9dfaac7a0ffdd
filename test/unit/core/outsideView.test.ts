import { describe, expect, it } from 'vitest';
import { WorkerTimeline, type OutsideResource, type OutsideTest } from '../../../src/core/outsideView.ts';

function file(path: string): OutsideResource {
  return { key: `fd:9:file:${path}`, kind: 'fd', type: 'file', label: path, bornAt: null, evidence: { path } };
}

function child(pid: number, bornAt: number, type = 'process'): OutsideResource {
  return { key: `process:${String(pid)}:1`, kind: 'process', type, label: `pid ${String(pid)}`, bornAt, evidence: { pid } };
}

function aTest(result: number, startedAt: number, fields: Partial<OutsideTest> = {}): OutsideTest {
  return {
    result,
    title: `test ${String(result)}`,
    startedAt,
    lastingFixture: false,
    fixtureLaunches: 0,
    launches: [],
    closes: 0,
    ...fields,
  };
}

/** Which summaries each test is charged with. */
function charged(timeline: WorkerTimeline): Record<string, string[]> {
  return Object.fromEntries(
    [...timeline.findings().byResult].map(([result, findings]) => [
      result,
      findings.map(({ evidence }) => JSON.stringify(evidence['label']).slice(1, -1)),
    ]),
  );
}

const line = { file: '/suite/a.spec.ts', line: 7, column: 3 };

describe('the outside view', () => {
  it('charges the test after which a file is first seen and that survives; one that is closed later is nobody’s', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak'), file('/hook')], 100);
    timeline.endTest(aTest(1, 100), [file('/leak')], 200);
    expect(charged(timeline)).toEqual({ 0: ['/leak'] });
  });

  it('does not charge what was there before the first test', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([file('/module')], 0);
    timeline.endTest(aTest(0, 0), [file('/module')], 100);
    expect(charged(timeline)).toEqual({});
  });

  it('does not charge what was seen only once, unless a second look confirms it', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak'), file('/closing')], 100);
    expect(charged(timeline)).toEqual({});
    timeline.lookAgain(new Set([file('/leak').key]), 102);
    expect(charged(timeline)).toEqual({ 0: ['/leak'] });
  });

  it('does not charge an earlier test with what is gone at a second look: a hook was closing it', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/hook')], 100);
    timeline.endTest(aTest(1, 100), [file('/hook')], 200);
    expect(timeline.hasSuspects()).toBe(true);
    timeline.lookAgain(new Set(), 202);
    expect(timeline.hasSuspects()).toBe(false);
    expect(charged(timeline)).toEqual({});
  });

  it('suspects nothing that could not count if it stayed', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([file('/module')], 0);
    timeline.endTest(
      aTest(0, 0, { lastingFixture: true, fixtureLaunches: 1 }),
      [file('/module'), file('/fixture'), child(5, 50, 'browser')],
      100,
    );
    expect(timeline.hasSuspects()).toBe(false);
    timeline.endTest(aTest(1, 100), [file('/leak')], 200);
    expect(timeline.hasSuspects()).toBe(true);
  });

  it('takes a process that ended with its worker for late, and one that is there still for a leak', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    for (const result of [0, 1]) timeline.endTest(aTest(result, result * 100), [child(5, 20), child(6, 30)], result * 100 + 99);
    expect(timeline.processes()).toEqual([child(5, 20).key, child(6, 30).key]);
    expect(timeline.findings(new Map([[child(5, 20).key, 449]])).byResult.get(0)).toMatchObject([
      { severity: 'late', summary: 'process pid 5 ended at most 250 ms after the last test of its worker', evidence: { lateMs: 250 } },
      { severity: 'leak', evidence: { pid: 6 } },
    ]);
  });

  it('does not charge what a worker fixture may have opened', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0, { lastingFixture: true }), [file('/fixture')], 100);
    timeline.endTest(aTest(1, 101), [file('/fixture'), file('/leak')], 200);
    timeline.endTest(aTest(2, 201), [file('/fixture'), file('/leak')], 300);
    expect(charged(timeline)).toEqual({ 1: ['/leak'] });
  });

  it('says so when the look came so late that the next test may have opened it', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak')], 100);
    timeline.endTest(aTest(1, 90), [file('/leak')], 200);
    const [finding] = timeline.findings().byResult.get(0) ?? [];
    expect(finding).toMatchObject({ scope: 'test', evidence: { openedInOneOf: ['test 1'] } });
    expect(finding?.hint).toMatch(/may have been opened in “test 1” instead/);
  });

  it('lets a look lag longer behind a long test', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak')], 2080);
    timeline.endTest(aTest(1, 2000), [file('/leak')], 2200);
    expect(charged(timeline)).toEqual({ 0: ['/leak'] });
  });

  it('names other tests without the secrets in their titles', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak')], 100);
    timeline.endTest(aTest(1, 90, { title: 'opens /?token=hunter2' }), [file('/leak')], 200);
    expect(JSON.stringify([...timeline.findings().byResult])).toMatch(/^(?!.*hunter2).*“opens \/\?token=\[redacted\]”/);
  });

  it.each([
    ['lagged far behind', [60]],
    ['came after several tests', [90, 95]],
  ])('accuses no test when the look %s: it names them all, at the worker', (_, starts) => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [file('/leak')], 100);
    for (const [index, start] of starts.entries()) timeline.endTest(aTest(index + 1, start), [file('/leak')], 200 + index);
    const { byResult, ofWorker } = timeline.findings();
    expect(byResult.size).toBe(0);
    const openedInOneOf = ['test 0', ...starts.map((__, index) => `test ${String(index + 1)}`)];
    expect(ofWorker).toMatchObject([{ scope: 'worker', evidence: { openedInOneOf } }]);
  });

  it('charges a process to the test in which it was born, however late the look', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0), [child(5, 80)], 100);
    timeline.endTest(aTest(1, 60), [child(5, 80)], 200);
    expect(charged(timeline)).toEqual({ 1: ['pid 5'] });
  });

  it('takes the first browser of the browser fixture for shared', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0, { fixtureLaunches: 1 }), [child(5, 50, 'browser')], 100);
    timeline.endTest(aTest(1, 100), [child(5, 50, 'browser')], 200);
    expect(charged(timeline)).toEqual({});
  });

  it('charges a browser that a test launched and did not close, at its line', () => {
    const timeline = new WorkerTimeline();
    const both = [child(5, 50, 'browser'), child(6, 150, 'browser')];
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0, { fixtureLaunches: 1 }), both.slice(0, 1), 100);
    timeline.endTest(aTest(1, 100, { launches: [line] }), both, 200);
    timeline.endTest(aTest(2, 200), both, 300);
    expect(timeline.findings().byResult.get(1)).toMatchObject([{ kind: 'browser', origin: line, evidence: { pid: 6 } }]);
    expect(timeline.findings().byResult.size).toBe(1);
  });

  it('does not charge a browser that the test has begun to close', () => {
    const timeline = new WorkerTimeline();
    timeline.begin([], 0);
    timeline.endTest(aTest(0, 0, { launches: [line], closes: 1 }), [child(6, 50, 'browser')], 100);
    timeline.endTest(aTest(1, 100), [child(6, 50, 'browser')], 200);
    expect(charged(timeline)).toEqual({});
  });

  it('gives a leak the same fingerprint in every run', () => {
    const run = (pid: number): string | undefined => {
      const timeline = new WorkerTimeline();
      timeline.begin([], 0);
      timeline.endTest(aTest(0, 0), [child(pid, 50)], 100);
      timeline.endTest(aTest(1, 100), [child(pid, 50)], 200);
      return timeline.findings().byResult.get(0)?.[0]?.fingerprint;
    };
    expect(run(4711)).toBe(run(815));
    expect(run(4711)).toMatch(/^[0-9a-f]{16}$/);
  });
});
