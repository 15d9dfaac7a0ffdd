import { describe, expect, it } from 'vitest';
import { enlargements } from '../../../src/core/enlargements.ts';
import type { Point } from '../../../src/core/statistics.ts';

/** A table that holds so many entries of 16 bytes, in powers of two from 1024 on. */
const table = (entries: number): number => 16 * 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(1, entries))));

function heap(course: (x: number) => number, iterations = 1000): Point[] {
  return Array.from({ length: 51 }, (_, index) => (index * iterations) / 50).map((x) => ({
    x,
    y: 40e6 + course(x) + 10_000 * Math.sin(x * 1.7),
  }));
}

describe('a table that is never emptied', () => {
  it.each([100, 130, 160, 190])('grows in steps, each twice the one before: %i entries an iteration', (each) => {
    const found = enlargements(
      heap((x) => table(each * (x + 50))),
      512_000,
    );
    expect(found?.count).toBeGreaterThanOrEqual(2);
    expect(found?.lastAt).toBeGreaterThan(400);
  });

  it('grows in steps of which the early ones came between two readings', () => {
    const read = heap((x) => table(100 * (x + 50))).filter(({ x }) => x === 0 || x >= 340);
    expect(enlargements(read, 512_000)).toEqual({ lastAt: 620, count: 2 });
  });

  it.each([
    ['flat', (): number => 0],
    ['a line', (x: number): number => 3000 * x],
    ['one step', (x: number): number => (x > 600 ? 3e6 : 0)],
    ['two equal steps', (x: number): number => (x > 300 ? 1e6 : 0) + (x > 600 ? 1e6 : 0)],
    ['steps at equal distances', (x: number): number => 5e5 * Math.floor(x / 200)],
    ['a table that is filled no more', (x: number): number => table(300 * Math.min(x + 50, 230))],
    ['a table that is small', (x: number): number => table(10 * (x + 50))],
    ['a cache that fills', (x: number): number => 3e6 * Math.min(1, x / 450)],
    ['a sawtooth', (x: number): number => 3e6 * ((x % 300) / 300)],
  ])('is not seen in %s', (_, course) => {
    expect(enlargements(heap(course), 512_000)).toBeUndefined();
  });
});
