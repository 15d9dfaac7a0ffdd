import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { renderSarif } from '../../../src/render/sarif.ts';
import { HOSTILE_FILE, hostileReport } from './hostileReport.ts';
import { finding, largeReport, report, scenario, test } from './sampleReports.ts';

const context = { repositoryPath: (file: string) => (/^(?:\.\.|node:)/.test(file) ? null : `tests/${file}`), version: '1.2.3' };
const origin = { file: 'shop/orders.spec.ts', line: 2, column: 17 };
const spec = { file: 'shop/orders.spec.ts', line: 1, titlePath: ['shop/orders.spec.ts', 'exports'], title: 'exports', project: '' };
const baseline = { file: 'leak-baseline.json', leaks: 1, gone: [] };

interface Location {
  readonly id?: number;
  readonly message?: { readonly text: string };
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: object };
}
interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly Location[];
  readonly relatedLocations?: readonly Location[];
  readonly codeFlows?: readonly { readonly threadFlows: readonly { readonly locations: readonly { readonly location: Location }[] }[] }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly baselineState?: string;
  readonly suppressions: readonly { readonly justification: string }[];
}
interface Run {
  readonly tool: { readonly driver: { readonly semanticVersion: string; readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly { readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[] }[];
  readonly results: readonly Result[];
}

/** The official schema, of draft 4, which differs from later ones only in the name of its identifier as far as it is used here. */
const {
  id: _,
  $schema: __,
  ...schema
} = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
) as Record<string, unknown>;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const isSarif = ajv.compile(schema);

function sarif(text: string): Run {
  const log = JSON.parse(text) as { runs: Run[] };
  isSarif(log);
  expect(isSarif.errors).toBeNull();
  const [run] = log.runs;
  if (run === undefined) throw new Error('no run');
  return run;
}

function results(...args: Parameters<typeof report>): readonly Result[] {
  return sarif(renderSarif(report(...args), context)).results;
}

describe('the SARIF file', () => {
  it('has a result for a leak, at the line that opened it, with its tests and its stack', () => {
    const stack = [
      'at openSync (node:fs:601:3)',
      'at firstLine (shop/orders.spec.ts:2:17)',
      'at run (node_modules/x/y.js:1:1)',
      'at shop/orders.spec.ts:9:5',
    ];
    const leak = finding(0, { origin, stack, hint: 'close it', fingerprint: '0123456789abcdef' });
    const place = (line: number, column?: number): object => ({
      artifactLocation: { uri: 'tests/shop/orders.spec.ts', uriBaseId: '%SRCROOT%' },
      region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
    });
    const [result, ...more] = results([test(0, { ...spec, findings: [leak] })]);
    expect(more).toEqual([]);
    expect(result).toEqual({
      ruleId: 'leak-fd',
      ruleIndex: 0,
      level: 'error',
      message: {
        text:
          'fd · /tmp/orders.csv is still open. It was left by shop/orders.spec.ts:1 › exports. It was opened at shop/orders.spec.ts:2:17. ' +
          'What mends it: close it.',
      },
      locations: [{ physicalLocation: place(2, 17) }],
      relatedLocations: [{ id: 0, message: { text: 'shop/orders.spec.ts:1 › exports' }, physicalLocation: place(1) }],
      codeFlows: [
        {
          threadFlows: [
            {
              locations: [
                { location: { message: { text: 'anonymous function' }, physicalLocation: place(9, 5) } },
                { location: { message: { text: 'firstLine' }, physicalLocation: place(2, 17) } },
              ],
            },
          ],
        },
      ],
      partialFingerprints: { primaryLocationLineHash: '0123456789abcdef:1', 'leakFingerprint/v1': '0123456789abcdef' },
      suppressions: [],
      properties: { severity: 'leak', status: 'new', tests: 1 },
    });
  });

  it('has a rule with help for every result, and says what was not measured', () => {
    const run = sarif(
      renderSarif(report(Array.from({ length: 9 }, (_item, index) => test(index, { findings: [finding(index)] }))), context),
    );
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(new Set(run.results.map(({ ruleId }) => ruleId)).size).toBe(9);
    for (const rule of run.tool.driver.rules)
      expect(rule).toMatchObject({ help: { text: expect.any(String) as string, markdown: expect.any(String) as string } });
    expect(run.tool.driver.semanticVersion).toBe('1.2.3');
    expect(run.invocations[0]?.toolExecutionNotifications.map(({ message }) => message.text)).toEqual([
      'Not measured: page heap (firefox: no CDP)',
    ]);
  });

  it('suppresses what a rule allows or the baseline knows, with the reason, and grades the rest', () => {
    const findings = [
      finding(0),
      finding(1, { status: 'known' }),
      finding(2, { status: 'allowed', evidence: { allowedBecause: 'held by the lock server' } }),
      finding(3, { severity: 'late' }),
    ];
    const gate = { failed: true, reasons: ['1 new leak'], failOn: 'new' };
    const brief = (...args: Parameters<typeof report>): unknown[] =>
      results(...args).map(({ level, baselineState, suppressions }) => [level, baselineState, suppressions[0]?.justification]);
    expect(brief([test(0, { ...spec, findings })], { gate, baseline })).toEqual([
      ['error', 'new', undefined],
      ['warning', 'unchanged', 'It is in the baseline of known leaks.'],
      ['note', undefined, 'held by the lock server'],
      ['note', undefined, undefined],
    ]);
    // Where known leaks fail the gate, nobody has accepted them; without a baseline nothing was compared.
    expect(brief([test(0, { ...spec, findings: findings.slice(0, 2) })])).toEqual([
      ['error', undefined, undefined],
      ['error', undefined, undefined],
    ]);
  });

  it('tells apart results with one fingerprint, of which the baseline knows some', () => {
    const leak = finding(0, { fingerprint: 'f'.repeat(16) });
    const both = results([test(0, { findings: [leak, { ...leak, status: 'known' }] })], { baseline });
    expect(both.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash'])).toEqual([
      `${'f'.repeat(16)}:1`,
      `${'f'.repeat(16)}:2`,
    ]);
  });

  it('has a result for a scenario that failed', () => {
    const owner = test(0, spec);
    const failed = scenario({ testId: owner.id, findings: [finding(0, { origin })] });
    expect(results([owner], { scenarios: [failed, scenario({ failed: false })] })).toMatchObject([
      { ruleId: 'leak-scenario', level: 'error', locations: [{ physicalLocation: { region: { startLine: 2, startColumn: 17 } } }] },
    ]);
    const causes = [{ name: 'fds', fingerprint: 'c'.repeat(16), status: 'known' as const }];
    const gate = { failed: false, reasons: [], failOn: 'new' };
    expect(results([owner], { scenarios: [{ ...failed, causes }], baseline, gate })).toMatchObject([
      { level: 'warning', baselineState: 'unchanged', partialFingerprints: { 'leakFingerprint/v1': 'c'.repeat(16) }, suppressions: [{}] },
    ]);
  });

  it('has no result without a file, which GitHub refuses, and says so', () => {
    const left = finding(1, { origin: null, scope: 'run' });
    const workers = [{ workerIndex: -1, pid: null, ended: 'unknown', findings: [left], courses: {}, notes: [] }] as const;
    const run = sarif(renderSarif(report([], { workers }), context));
    expect(run.results).toEqual([]);
    expect(run.invocations[0]?.toolExecutionNotifications.at(-1)?.message.text).toMatch(/^1 more results were left out/);
    expect(results([test(0, spec)], { workers })[0]?.locations[0]?.physicalLocation.region).toEqual({ startLine: 1 });
  });

  it('stays within what GitHub accepts', () => {
    const many = largeReport(5_100, 5_100);
    const run = sarif(renderSarif(many, context));
    expect(run.results).toHaveLength(5000);
    const same = Array.from({ length: 2_000 }, (_item, index) => test(index, { ...spec, id: String(index), findings: [finding(0)] }));
    const [result] = results(same);
    expect(result?.relatedLocations).toHaveLength(20);
    expect(result?.message.text).toContain('and 1999 more');
  });

  it('has no link, placeholder or control character from a title, and paths as addresses', () => {
    const text = renderSarif(hostileReport(), context);
    expect(Buffer.from(text).toString()).toBe(text);
    const run = sarif(text);
    expect(run.results.length).toBeGreaterThan(3);
    for (const result of run.results) {
      const texts = [result.message.text, ...(result.relatedLocations ?? []).map(({ message }) => message?.text ?? '')];
      for (const shown of texts) {
        expect(shown).not.toMatch(/\]\(|[\u0000-\u001f\u202e]|\p{Surrogate}/u);
        expect(shown.replaceAll('{{', '').replaceAll('}}', '')).not.toMatch(/[{}]/);
      }
      const uri = result.locations[0]?.physicalLocation.artifactLocation.uri ?? '';
      expect(decodeURIComponent(uri)).toBe(`tests/${HOSTILE_FILE}`);
      expect(uri).toMatch(/^[\w/%.!~*'()-]+$/);
    }
    expect(text.length).toBeLessThan(60_000);
  });
});
