import { expect, test } from 'vitest';
import { cameBack, fromLowest, risesThroughout } from '../../../src/core/floors.ts';
import type { Point } from '../../../src/core/statistics.ts';

const series = (course: (x: number) => number): Point[] => Array.from({ length: 50 }, (_, x) => ({ x, y: course(x) + Math.sin(x * 1.7) }));

test.each([
  ['a line', true, (x: number): number => 10 * x],
  ['a line with one spike', true, (x: number): number => 10 * x + (x === 20 ? 900 : 0)],
  ['a sawtooth on its way up', false, (x: number): number => 10 * x + 400 * ((x % 20) / 20)],
  ['one step', false, (x: number): number => (x > 24 ? 400 : 0)],
  ['a line downwards', false, (x: number): number => -10 * x],
])('the floor of %s rises throughout: %s', (_, rises, course) => {
  expect(risesThroughout(series(course))).toBe(rises);
});

test('what falls at first is measured from its lowest level on, and what does not is left whole', () => {
  const fallen = fromLowest(series((x) => (x < 15 ? 600 - 40 * x : 10 * x)));
  expect(fallen[0]?.x).toBeGreaterThanOrEqual(10);
  expect(fallen[0]?.x).toBeLessThanOrEqual(20);
  expect(fallen.at(-1)?.x).toBe(49);
  expect(fromLowest(series((x) => 10 * x))).toHaveLength(50);
  expect(fromLowest(series(() => 0))).toHaveLength(50);
});

test('a series came back when a late level is too low for growth of the limit', () => {
  const sawtooth = series((x) => 500 * ((x % 20) / 20));
  expect(cameBack(sawtooth, 10, false)).toBe(true);
  expect(
    cameBack(
      series((x) => 20 * x),
      10,
      false,
    ),
  ).toBe(false);
  expect(
    cameBack(
      series((x) => 20 * x),
      10,
      true,
    ),
  ).toBe(false);
});
