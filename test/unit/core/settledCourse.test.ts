import { describe, expect, it } from 'vitest';
import { settledCourse } from '../../../src/core/settledCourse.ts';
import type { Point } from '../../../src/core/statistics.ts';

/** Readings at every tenth of a thousand iterations, of processes that go on after one another at these, each of which adds `course` to the last. */
function joined(joins: readonly number[], course: (x: number) => number): Point[] {
  const points: Point[] = [];
  const bounds = [0, ...joins, 1000];
  for (const [index, start] of bounds.slice(0, -1).entries()) {
    const level = (points.at(-1)?.y ?? 0) - course(0);
    const from = index === 0 ? start : start + 10;
    for (let x = from; x <= (bounds[index + 1] ?? 0); x += 10) points.push({ x, y: level + course(x - start) });
  }
  return points;
}

const slopeOf = (points: readonly Point[]): number => {
  const [first, last] = [points[0], points.at(-1)];
  return first === undefined || last === undefined ? Number.NaN : (last.y - first.y) / (last.x - first.x);
};

describe('the course over several processes', () => {
  it('is all of it where there is only one', () => {
    const points = joined([], (x) => x);
    expect(settledCourse(points, [])).toEqual(points);
  });

  it('goes on at the pace of a leak', () => {
    const course = settledCourse(
      joined([200, 500, 900], (x) => 3 * x),
      [200, 500, 900],
    );
    expect(slopeOf(course)).toBeCloseTo(3, 10);
    expect(course.at(-1)?.x).toBe(200 + 150 + 200 + 50);
    expect(course.every(({ x }, index) => index === 0 || x > (course[index - 1]?.x ?? 0))).toBe(true);
  });

  it('is flat when each process fills the same pool anew', () => {
    const points = joined([200, 400, 600, 800], (x) => Math.min(6, x / 15));
    expect(points.at(-1)?.y).toBe(30);
    const course = settledCourse(points, [200, 400, 600, 800]);
    expect(course.at(-1)?.y).toBe(6);
  });

  it('leaves out a process that was read too seldom to say anything', () => {
    const points = joined([500, 990], (x) => x);
    expect(settledCourse(points, [500, 990]).at(-1)).toEqual(settledCourse(points.slice(0, -1), [500]).at(-1));
  });

  it('begins with the first process that could be read', () => {
    const points = joined([500], () => 7).filter(({ x }) => x > 500);
    expect(settledCourse(points, [500])[0]).toEqual({ x: 750, y: 0 });
  });
});
