import { describe, expect, it } from 'vitest';
import { pageFinding, type PageGrowth } from '../../../src/core/pageGrowth.ts';
import type { Place } from '../../../src/core/assemble.ts';

const PLACE: Place = {
  scope: 'test',
  test: { file: '/suite/a.spec.ts', titlePath: ['the drawer survives'] },
  relative: (file) => file.replace('/suite/', ''),
  sourceLine: () => null,
};

const GROWTH: PageGrowth = {
  page: 'shop.html',
  url: 'http://127.0.0.1:4000/shop.html?token=hunter2',
  domNodes: 600,
  documents: 0,
  listeners: 300,
  heapBytes: 54_321,
  classes: [
    {
      name: 'Row',
      count: 300,
      bytes: 6000,
      retainers: ['[1] of blink::HeapVectorBacking', '[150] of Array', 'rows of {rows, nodes}', 'registry of a closure’s scope'],
    },
  ],
  sites: [],
};

describe('the finding of a page that grew', () => {
  it('says what is more, of which class there is more, and what keeps it', () => {
    const finding = pageFinding(GROWTH, PLACE);
    expect(finding).toMatchObject({ kind: 'heap', severity: 'leak', status: 'new', scope: 'test', bytes: 54_321, origin: null });
    expect(finding.summary).toBe('page shop.html keeps 600 DOM nodes, 300 event listeners, 54.3 kB of JavaScript heap: 300 Row');
    expect(finding.hint).toBe(
      'Row is kept by [150] of Array ← rows of {rows, nodes} ← registry of a closure’s scope: drop that reference when it is done',
    );
    expect(finding.evidence['classes']).toMatchObject([{ name: 'Row', count: 300 }]);
  });

  it('names the function of the page that allocated it', () => {
    const frame = { file: 'http://127.0.0.1:4000/app.js', line: 12, column: 3, function: 'addRow' };
    const finding = pageFinding({ ...GROWTH, classes: [], sites: [{ frame, bytes: 50_000, stack: [frame] }] }, PLACE);
    expect(finding.stack).toEqual(['at addRow (http://127.0.0.1:4000/app.js:12:3)']);
    expect(finding.hint).toContain('allocated in addRow at http://127.0.0.1:4000/app.js:12');
  });

  it('has a fingerprint that ports, amounts and classes do not change, but the page and the test do', () => {
    const { fingerprint } = pageFinding(GROWTH, PLACE);
    expect(pageFinding({ ...GROWTH, url: 'http://127.0.0.1:5000/shop.html', domNodes: 8, classes: [] }, PLACE).fingerprint).toBe(
      fingerprint,
    );
    expect(pageFinding({ ...GROWTH, page: 'cart.html' }, PLACE).fingerprint).not.toBe(fingerprint);
    expect(pageFinding(GROWTH, { ...PLACE, test: { file: '/suite/a.spec.ts', titlePath: ['another'] } }).fingerprint).not.toBe(fingerprint);
  });

  it('carries no secret of a URL or of an attribute in the page', () => {
    const retainers = ['value of <input password="hunter2">', 'url of https://a.test/?token=hunter2'];
    const finding = pageFinding({ ...GROWTH, classes: [{ name: 'Row', count: 1, bytes: 1, retainers }] }, PLACE);
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });

  it('does not count what went away', () => {
    expect(pageFinding({ ...GROWTH, domNodes: -5, listeners: 0, heapBytes: -100, classes: [] }, PLACE)).toMatchObject({
      summary: 'page shop.html keeps ',
      bytes: 0,
    });
  });
});
