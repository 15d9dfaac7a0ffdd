import { blocksOf, cut, quantile } from './blocks.ts';
import { scatter, type Point } from './statistics.ts';

/** What collected memory comes down to is told by the lower quarter of its readings: garbage that was left is always on top. */
const FLOOR = 0.25;

/** Confidence of the margins: 99 % one-sided. The second factor: neighbours resemble each other, so that they tell less than their number. */
const MARGIN = 2.326 * 2;

/**
 * Memory that falls after the warm-up is measured from its lowest level on, or the fall would hide what grows afterwards. Whatever comes
 * after the first six tenths is kept.
 */
export function fromLowest(points: readonly Point[]): readonly Point[] {
  const parts = cut(points, 10);
  const floors = parts.map((part) =>
    quantile(
      part.map(({ y }) => y),
      FLOOR,
    ),
  );
  const early = floors.slice(0, 6);
  const lowest = early.indexOf(Math.min(...early));
  const fall = (floors[0] ?? 0) - (floors[lowest] ?? 0);
  return lowest > 0 && fall >= marginOf(scatter(points), points.length) ? parts.slice(lowest).flat() : points;
}

/** How far the last reading lies above the lowest one, the earliest where several are: in `y`, and the iterations since then in `x`. */
export function sinceLowest(points: readonly Point[]): Point | undefined {
  const last = points.at(-1);
  if (last === undefined) return undefined;
  const lowest = points.reduce((least, point) => (point.y < least.y ? point : least));
  return { x: last.x - lowest.x, y: last.y - lowest.y };
}

/** Whether the floor rises all along: in four of five stretches, and it never loses what it gains in one. A sawtooth and a wave do. */
export function risesThroughout(points: readonly Point[]): boolean {
  const floors = blocksOf(points, 5, FLOOR);
  const paces = floors.slice(1).map((block, index) => paceBetween(floors[index] ?? block, block));
  const mean = paces.reduce((sum, pace) => sum + pace, 0) / paces.length;
  return mean > 0 && paces.every((pace) => pace > -mean) && paces.filter((pace) => pace > 0).length >= paces.length - 1;
}

/**
 * Whether memory came back, late in the series, to so low a level that growth of `limit` per iteration since the beginning is ruled out.
 *
 * @param long Whether there are enough points to take the margin from the floors themselves: where they come back regularly, that is
 * sharper than the scatter of single readings.
 */
export function cameBack(points: readonly Point[], limit: number, long: boolean): boolean {
  const blocks = blocksOf(points, 10, FLOOR);
  const [start] = blocks;
  if (start === undefined) return false;
  const ofReadings = marginOf(scatter(points), points.length);
  const ofFloors = MARGIN * scatter(blocks.map(({ x, floor }) => ({ x, y: floor })));
  const margin = long ? Math.min(ofReadings, ofFloors) : ofReadings;
  return blocks.slice(5).some(({ x, floor }) => floor - start.floor + margin < limit * (x - start.x));
}

/** Two floors of a tenth of the points each differ by more than this only if the level does. 1.25: a quantile scatters more than a mean. */
function marginOf(deviation: number, count: number): number {
  return MARGIN * 1.25 * deviation * Math.sqrt(20 / count);
}

function paceBetween(a: { x: number; floor: number }, b: { x: number; floor: number }): number {
  return b.x === a.x ? 0 : (b.floor - a.floor) / (b.x - a.x);
}
