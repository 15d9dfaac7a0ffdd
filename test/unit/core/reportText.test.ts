import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { reportText } from '../../../src/core/reportText.ts';
import { END, START, aFinding, anInput, aRecord, aResult, journals } from './reportSamples.ts';

describe('the text of report.json', () => {
  it('is what JSON.stringify makes of it, and can be gone through twice', () => {
    const empty = buildReport(anInput([], { journals: new Map() }));
    const full = buildReport(
      anInput([aResult({ record: aRecord([aFinding('a')]), title: 'line\nbreak' }), aResult({ id: 'b' })], {
        journals: journals(START, END),
      }),
    );
    for (const report of [empty, full]) {
      const pieces = reportText(report);
      expect([...pieces].join('')).toBe(`${JSON.stringify(report, null, 2)}\n`);
      expect([...pieces].join('')).toBe(`${JSON.stringify(report, null, 2)}\n`);
    }
  });

  it('holds one test in each of its pieces', () => {
    const report = buildReport(anInput(Array.from({ length: 500 }, (_, index) => aResult({ id: `id-${index}` }))));
    expect(Math.max(...[...reportText(report)].map(({ length }) => length))).toBeLessThan(10_000);
  });
});
