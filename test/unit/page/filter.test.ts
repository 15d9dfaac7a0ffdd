import { describe, expect, it } from 'vitest';
import { findingIn, linkTo } from '../../../src/page/deepLink.ts';
import { createSearchIndex, isFiltered, NO_FILTER, select, type Filter } from '../../../src/page/filter.ts';
import { createModel } from '../../../src/page/model.ts';
import { buildPageData } from '../../../src/render/buildPageData.ts';
import { finding, report, scenario, test } from '../render/sampleReports.ts';

const base = report(
  [
    test(0, { findings: [finding(0)] }),
    test(1, { workerIndex: 1, findings: [finding(2, { status: 'known' })] }),
    test(4, { workerIndex: 1, verdict: 'inconclusive' }),
    test(6, { findings: [finding(0), finding(4, { severity: 'late' })] }),
  ],
  { scenarios: [scenario(), scenario({ name: 'checkout', failed: false, verdict: 'pass', testId: '4-abcdef0123456789' })] },
);
const hooked = { ...base, workers: base.workers.map((worker, index) => (index === 0 ? { ...worker, findings: [finding(1)] } : worker)) };
const model = createModel(buildPageData(hooked, () => undefined));
const index = createSearchIndex(model);

/** Kinds of the findings, numbers of the tests by worker, workers, and names of the scenarios that pass. */
function pass(filter: Partial<Filter>) {
  const selection = select(model, index, { ...NO_FILTER, ...filter });
  return {
    kinds: selection.findings.map((group) => model.data.findings[group]?.kind),
    tests: selection.testsOf,
    workers: selection.workers,
    scenarios: selection.scenarios.map((at) => model.data.scenarios[at]?.name),
  };
}

describe('the filter of the page', () => {
  it('lets everything through when it is empty', () => {
    expect(pass({})).toEqual({
      kinds: ['fd', 'process', 'handle', 'browser'],
      tests: [
        [0, 3],
        [1, 2],
      ],
      workers: [0, 1],
      scenarios: ['drawer', 'checkout'],
    });
    expect(isFiltered({ ...NO_FILTER, text: '  ' })).toBe(false);
  });

  it('wants every word, in any order and case, of a finding or of a test that shows it', () => {
    expect(pass({ text: 'OPEN 34197' }).kinds).toEqual(['handle']);
    expect(pass({ text: 'customer area-6' })).toMatchObject({ kinds: ['fd', 'browser'], tests: [[3], []], workers: [0] });
    expect(pass({ text: 'open nothing' })).toEqual({ kinds: [], tests: [[], []], workers: [], scenarios: [] });
  });

  it('finds what a worker left behind, without any of its tests', () => {
    expect(pass({ text: 'pid 4711' })).toMatchObject({ kinds: ['process'], tests: [[], []], workers: [0] });
  });

  it('goes by kind, and by what is new, known, late or inconclusive', () => {
    expect(pass({ kind: 'fd' })).toMatchObject({ kinds: ['fd'], tests: [[0, 3], []], scenarios: [] });
    expect(pass({ status: 'known' })).toMatchObject({ kinds: ['handle'], tests: [[], [1]] });
    expect(pass({ status: 'late' })).toMatchObject({ kinds: ['browser'], tests: [[3], []] });
    expect(pass({ status: 'inconclusive' })).toMatchObject({ kinds: [], tests: [[], [2]] });
    expect(pass({ status: 'new' })).toMatchObject({ kinds: ['fd', 'process'], scenarios: ['drawer'] });
  });

  it('goes by project and file of the tests, and by the file of the origin', () => {
    expect(pass({ project: 'firefox' })).toMatchObject({ kinds: [], tests: [[], [2]], workers: [1], scenarios: ['checkout'] });
    expect(pass({ file: 'area-6/orders.spec.ts' })).toMatchObject({ kinds: ['fd', 'browser'], tests: [[3], []] });
    expect(pass({ file: 'area-0/orders.spec.ts' })).toMatchObject({ kinds: ['fd'], tests: [[0], []] });
  });
});

describe('a link to a finding', () => {
  it.each(['3fa0', 'a b%/#"<'])('leads back to %s', (id) => {
    expect(findingIn(linkTo(id))).toBe(id);
  });

  it.each(['', '#findings', '#finding-%E0%A4%A'])('is not %s', (hash) => {
    expect(findingIn(hash)).toBeNull();
  });
});
