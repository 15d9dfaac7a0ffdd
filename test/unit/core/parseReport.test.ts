import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../src/core/buildReport.ts';
import { parseReport } from '../../../src/core/parseReport.ts';
import { aFinding, anInput, aRecord, aResult } from './reportSamples.ts';

const report = buildReport(anInput([aResult({ record: aRecord([aFinding('a')]) })], { notes: ['n'] }));

describe('reading a report', () => {
  it('gives back what was written', () => {
    expect(parseReport(JSON.stringify(report))).toEqual(report);
    // An editor on Windows may have put the mark there.
    expect(parseReport(`\uFEFF${JSON.stringify(report)}`)).toEqual(report);
  });

  it('fills in what only newer releases write', () => {
    const { schemaVersion, verdict, tests } = report;
    expect(parseReport(JSON.stringify({ schemaVersion, verdict, tests: [{ title: tests[0]?.title }] }))).toMatchObject({
      workers: [],
      notes: [],
      tests: [{ findings: [] }],
    });
  });

  it.each([
    [JSON.stringify(report).slice(0, 500), /cut off/],
    ['<html>', /no JSON file/],
    ['', /no JSON file/],
    ['[]', /an object was expected/],
    ['{"schemaVersion":2}', /schema version 2.*update leak/],
    ['{"config":{},"suites":[]}', /no report of leak/],
  ])('refuses %.30s with a clear sentence', (text, message) => {
    expect(() => parseReport(text)).toThrow(message);
  });
});
