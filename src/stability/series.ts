import type { SeriesPoint } from '../core/scenario.ts';
import type { Point } from '../core/statistics.ts';

/** Points that are kept; when there are twice as many, every other one goes. */
const KEPT = 200;

/** The samples of a run, thinned out evenly as it goes on: bounded for any length, the first and the last always among them. */
export class Series {
  #points: SeriesPoint[];

  constructor(past: readonly SeriesPoint[] = []) {
    this.#points = [...past];
    while (this.#points.length > 2 * KEPT) this.#thin();
  }

  get points(): readonly SeriesPoint[] {
    return this.#points;
  }

  add(point: SeriesPoint): void {
    this.#points.push(point);
    if (this.#points.length > 2 * KEPT) this.#thin();
  }

  /** Names of all metrics that were ever read, in the order of their first reading. */
  metrics(): string[] {
    const names = new Set(this.#points.flatMap((point) => Object.keys(point)));
    names.delete('iteration');
    return [...names];
  }

  /** One metric's readings; those that failed are left out. */
  of(metric: string): Point[] {
    return this.#points.flatMap((point) => {
      const y = point[metric];
      return typeof y === 'number' ? [{ x: point.iteration, y }] : [];
    });
  }

  /** The last of a run's points goes with it only if it is an odd one: it is the latest reading and must stay. */
  #thin(): void {
    const last = this.#points.length - 1;
    this.#points = this.#points.filter((_, index) => index % 2 === 0 || index === last);
  }
}
