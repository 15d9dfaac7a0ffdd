import { describe, expect, it } from 'vitest';
import { duration, renderBench, type BenchRow } from '../../../src/render/benchTable.ts';

const row = (group: string, name: string, medianMs: number, ratio: number | null, roundsMs = [medianMs, medianMs]): BenchRow => ({
  ...{ group, name, medianMs, ratio, roundsMs, p99Ms: medianMs * 2, opsPerSecond: 1000 / medianMs, marginPercent: 1.25, operations: 1 },
});

describe('a table of benchmarks', () => {
  it('has a line for each row, aligned, group by group', () => {
    const rows = [
      row('http', 'bare', 0.25, null),
      row('http', 'pooled', 0.2, 1.25),
      row('http', 'per request', 1, 0.25),
      row('pool', 'alone', 0.00007654, null),
    ];
    expect(renderBench(rows, { columns: 80, color: false }).split('\n').slice(0, 9)).toEqual([
      '                    ops/s   median     p99   margin  rounds',
      '',
      'http',
      '  bare              4,000   250 µs  500 µs  ± 1.3 %       2',
      '  pooled            5,000   200 µs  400 µs  ± 1.3 %       2  1.3× faster',
      '  per request       1,000     1 ms    2 ms  ± 1.3 %       2    4× slower',
      '',
      'pool',
      '  alone        13,065,064  76.5 ns  153 ns  ± 1.3 %       2',
    ]);
  });

  it('calls what differs by less than noise as fast', () => {
    expect(renderBench([row('http', 'same', 1, 1.004)], { columns: 80, color: false })).toContain('  as fast');
  });

  it('has no margin where there is none', () => {
    expect(renderBench([{ ...row('http', 'once', 1, null), marginPercent: NaN }], { columns: 80, color: false })).not.toContain('±');
  });

  it('charts each group that compares something, as wide as the screen and without the slowest round in a hundred', () => {
    const rounds = [...Array.from({ length: 99 }, () => 1), 5_000];
    const rows = [row('http', 'bare', 0.1, null), row('http', 'pooled', 1, 0.1, rounds), row('pool', 'alone', 1, null)];
    const [, ...charts] = renderBench(rows, { columns: 60, color: false }).split('time per operation');
    expect(charts).toHaveLength(1);
    expect(charts[0]).toContain('── bare   ══ pooled');
    expect(charts[0]).toMatch(/^ {2}1 ms ┼/m);
    expect(charts[0]).not.toContain(' s ┤');
    const [, ...drawn] = charts[0]?.split('\n') ?? [];
    expect(Math.max(...drawn.map((line) => line.length))).toBe(60);
  });

  it('is nothing without rows', () => {
    expect(renderBench([], { columns: 80, color: false })).toBe('');
  });
});

describe('a duration', () => {
  it.each([
    [0.0000004, '0.4 ns'],
    [0.00042, '420 ns'],
    [0.001, '1 µs'],
    [0.0123456, '12.3 µs'],
    [41.07, '41.1 ms'],
    [1234, '1.23 s'],
    [250_000, '250 s'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
