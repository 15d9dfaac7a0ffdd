import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';

describe('a baseline', () => {
  it('is a list of fingerprints', () => {
    expect(parseBaseline('{"schemaVersion":1,"findings":[{"fingerprint":"a","count":2},{"fingerprint":"b"},{"x":1}]}')).toEqual(
      new Set(['a', 'b']),
    );
  });

  it('may be a former report, whose leaks count, late ones not', () => {
    const report = {
      schemaVersion: 1,
      tests: [
        {
          findings: [
            { fingerprint: 'a', severity: 'leak' },
            { fingerprint: 'late', severity: 'late' },
          ],
        },
        { findings: null },
      ],
      workers: [{ findings: [{ fingerprint: 'w', severity: 'leak' }] }],
    };
    expect(parseBaseline(JSON.stringify(report))).toEqual(new Set(['a', 'w']));
  });

  it.each([
    ['{"schemaVersion":1', /cut off/],
    ['[]', /an object/],
    ['{"findings":[]}', /"schemaVersion": 1, got null/],
    ['{"schemaVersion":2,"findings":[]}', /got 2/],
    ['{"schemaVersion":1}', /"findings".*"tests"/],
  ])('%j is refused with what was expected', (text, message) => {
    expect(() => parseBaseline(text)).toThrow(message);
  });
});
