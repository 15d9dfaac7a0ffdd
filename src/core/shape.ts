import { blocksOf } from './blocks.ts';
import { biggestJump, heightAt } from './jump.ts';
import { scatter, type Point } from './statistics.ts';

/**
 * How a series runs over the iterations.
 *
 * - `flat`: it does not grow.
 * - `linear`: it grows, and is still growing at the end.
 * - `step`: it jumped once and stays on its new level.
 * - `plateau`: it grew and has stopped growing, as a cache does that is full.
 * - `noise`: it goes up and down by more than the growth that would matter, and comes back.
 */
export type Shape = 'flat' | 'linear' | 'step' | 'plateau' | 'noise';

/** Share of the whole growth that one jump must account for to be called its cause. */
const MOST = 0.6;

/** Share of the whole growth that the second half may still add where growth is said to have ended. */
const LITTLE = 0.25;

/**
 * Names the shape of a series.
 *
 * @param matters Growth over the whole series below which it counts as none, in units of `y`.
 */
export function classifyShape(points: readonly Point[], matters: number): Shape {
  const blocks = blocksOf(points, Math.min(10, Math.max(1, points.length >> 1)), 0.25);
  const levels = blocks.map(({ level }) => level);
  const first = levels[0];
  const last = levels.at(-1);
  if (first === undefined || last === undefined) return 'flat';
  const deviation = scatter(points);
  const visible = Math.max(matters, 4 * (Number.isNaN(deviation) ? 0 : deviation) * Math.sqrt(levels.length / points.length));
  const growth = last - first;
  if (growth <= visible || cameBackFrom(levels) >= growth) {
    const wanders = Math.max(...levels) - Math.max(first, last) > visible || 4 * deviation > visible || growth > visible;
    return wanders ? 'noise' : 'flat';
  }
  const jump = biggestJump(points);
  if (jump !== undefined && heightAt(points, jump.at) >= MOST * growth) return 'step';
  const middle = levels[levels.length >> 1] ?? first;
  return last - middle <= LITTLE * growth ? 'plateau' : 'linear';
}

/** The greatest height that was reached from below and left again. */
function cameBackFrom(levels: readonly number[]): number {
  return levels.reduce((most, level, index) => {
    const rise = level - Math.min(...levels.slice(0, index + 1));
    return Math.max(most, Math.min(rise, level - Math.min(...levels.slice(index))));
  }, 0);
}
