import { biggestJump, heightAt, isClear } from './jump.ts';
import { level, type Point } from './statistics.ts';

/** Of what stores more and more in one table: a Set, a Map. */
export interface Enlargements {
  /** Where the table was enlarged last, in iterations since the first point. */
  readonly lastAt: number;
  /** How often that was, as far as can be seen. */
  readonly count: number;
}

interface Step {
  readonly x: number;
  readonly height: number;
}

/**
 * A table that is made twice as large adds as much as it had, so each step is twice as high as the one before and comes twice as late,
 * counted from when the filling began. The warm-up has filled it a little already.
 */
const RATIO = { least: 1.5, most: 2.9 };

/** What had grown before the first step that can be seen, of its height: as much as the table had, less what it began with. */
const BEFORE = { least: 0.5, most: 1.1 };

/** Share of the growth that the steps must account for, and share of a step that may be added on the way to it. */
const MOST = 0.6;
const LITTLE = 0.15;

/**
 * The steps in which memory grows that one table takes: V8 makes a Set or a Map twice as large when it is full, and between two such
 * steps, the later the longer, nothing grows. To a test of slopes that is a plateau. (An array grows by half, which is near enough to a line.)
 *
 * @param bytes Growth over all points below which it does not matter.
 * @returns `undefined` when memory does not grow so, or did, and the next step is overdue: then the table is filled no more.
 */
export function enlargements(points: readonly Point[], bytes: number): Enlargements | undefined {
  const [start] = points;
  const end = points.at(-1);
  if (start === undefined || end === undefined) return undefined;
  const growth = level(points.slice(-3)) - start.y;
  if (growth <= bytes) return undefined;
  const found = steps(points).filter(({ height }) => height > growth / 16);
  const broken = found.findLastIndex((step, index) => index > 0 && !follows(found[index - 1] ?? step, step, start.x));
  const own = found.slice(Math.max(0, broken));
  const [first] = own;
  const latest = own.at(-1);
  if (first === undefined || latest === undefined) return undefined;
  const way = points.filter(({ x }) => x < first.x);
  const before = (level(way.slice(-3)) - start.y) / first.height;
  // A step before it that does not fit says that there was none of its table.
  const hasEarlier = broken <= 0 && before >= BEFORE.least && before <= BEFORE.most && isFlatBefore(first, way, start.x);
  const count = own.length + (hasEarlier ? 1 : 0);
  const explained = own.reduce((total, { height }) => total + height, hasEarlier ? before * first.height : 0);
  const lastAt = latest.x - start.x;
  return count < 2 || explained < MOST * growth || end.x - start.x > RATIO.most * lastAt ? undefined : { lastAt, count };
}

function follows(before: Step, step: Step, start: number): boolean {
  return [step.height / before.height, (step.x - start) / (before.x - start)].every((ratio) => ratio >= RATIO.least && ratio <= RATIO.most);
}

/** Whether hardly anything was added in the last third of the way to a step. */
function isFlatBefore(step: Step, way: readonly Point[], start: number): boolean {
  const third = way.filter(({ x }) => x - start >= ((step.x - start) * 2) / 3);
  return third.length >= 3 && level(third.slice(-3)) - level(third.slice(0, 3)) < LITTLE * step.height;
}

/** The clear upward steps, in order. */
function steps(points: readonly Point[]): Step[] {
  const jump = biggestJump(points);
  if (!isClear(jump)) return [];
  const x = points[jump.at]?.x ?? 0;
  return [...steps(points.slice(0, jump.at)), { x, height: heightAt(points, jump.at) }, ...steps(points.slice(jump.at))];
}
