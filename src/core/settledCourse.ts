import type { Point } from './statistics.ts';

/**
 * A course over several processes without what each of them only does again: one that goes on after another fills its pools and caches
 * anew, which is no growth of the whole. Of every process but the first, its first half is left out, and what remains is laid end to end:
 * a leak goes on in it at its pace.
 *
 * @param points Joined, as by `SegmentShift`.
 * @param joins After which iterations another process went on.
 * @returns With `x` in iterations of what remains.
 */
export function settledCourse(points: readonly Point[], joins: readonly number[]): Point[] {
  const [firstJoin = Infinity] = joins;
  const course = points.filter(({ x }) => x <= firstJoin);
  for (const [index, start] of joins.entries()) {
    const end = joins[index + 1] ?? Infinity;
    const own = points.filter(({ x }) => x > start && x <= end);
    const half = start + ((own.at(-1)?.x ?? start) - start) / 2;
    const [first, ...rest] = own.filter(({ x }) => x >= half);
    const before = course.at(-1);
    if (first === undefined) continue;
    if (before === undefined) course.push(first, ...rest);
    else course.push(...rest.map(({ x, y }) => ({ x: before.x + x - first.x, y: before.y + y - first.y })));
  }
  return course;
}
