import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { buildReport } from '../../../src/core/buildReport.ts';
import { aFinding, aKnownLeak, anInput, aRecord, aResult } from './reportSamples.ts';

const parse = (findings: unknown) => [...parseBaseline(JSON.stringify({ schemaVersion: 1, findings })).leaks.values()];

describe('a baseline', () => {
  it('is a list of leaks with their counts, of which only the fingerprint must be there', () => {
    const whole = aKnownLeak('a', { count: 2, moreTests: 3 });
    expect(parse([whole, { fingerprint: 'b' }])).toEqual([
      whole,
      { fingerprint: 'b', count: 1, kind: 'leak', summary: 'b', origin: null, tests: [], moreTests: 0, outside: false },
    ]);
  });

  it('takes the larger count of two entries for one leak, as a merge leaves them', () => {
    expect(parse([{ fingerprint: 'a' }, { fingerprint: 'a', count: 3 }, { fingerprint: 'a', count: 2 }])).toMatchObject([
      { fingerprint: 'a', count: 3 },
    ]);
  });

  it('may begin with a byte-order mark and have the line ends of Windows', () => {
    expect(parseBaseline('\uFEFF{\r\n"schemaVersion": 1,\r\n"findings": []\r\n}').leaks.size).toBe(0);
  });

  it('may be a former report: leaks count with their tests, late and allowed ones do not', () => {
    const record = aRecord([
      aFinding('a', { count: 2 }),
      aFinding('late', { severity: 'late' }),
      aFinding('allowed', { status: 'allowed' }),
    ]);
    const retry = aResult({ record: aRecord([aFinding('a')]), retry: 1 });
    const other = aResult({ id: 'id-2', title: 'other', titlePath: ['checkout.spec.ts', 'other'], record: aRecord([aFinding('a')]) });
    const report = buildReport(anInput([aResult({ record }), retry, other]));
    expect([...parseBaseline(JSON.stringify(report)).leaks.values()]).toEqual([
      aKnownLeak('f-a', {
        count: 3,
        tests: ['[chromium] › checkout.spec.ts › exports the orders', '[chromium] › checkout.spec.ts › other'],
      }),
    ]);
  });

  it.each([
    ['', /^it is empty: mend it, or delete the file and run npx leak baseline$/],
    ['{"schemaVersion":1', /^it is cut off/],
    ['{\n"schemaVersion": 1,\n<<<<<<< HEAD\n', /^line 3 has a merge-conflict marker \(<<<<<<< HEAD\): keep the entries of both sides/],
    ['{"schemaVersion": 1,\n"findings": [,]}', /^line 2 is not JSON/],
    ['[]', /^expected an object with "schemaVersion": 1/],
    ['{"findings":[]}', /^expected "schemaVersion": 1, got null/],
    ['{"schemaVersion":2,"findings":[]}', /^it has schema version 2, this release reads version 1: update leak$/],
    ['{"schemaVersion":"1","findings":[]}', /got "1"/],
    ['{"schemaVersion":1}', /"findings".*"tests"/],
    ['{"schemaVersion":1,"tests":[]}', /no report of leak/],
    ['{"schemaVersion":1,"findings":[{"x":1}]}', /^findings\[0\]\.fingerprint: expected a text, got undefined/],
    ['{"schemaVersion":1,"findings":["a"]}', /^findings\[0\]: expected an object with "fingerprint", got "a"/],
    [
      '{"schemaVersion":1,"findings":[{"fingerprint":"a"},{"fingerprint":"b","count":"two"}]}',
      /^findings\[1\]\.count: expected a whole number of at least 1, got "two"/,
    ],
    ['{"schemaVersion":1,"findings":[{"fingerprint":"a","count":0}]}', /count: .*got 0/],
  ])('%j is refused with what is wrong and the remedy', (text, message) => {
    expect(() => parseBaseline(text)).toThrow(message);
  });
});
