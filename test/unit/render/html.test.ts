import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildPageData } from '../../../src/render/buildPageData.ts';
import { renderHtml } from '../../../src/render/html.ts';
import type { PageData } from '../../../src/render/pageData.ts';
import { finding, largeReport, report, scenario, test } from './sampleReports.ts';

const code = { script: 'start();', style: 'body{}' };
const noSource = () => undefined;

function dataIn(html: string): PageData {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '') as PageData;
}

describe('the HTML report', () => {
  it('lets run its own script and style by their hashes, and nothing else', () => {
    const html = renderHtml(report([]), { code, source: noSource });
    const hash = (text: string): string => `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toContain('default-src &#39;none&#39;;');
    expect(policy).toContain(`script-src ${hash('start();')};`);
    expect(policy).toContain(`style-src ${hash('body{}')};`);
    expect(policy).not.toContain('unsafe');
    expect(html).not.toMatch(/(?:src|href)=|https?:\/\//);
  });

  it('carries texts of others as data that end no element', () => {
    const evil = '</script><!--<script>&"\'';
    const html = renderHtml(report([test(0, { title: evil, titlePath: ['a', evil], findings: [finding(0, { summary: evil })] })]), {
      code,
      source: noSource,
    });
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<!--');
    expect(dataIn(html).tests.title).toEqual([evil]);
    expect(dataIn(html).findings[0]?.summary).toBe(evil);
  });

  it('makes control and direction characters visible, and long texts short', () => {
    const evil = `\u001b[31m\u202e\u0000${'x'.repeat(10_000)}`;
    const own = finding(0, { summary: evil, hint: evil, stack: [evil], evidence: { [evil]: [evil, { deep: evil }] } });
    const hostile = report(
      [test(0, { title: evil, titlePath: [evil], file: evil, project: evil, status: evil, notes: [evil], findings: [own] })],
      {
        notes: [evil],
        scenarios: [scenario({ name: evil, reasons: [evil], notes: [evil], findings: [own] })],
      },
    );
    const html = renderHtml(hostile, { code, source: noSource });
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
    expect(JSON.stringify(dataIn(html))).toContain('\\\\x1b[31m\\\\u202e\\\\x00xxx');
    expect(html.length).toBeLessThan(30_000);
  });

  it('keeps 10,000 tests and 2,000 findings below 5 MB', () => {
    const html = renderHtml(largeReport(10_000, 2000), { code, source: noSource });
    expect(dataIn(html).tests.title).toHaveLength(10_000);
    expect(dataIn(html).findings).toHaveLength(2000);
    expect(html.length).toBeLessThan(5e6);
  });
});

describe('the data of the page', () => {
  it('groups findings by fingerprint, with every test that shows them and what differs there', () => {
    const tests = [
      test(0, { findings: [finding(0, { count: 2 })] }),
      test(1, { findings: [finding(0, { summary: '/tmp/other.csv is still open' })] }),
      test(2, { findings: [finding(0, { severity: 'late' })] }),
    ];
    const { findings } = buildPageData(report(tests), noSource);
    expect(findings.map(({ id, count, severity, owners }) => ({ id, count, severity, owners }))).toEqual([
      {
        ...{ id: '0000000000000000', count: 3, severity: 'leak' },
        owners: [
          { test: 0, count: 2 },
          { test: 1, summary: '/tmp/other.csv is still open' },
        ],
      },
      { id: '0000000000000000-2', count: 1, severity: 'late', owners: [{ test: 2 }] },
    ]);
  });

  it('says what became of the baseline only where something is gone', () => {
    const gone = [{ fingerprint: 'a', kind: 'fd', summary: '/tmp/a', count: 1, found: 0 }];
    const held = { ...report([test(0)]), baseline: { file: 'leak-baseline.json', leaks: 1, gone } };
    expect(buildPageData(held, noSource).summary.gone).toBe('1 known leak is gone: npx leak baseline --prune');
    expect(buildPageData({ ...held, baseline: { ...held.baseline, gone: [] } }, noSource).summary.gone).toBeNull();
    expect(buildPageData(report([test(0)]), noSource).summary.gone).toBeNull();
  });

  it('puts first what gates: new, known, late, allowed', () => {
    const own = [
      finding(0, { status: 'allowed' }),
      finding(1, { severity: 'late' }),
      finding(2, { status: 'known' }),
      finding(3, { severity: 'late', status: 'allowed' }),
      finding(4),
    ];
    const { findings } = buildPageData(report([test(0, { findings: own })]), noSource);
    expect(findings.map(({ kind }) => kind)).toEqual([4, 2, 1, 0, 3].map((index) => finding(index).kind));
  });

  it('takes what hooks and workers left behind, and the origin with two lines around it', () => {
    const base = report([test(0)]);
    const source = Array.from({ length: 40 }, (_, index) => `line ${index + 1};`);
    const workers = base.workers.map((worker) => ({ ...worker, findings: [finding(0, { scope: 'worker' })] }));
    const [only] = buildPageData({ ...base, workers }, () => source).findings;
    expect(only).toMatchObject({ scope: 'worker', owners: [{ worker: 0 }] });
    expect(only?.frame?.split('\n').map((line) => /\d+(?= \|)/.exec(line)?.[0])).toEqual(['28', '29', '30', undefined, '31', '32']);
    expect(only?.frame).toContain('> 30 | line 30;');
  });
});
