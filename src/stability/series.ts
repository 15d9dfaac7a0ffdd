import { EvenSeries, type EvenPoints } from '../core/evenSeries.ts';
import type { SeriesPoint } from '../core/scenario.ts';
import { settledCourse } from '../core/settledCourse.ts';
import type { Point } from '../core/statistics.ts';

/** Points of several processes as one series. */
export interface JoinedPoints extends EvenPoints {
  /** After which iterations another process went on. */
  readonly joins: readonly number[];
}

/** The samples of a run, metric by metric. */
export class Series {
  readonly #series: EvenSeries;
  readonly #joins: readonly number[];

  /** @param past Of a run that is continued. */
  constructor(past?: JoinedPoints) {
    this.#series = new EvenSeries(past);
    this.#joins = past?.joins ?? [];
  }

  /** In bounded memory for any length; the first and the last are always among them. */
  get points(): readonly SeriesPoint[] {
    return this.#series.points;
  }

  get last(): SeriesPoint | undefined {
    return this.#series.last;
  }

  add(point: SeriesPoint): void {
    this.#series.add(point);
  }

  /** Names of all metrics that were ever read, in the order of their first reading. */
  metrics(): string[] {
    const names = new Set(this.points.flatMap((point) => Object.keys(point)));
    names.delete('iteration');
    return [...names];
  }

  /** One metric's readings; those that failed are left out. */
  of(metric: string): Point[] {
    return this.points.flatMap((point) => {
      const y = point[metric];
      return typeof y === 'number' ? [{ x: point.iteration, y }] : [];
    });
  }

  /** The same, without what each of several processes does again; `undefined` when there was only one. */
  settled(metric: string): Point[] | undefined {
    return this.#joins.length === 0 ? undefined : settledCourse(this.of(metric), this.#joins);
  }
}
