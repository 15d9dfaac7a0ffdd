import { level, median, type Point } from './statistics.ts';

/** An upward jump between two neighbours. */
export interface Jump {
  /** Index of the first point on the new level. */
  readonly at: number;
  /** Height, with the slope on both sides taken into account. */
  readonly height: number;
  /** How much better a line with this jump fits than one without: an F statistic with one degree of freedom. */
  readonly strength: number;
}

/** An upward jump that improves the fit so much (F statistic) is taken out; chance alone reaches it in about 1 % of straight lines. */
const CLEAR_JUMP = 12;

/** Points on either side of a jump: fewer would take a single spike for one. */
const MIN_SIDE = 3;

/**
 * The upward jump that explains most of what a straight line leaves over, by least squares over every place it could be at
 * (Andrews 1993 calls the strength sup-F). Spikes of single points are taken out first by a running median of three. O(n).
 *
 * @returns `undefined` when no upward jump improves on the line.
 */
export function biggestJump(points: readonly Point[]): Jump | undefined {
  const n = points.length;
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }, index) => median([points[index - 1]?.y ?? y, y, points[index + 1]?.y ?? y]));
  const meanX = sum(xs) / n;
  const meanY = sum(ys) / n;
  const xx = sum(xs.map((x) => (x - meanX) ** 2));
  if (n < 2 * MIN_SIDE || xx === 0) return undefined;
  const slope = sum(xs.map((x, index) => (x - meanX) * ((ys[index] ?? meanY) - meanY))) / xx;
  const residuals = ys.map((y, index) => y - meanY - slope * ((xs[index] ?? meanX) - meanX));
  const squares = sum(residuals.map((residual) => residual * residual));
  let best: { at: number; height: number; gain: number } | undefined;
  let above = 0;
  let distance = 0;
  for (let at = n - 1; at >= MIN_SIDE; at -= 1) {
    above += residuals[at] ?? 0;
    distance += (xs[at] ?? meanX) - meanX;
    const right = n - at;
    // What is left of the step function when its own mean and slope are taken out (Frisch and Waugh 1933).
    const free = right * (1 - right / n) - (distance * distance) / xx;
    if (right < MIN_SIDE || free <= 0 || above <= 0) continue;
    const gain = (above * above) / free;
    if (best === undefined || gain > best.gain) best = { at, height: above / free, gain };
  }
  if (best === undefined) return undefined;
  const rest = Math.max(squares - best.gain, squares * 1e-9) / (n - 3);
  return { at: best.at, height: best.height, strength: rest === 0 ? 0 : best.gain / rest };
}

export function isClear(jump: Jump | undefined): jump is Jump {
  return jump !== undefined && jump.strength > CLEAR_JUMP;
}

/** What lies between the three points on either side of a place. */
export function heightAt(points: readonly Point[], at: number): number {
  return level(points.slice(at, at + 3)) - level(points.slice(Math.max(0, at - 3), at));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
