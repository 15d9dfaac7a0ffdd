import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderChart } from '../../../src/render/chart.ts';

const draw = (values: readonly number[], width = 24, height = 6) => renderChart([{ name: 'fds', values }], { width, height }).split('\n');

describe('a chart', () => {
  it('draws a course over the whole width, with a label on every line and the name below', () => {
    expect(draw([24, 24, 25, 26])).toEqual(['26 ┤               ╭────', '25 ┤          ╭────╯', '24 ┼──────────╯', '    ── fds']);
  });

  it('draws a flat course as one line', () => {
    expect(draw([7, 7, 7])).toEqual(['7 ┼─────────────────────', '   ── fds']);
  });

  it('gives fractions all the lines there are, evenly labelled', () => {
    expect(draw([0, 2.5], 20, 6).map((line) => line.split(/[┤┼]/)[0]?.trim())).toEqual(['2.5', '2', '1.5', '1', '0.5', '0', '── fds']);
  });

  it('keeps a short peak when there are more values than columns', () => {
    const values = Array.from({ length: 1000 }, (_, index) => (index === 700 ? 9 : 1));
    expect(draw(values, 20, 3)[0]).toContain('9 ┤');
    expect(draw(values, 20, 3)[0]).toContain('╭╮');
  });

  it('tells series apart without colours', () => {
    const chart = renderChart(
      [
        { name: 'up', values: [0, 1, 2, 3] },
        { name: 'down', values: [3, 2, 1, 0] },
      ],
      { width: 20, height: 4 },
    );
    expect(chart.split('\n')).toEqual([
      '3 ┼════╗        ╭───',
      '2 ┤    ╚═══╭────╯',
      '1 ┤    ╭───╯════╗',
      '0 ┼────╯        ╚═══',
      '   ── up   ══ down',
    ]);
  });

  it('draws what is not finite as the value before, and nothing where nothing is', () => {
    expect(draw([NaN, 2, Infinity, 3])).toEqual(draw([2, 2, 2, 3]));
    expect(draw([NaN])).toEqual(['']);
    expect(renderChart([], { width: 20, height: 4 })).toBe('');
  });

  it('labels with the given format', () => {
    const chart = renderChart([{ name: 'heap', values: [1e6, 3e6] }], { width: 30, height: 3, format: (value) => `${value / 1e6} MB` });
    expect(chart).toContain('2 MB ┤');
  });

  it('shows the control characters of a name', () => {
    expect(renderChart([{ name: '\u001b[31mred', values: [1, 2] }], { width: 40, height: 3 })).toContain('\\x1b[31mred');
  });

  it('never is wider or higher than asked, whatever the values', () => {
    const values = fc.array(fc.double({ min: -1e15, max: 1e15, noDefaultInfinity: true }), { maxLength: 200 });
    const series = fc.array(fc.record({ name: fc.string(), values }), { maxLength: 6 });
    const property = fc.property(series, fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 30 }), (drawn, width, height) => {
      const lines = renderChart(drawn, { width, height }).split('\n');
      expect(lines.length).toBeLessThanOrEqual(height + 1);
      for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(width);
    });
    fc.assert(property);
  });

  it.each([
    [{ width: 0, height: 5 }, 'width must be a whole number of at least 1, got 0'],
    [{ width: 80, height: 2.5 }, 'height must be a whole number of at least 1, got 2.5'],
  ])('refuses %j', (options, message) => {
    expect(() => renderChart([], options)).toThrow(new RangeError(message));
  });
});
