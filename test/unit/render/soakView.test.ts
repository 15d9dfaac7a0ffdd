import { describe, expect, it } from 'vitest';
import { formatTime, renderSoak, renderSoakLine, type SoakProgress } from '../../../src/render/soakView.ts';

const POINTS = Array.from({ length: 50 }, (_, index) => ({
  ...{
    iteration: index * 10,
    fds: 24 + (index % 3),
    processes: 6,
    heapBytes: 44e6 + index * 1e4,
    p95Ms: index === 0 ? null : 12 + (index % 5),
  },
}));
const DRAWER: SoakProgress = {
  ...{ name: 'drawer', iterations: 12_345, plannedIterations: null, elapsedMs: 11_520_000, plannedMs: 259_200_000 },
  ...{ failed: 2, segment: 1, points: POINTS },
};

describe('the view of a soak', () => {
  it('says how far it is, and draws descriptors and processes, heap and p95', () => {
    const lines = renderSoak(DRAWER, { columns: 80, rows: 40, color: false });
    expect(lines[0]).toBe('drawer · 12,345 iterations · 3 h 12 min of 72 h · 2 failed · process 2');
    const text = lines.join('\n');
    for (const label of ['── fds   ══ processes', '── heap', '── p95', '44.0 MB', '12 ms']) expect(text).toContain(label);
    expect(Math.max(...lines.map((line) => Array.from(line).length))).toBeLessThanOrEqual(80);
  });

  it('leaves out the charts that do not fit, the least telling first', () => {
    const count = (rows: number): number =>
      renderSoak(DRAWER, { columns: 80, rows, color: false }).filter((line) => /[─═]{2} \w/.test(line)).length;
    expect([10, 14, 20, 40].map(count)).toEqual([0, 1, 2, 3]);
    expect(renderSoak(DRAWER, { columns: 80, rows: 14, color: false }).length + 6).toBeLessThanOrEqual(14);
  });

  it('draws nothing of what was not measured, and lets no name near the terminal', () => {
    const bare = { ...DRAWER, name: 'a\u001b[2Jb', points: [{ iteration: 0, fds: null }], failed: 0, segment: 0, plannedMs: null };
    expect(renderSoak(bare, { columns: 80, rows: 40, color: false })).toEqual(['a\\x1b[2Jb · 12,345 iterations · 3 h 12 min']);
  });

  it('is one line in a log', () => {
    const line = renderSoakLine({ ...DRAWER, plannedIterations: 20_000, plannedMs: null });
    expect(line).toBe(
      'drawer · 12,345 of 20,000 iterations · 3 h 12 min · 2 failed · process 2 · fds 24 → 25 · processes 6 → 6 · heap 44.0 MB → 44.5 MB · p95 16 ms',
    );
  });

  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [12_000, '12 s'],
    [303_000, '5 min 3 s'],
    [300_000, '5 min'],
    [256_320_000, '71 h 12 min'],
    [259_200_000, '72 h'],
  ])('says %d ms as people do: %s', (ms, text) => {
    expect(formatTime(ms)).toBe(text);
  });
});
