import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { groupFindings } from '../../../src/render/findingGroups.ts';
import { renderGithub } from '../../../src/render/github.ts';
import { OUTPUTS } from '../../../src/render/outputs.ts';
import { renderSarif } from '../../../src/render/sarif.ts';
import { renderTerminal } from '../../../src/render/terminal.ts';
import { finding, report, test } from './sampleReports.ts';

const leak = { findings: [finding(0)] };
const screen = { columns: 200, color: false };
const [a, b] = [test(1, leak), test(2, leak)];
const again = { ...leak, retry: 1 };

describe('the owners of a leak', () => {
  it('are counted once each, also where attempts of several tests come in turns', () => {
    const run = report([b, a, test(1, again), test(2, again)]);
    const [group, ...others] = groupFindings(run);
    expect(others).toEqual([]);
    expect(group).toMatchObject({ count: 4, owners: [{ test: b }, { test: a }] });
    const text = renderTerminal(run, { columns: 200, color: false, source: () => undefined });
    expect(text).toMatch(/customer 2 and 1 more test$/m);
    expect(renderSarif(run, { repositoryPath: (file) => file, version: '1.2.3' })).toContain('"tests": 2');
  });

  it('are as many as there are tests, and a worker is none of them', () => {
    const run = report([a, b, test(3, leak)]);
    const workers = run.workers.map((worker) => ({ ...worker, ...leak }));
    expect(groupFindings({ ...run, workers })[0]?.owners.map(({ type }) => type)).toEqual(['test', 'test', 'test', 'worker']);
    const text = renderTerminal({ ...run, workers }, screen);
    expect(text).toMatch(/ in 3 tests and 1 worker\n/);
    expect(text).toMatch(/customer 1 and 2 more tests and 1 more worker$/m);
    const [worker] = workers;
    const ofRun = worker === undefined ? [] : [{ ...worker, workerIndex: -1 }];
    expect(renderTerminal({ ...run, tests: [test(1)], workers: ofRun }, screen)).toMatch(/ in the run itself\n/);
  });
});

describe('a group of findings', () => {
  const other = finding(0, { summary: '/etc/passwd is still open', count: 2 });
  const shown = (...findings: readonly Finding[]) => renderTerminal(report([test(1, { findings })]), screen);

  it('says how many there are of one name', () => {
    expect(shown(finding(0), finding(0, { count: 2 }))).toContain('/tmp/orders.csv is still open (3 times)');
    expect(shown(finding(0), finding(0))).not.toContain('also ');
  });

  it('does not count under the name of the first what is of another, and names it', () => {
    const text = shown(finding(0), other, other);
    expect(text).toContain('/tmp/orders.csv is still open, and 4 more from the same line');
    expect(text).toMatch(/^ {6}also \/etc\/passwd is still open$/m);
    expect(text).not.toContain('times)');
    expect(shown(finding(0, { origin: null }), { ...other, origin: null })).toContain('open, and 2 more like it');
  });

  it('is told alike by the files for CI', () => {
    const run = report([test(1, { findings: [finding(0, { count: 2, evidence: { others: ['/etc/passwd is still open'] } })] })]);
    const context = { repositoryPath: (file: string) => file };
    for (const { render } of Object.values(OUTPUTS)) expect(render(run, context)).toContain('is still open, and 1 more from the same line');
    expect(renderGithub(run, context)).toContain('is still open, and 1 more from the same line');
  });
});
