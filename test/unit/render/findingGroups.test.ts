import { describe, expect, it } from 'vitest';
import { groupFindings } from '../../../src/render/findingGroups.ts';
import { renderSarif } from '../../../src/render/sarif.ts';
import { renderTerminal } from '../../../src/render/terminal.ts';
import { finding, report, test } from './sampleReports.ts';

const leak = { findings: [finding(0)] };
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
  });
});
