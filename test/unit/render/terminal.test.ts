import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { causesOf } from '../../../src/core/scenarioCauses.ts';
import { renderTerminal } from '../../../src/render/terminal.ts';
import { END, START, aBaseline, aFinding, aKnownLeak, anInput, aRecord, aResult, journals } from '../core/reportSamples.ts';
import { hostileReport } from './hostileReport.ts';
import { scenario } from './sampleReports.ts';

const SOURCE = `${'\n'.repeat(43)}  const name = await download(page);\n  const fd = fs.openSync(name, 'r');\n  use(fd);\n`.split('\n');
const screen = { columns: 110, color: false, source: () => SOURCE, reportPath: 'leak-report/report.json' };
const leaky = aResult({ record: aRecord([aFinding('a')]) });

function render(...args: Parameters<typeof anInput>): string {
  return renderTerminal(buildReport(anInput(...args)), screen);
}

describe('the verdict on a terminal', () => {
  it('shows a leak with its test, its line, its code and what to do, and ends with the gate', () => {
    const late = aFinding('b', {
      kind: 'browser',
      severity: 'late',
      summary: 'browser chromium closed 412 ms after its test',
      hint: 'await its close before the test ends',
    });
    const text = render([leaky, aResult({ id: 'id-2', title: 'scans', titlePath: ['scan.spec.ts', 'scans'], record: aRecord([late]) })]);
    expect(text).toBe(`leak · 2 tests · 1 worker · 1 leak in 1 test · 1 late

LEAK  fd · /tmp/orders.csv is still open                              checkout.spec.ts:41 › exports the orders
      opened at checkout.spec.ts:45:17
        44 |   const name = await download(page);
      > 45 |   const fd = fs.openSync(name, 'r');
           |                 ^
        46 |   use(fd);
      close it in a finally block

LATE  browser · chromium closed 412 ms after its test                              checkout.spec.ts:41 › scans
      checkout.spec.ts:45:17: await its close before the test ends

worker 0   fds 24 → 24   processes 6 → 6   handles 9 → 9   heap 44 → 44 MB

2 passed (1.2s) · leak checks 1.0 ms a test
GATE FAILED  1 new leak, 0 allowed · leak-report/report.json
`);
  });

  it('is short when nothing leaks', () => {
    expect(render([aResult()]).split('\n')).toMatchObject({
      0: 'leak · 1 test · 1 worker · no leaks',
      5: 'GATE PASSED  0 new leaks, 0 allowed · leak-report/report.json',
    });
  });

  it('shows one leak of many tests once, with their number', () => {
    const results = Array.from({ length: 30 }, (_, index) =>
      aResult({ id: String(index), record: aRecord([aFinding(String(index), { fingerprint: 'same' })]) }),
    );
    const text = render(results);
    expect(text.match(/^LEAK /gm)).toHaveLength(1);
    expect(text).toContain('(30 times)');
    expect(text).toContain('and 29 more tests');
    expect(text).toContain('30 new leaks');
  });

  it('shows at most 20 leaks in full and says how many more there are', () => {
    const findings = Array.from({ length: 25 }, (_, index) => aFinding(String(index)));
    const text = render([aResult({ record: aRecord(findings) })]);
    expect(text.match(/^LEAK /gm)).toHaveLength(20);
    expect(text).toContain('and 5 more, see report.json');
  });

  it('names what was not measured once per reason', () => {
    const start = START.replace(
      '[{"name":"fds","available":true}]',
      '[{"name":"fds","available":false,"reason":"no /proc"},{"name":"processes","available":false,"reason":"no /proc"}]',
    );
    expect(render([aResult()], { journals: journals(start, END) })).toContain('not measured here: fds, processes (no /proc)');
  });

  it('says which of tests and gate failed', () => {
    const outcomes = { passed: 0, failed: 1, skipped: 0, flaky: 0, errors: 2 };
    const text = render([aResult()], { run: { status: 'failed', durationMs: 1, partial: null }, outcomes });
    expect(text).toContain('TESTS FAILED  1 failed, 2 errors outside of tests\nGATE PASSED  0 new leaks');
    expect(render([aResult()], { run: { status: 'interrupted', durationMs: 1, partial: null } })).toContain(
      'RUN INTERRUPTED  no test failed',
    );
    expect(render([leaky], { failOn: 'never' })).toContain('GATE PASSED  1 new leak, 0 allowed, nothing gates (failOn: never)');
  });

  it('tells of a died worker, an inconclusive test and what was lost', () => {
    const text = render([aResult(), aResult({ id: 'x', title: 'dies', status: 'failed', record: null })], {
      journals: journals(START),
      notes: ['Something was lost.'],
    });
    expect(text).toContain('1 inconclusive');
    expect(text).toMatch(/\? {5}checkout\.spec\.ts:41 › dies: Its worker ended before it could be checked\./);
    expect(text).toContain('leak · Something was lost.');
    expect(text).toContain('leak · worker 0: It ended without finishing its checks');
  });

  it('names the tests of a note, once for those it is said of, and does not repeat one that was given as a reason', () => {
    const off = aRecord([], { notes: ['It was not checked.'] });
    const text = render([
      aResult({ id: 'a', title: 'is off', record: off }),
      aResult({ id: 'b', title: 'is off too', record: off }),
      aResult({ id: 'c', title: 'leaks', record: aRecord([aFinding('a')], { notes: ['Its heap was not judged.'] }) }),
      aResult({ id: 'd', title: 'is lost', record: aRecord([], { verdict: 'inconclusive', notes: ['It was lost.'] }) }),
    ]);
    expect(text.match(/^(?:leak ·|\?) .*\.$/gm)).toEqual([
      '?     checkout.spec.ts:41 › is lost: It was lost.',
      'leak · checkout.spec.ts:41 › is off and 1 more test: It was not checked.',
      'leak · checkout.spec.ts:41 › leaks: Its heap was not judged.',
    ]);
  });

  it('leaves out the test of an inconclusive scenario, which tells of itself', () => {
    const text = render([aResult({ record: aRecord([], { scenarios: [scenario({ failed: false, verdict: 'inconclusive' })] }) })]);
    expect(text).toContain('1 inconclusive');
    expect(text).toMatch(/\? {5}scenario drawer/);
    expect(text).not.toContain('The reason is not known');
  });

  it('says that known leaks are gone, and what to do about it, above the totals', () => {
    const baseline = aBaseline(aKnownLeak('f-a'), aKnownLeak('f-b'), aKnownLeak('f-c', { tests: ['elsewhere.spec.ts › not here'] }));
    const run = { status: 'passed', durationMs: 1000, partial: 'only some tests were chosen (-g x)' } as const;
    expect(render([leaky], { baseline, run, failOn: 'new' })).toMatch(
      /\nleak · 1 known leak is gone: npx leak baseline --prune\n\n1 passed \(1\.0s\).*\nGATE PASSED {2}0 new leaks, 1 known, 0 allowed/,
    );
    expect(render([leaky], { baseline: aBaseline(aKnownLeak('f-a')), failOn: 'new' })).not.toContain('prune');
  });

  it('calls a scenario known when the baseline knows all that is wrong with it', () => {
    const record = aRecord([], { scenarios: [scenario()] });
    const [cause] = causesOf(scenario(), { file: 'checkout.spec.ts', titlePath: aResult().titlePath });
    const baseline = aBaseline(aKnownLeak(cause?.fingerprint ?? '', { kind: 'scenario' }));
    const text = render([aResult({ record })], { baseline, failOn: 'new' });
    expect(text).toContain('\nKNOWN scenario drawer · 1000 iterations');
    expect(text).toContain('GATE PASSED  0 new leaks, 0 allowed, 1 known failing scenario');
    expect(render([aResult({ record })])).toContain('\nLEAK  scenario drawer · 1000 iterations');
  });

  it('explains the outside view only where it was needed', () => {
    const outside = { byResult: new Map(), byWorker: new Map(), observed: new Set([0]) };
    expect(render([aResult({ record: null })], { journals: new Map(), outside })).toContain(
      "import { test, expect } from 'leak/fixtures';",
    );
    expect(render([aResult()])).not.toContain('leak/fixtures');
  });

  it('lets no title, path or command change the terminal', () => {
    const evil = 'a\u001b[2J\u001b]0;x\u0007\nb\r\u202ec\u0000';
    const record = aRecord([aFinding('a', { summary: evil, hint: evil, origin: { file: `/suite/${evil}`, line: 1, column: 1 } })]);
    const text = render([aResult({ title: evil, titlePath: ['a.spec.ts', evil], file: `/suite/${evil}`, project: evil, record })]);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text).toContain('a\\x1b[2J\\x1b]0;x\\x07\\nb\\r\\u202ec\\x00');
    expect(renderTerminal(hostileReport(), screen)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|\p{Surrogate}/u);
  });

  it('keeps within the width whatever comes, but for code and words that cannot be broken', () => {
    const long = 'word '.repeat(4000);
    const record = aRecord([aFinding('a', { summary: long, hint: long, origin: null })]);
    const text = renderTerminal(buildReport(anInput([aResult({ title: long, titlePath: ['a.spec.ts', long], record })])), {
      columns: 60,
      color: false,
    });
    expect(Math.max(...text.split('\n').map((row) => row.length))).toBeLessThanOrEqual(80);
    expect(text.length).toBeLessThan(3000);
  });

  it('says the same with and without colours', () => {
    const report = buildReport(anInput([leaky]));
    const coloured = renderTerminal(report, { ...screen, color: true });
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toBe(renderTerminal(report, screen));
  });

  it('leaves the code frame out when the source is gone, shorter than it was, or minified', () => {
    const report = buildReport(anInput([leaky]));
    for (const source of [undefined, 'one line', `${'\n'.repeat(44)}${'x'.repeat(5000)}`]) {
      const text = renderTerminal(report, { ...screen, source: () => source?.split('\n') });
      expect(text).toContain('opened at checkout.spec.ts:45:17\n      close it in a finally block');
    }
  });
});
