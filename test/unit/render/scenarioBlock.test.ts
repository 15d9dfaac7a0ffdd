import { describe, expect, it } from 'vitest';
import type { MetricVerdict } from '../../../src/core/metric.ts';
import type { Scenario } from '../../../src/core/scenario.ts';
import { scenarioBlock } from '../../../src/render/scenarioBlock.ts';
import { scenario } from './sampleReports.ts';

/** As `drawer`, with a page: nodes that stay, a heap that moves. */
const PAGE = scenario().series.map((point, index) => ({
  ...{ ...point, fds: 24, contexts: 1 },
  'shop.domNodes': 124,
  'shop.documents': 2,
  'shop.listeners': 31,
  'shop.heapBytes': index % 10 === 0 ? 2_000_000 + index * 1000 : null,
}));

const held = (fields: Partial<Scenario> = {}): Scenario =>
  scenario({ verdict: 'pass', shape: 'flat', failed: false, reasons: [], findings: [], metrics: [], series: PAGE, ...fields });

const judged = (name: string, verdict: MetricVerdict['verdict']): MetricVerdict => ({
  ...{ name, kind: /bytes$/i.test(name) ? 'bytes' : 'count', verdict, shape: 'noise', slopePerIteration: 1, low: 1, high: 1 },
  ...{ minimumDetectable: 0, first: 1, last: 2, limit: 0, reason: '' },
});

const block = (one: Scenario, columns = 100): string[] => scenarioBlock(one, { tests: [] }, { color: false, columns });

/** Names below the charts, in order. */
const charts = (lines: readonly string[]): string[] => lines.flatMap((line) => /── (\S+)$/.exec(line)?.[1] ?? []);

describe('a scenario in the terminal', () => {
  it('that holds shows the course of every metric, of its page and of latency too, in a few lines', () => {
    const lines = block(held());
    expect(lines.map((line) => line.replaceAll(/[▁-█]+/g, '▁'))).toEqual([
      'HOLDS scenario drawer · 1000 iterations · flat',
      '      heapBytes 44.0 MB → 44.0 MB ▁   shop.heapBytes 2.0 MB → 2.0 MB ▁   p50 2.1 ms',
      '      p95 3.4 ms ▁ (+3 % over the run)',
      '      unchanged: fds 24, processes 6, contexts 1, shop.domNodes 124, shop.documents 2,',
      '      shop.listeners 31',
    ]);
  });

  it('keeps to its columns, however many metrics there are', () => {
    const lines = block(held(), 50);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines.slice(1)) expect(line.length, line).toBeLessThanOrEqual(50);
  });

  it('draws every metric that does not pass and moved, leaks first, and none that passes', () => {
    const names = ['fds', 'handles', 'heapBytes', 'shop.domNodes', 'shop.heapBytes', 'rssBytes'];
    const series = [0, 1, 2].map((iteration) => Object.fromEntries(['iteration', ...names].map((name) => [name, iteration])));
    const verdicts = { fds: 'inconclusive', handles: 'leak', 'shop.domNodes': 'leak', 'shop.heapBytes': 'leak', rssBytes: 'leak' } as const;
    const metrics = names.map((name) => judged(name, (verdicts as Record<string, MetricVerdict['verdict']>)[name] ?? 'pass'));
    const failing = held({ verdict: 'leak', failed: true, metrics, series: series as never });
    expect(charts(block(failing))).toEqual(['handles', 'rssBytes', 'shop.domNodes', 'shop.heapBytes', 'fds']);
    const flat = series.map((point) => ({ ...point, handles: 9 }));
    expect(charts(block({ ...failing, series: flat as never }))).toEqual(['rssBytes', 'shop.domNodes', 'shop.heapBytes', 'fds']);
  });

  it('draws the first three of many that are undecided', () => {
    const names = ['fds', 'handles', 'heapBytes', 'externalBytes', 'shop.heapBytes'];
    const series = [0, 1, 2].map((iteration) => Object.fromEntries(['iteration', ...names].map((name) => [name, iteration])));
    const metrics = names.map((name) => judged(name, 'inconclusive'));
    const lines = block(held({ verdict: 'inconclusive', metrics, series: series as never }));
    expect(charts(lines)).toEqual(['fds', 'handles', 'heapBytes']);
    expect(lines.join('\n')).toContain('shop.heapBytes 0 B → 2 B ▁▅█');
  });

  it('draws latency where that gates and became worse', () => {
    const outcome = { name: 'p95Degradation', limit: 0.1, actual: 0.4, held: false };
    expect(charts(block(held({ failed: true, outcomes: [{ ...outcome, gates: true }] })))).toEqual(['p95Ms']);
    expect(charts(block(held({ outcomes: [{ ...outcome, gates: false }] })))).toEqual([]);
  });

  it('lets no metric named after a page change the terminal', () => {
    const series = PAGE.map((point) => ({ ...point, '\u001b[31mshop\u0007.domNodes': 1, '\u001b[31mshop.heapBytes': point.iteration }));
    expect(block(held({ series })).join('\n')).not.toMatch(/[\u001b\u0007]/);
  });
});
