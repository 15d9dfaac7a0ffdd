import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutChart, niceSteps } from '../../../src/render/chartGeometry.ts';
import { scenarioSvg } from '../../../src/render/scenarioSvg.ts';
import { scenario } from './sampleReports.ts';

const BOX = { width: 120, height: 60, left: 10, right: 10, top: 10, bottom: 10 };
const points = (values: readonly (number | null)[]) => values.map((y, x) => ({ x, y }));

describe('a chart laid out', () => {
  it('runs from the left to the right margin and from the bottom to the top', () => {
    const chart = layOutChart(points([20, 30]), BOX, 'count');
    expect(chart?.line).toBe('M10 50L110 10');
    expect(chart?.area).toBe('M10 50L10 50L110 10V50Z');
    expect(chart?.yTicks.map(({ value }) => value)).toEqual([20, 25, 30]);
  });

  it('draws a level course level, and noise as the little that it is', () => {
    expect(layOutChart(points([6, 6, 6]), BOX, 'count')?.line).toBe('M10 30L60 30L110 30');
    const heights = [...(layOutChart(points([44e6, 44.2e6, 44e6]), BOX, 'bytes')?.line ?? '').matchAll(/ ([\d.]+)/g)].map(([, y]) =>
      Number(y),
    );
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(3);
  });

  it('leaves a gap where nothing was measured, and shows a lone value', () => {
    expect(layOutChart(points([1, null, 3]), BOX, 'count')?.line.match(/M/g)).toHaveLength(2);
    expect(layOutChart(points([null, null]), BOX, 'count')).toBeNull();
  });

  it('keeps a peak among more values than pixels', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => (index === 5555 ? 100 : 1));
    const { band = '', line = '' } = layOutChart(points(values), BOX, 'count') ?? {};
    expect(band).toMatch(/ 10L/);
    expect(line.length).toBeLessThan(1000);
    expect(layOutChart(points([1, 5, 1]), BOX, 'count')?.band).toBe('');
  });

  it('never leaves its box, whatever the values', () => {
    const value = fc.oneof(fc.constant(null), fc.double({ min: -1e12, max: 1e12, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.constantFrom('count', 'bytes', 'milliseconds', 'ratio'), (values, kind) => {
        const line = layOutChart(points(values), BOX, kind)?.line ?? '';
        expect(line).not.toContain('NaN');
        for (const [, x, y] of line.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(6);
          expect(Number(x)).toBeLessThanOrEqual(114);
          expect(Number(y)).toBeGreaterThanOrEqual(9.9);
          expect(Number(y)).toBeLessThanOrEqual(50.1);
        }
      }),
    );
  });
});

describe('steps of an axis', () => {
  it.each([
    [23.2, 27.9, 4, true, [24, 26]],
    [0, 1, 2, false, [0, 0.5, 1]],
    [44e6, 46e6, 3, false, [44e6, 45e6, 46e6]],
    [5, 5, 4, true, [5]],
  ])('from %d to %d, about %d', (low, high, count, whole, steps) => {
    expect(niceSteps(low, high, count, whole)).toEqual(steps);
  });
});

describe('the image of a scenario', () => {
  it('is a whole SVG file with a chart a metric, the leaking one first and marked', () => {
    const svg = scenarioSvg(scenario());
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 848 /);
    expect([...svg.matchAll(/<g class="(leak)?" transform[^>]*><text[^>]*>([^<]*)</g)].map(([, leak, text]) => [leak, text])).toEqual([
      ['leak', 'file descriptors  24 → 33'],
      [undefined, 'processes  6 → 6'],
      [undefined, 'heap  44.0 MB → 44.0 MB'],
      [undefined, 'p95  3 ms → 2.62 ms'],
    ]);
  });

  it('carries texts of others as text', () => {
    const svg = scenarioSvg(scenario({ name: '</svg><script>\u202e', reasons: ['<b>'] }));
    expect(svg).not.toMatch(/<script|<b>|\u202e/);
    expect(svg).toContain('&lt;/svg&gt;&lt;script&gt;\\u202e: leak');
  });
});
