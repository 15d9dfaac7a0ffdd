import { EvenStretches } from './evenStretches.ts';
import type { SeriesPoint } from './scenario.ts';

const MOST_POINTS = 400;

/** Points of a series that was thinned out evenly. */
export interface EvenPoints {
  readonly points: readonly SeriesPoint[];
  /** Of so many samples each point is the first. */
  readonly stride: number;
}

/**
 * The samples of a run of any length as one series, in bounded memory: thinned out evenly as it goes on, the first and the last always
 * among them.
 */
export class EvenSeries implements EvenPoints {
  readonly #stretches: EvenStretches<SeriesPoint>;
  #last: SeriesPoint | undefined;

  /** @param past Of a run that is continued. */
  constructor(past: EvenPoints = { points: [], stride: 1 }) {
    this.#stretches = new EvenStretches(MOST_POINTS, join, { all: past.points.slice(0, -1), length: past.stride });
    this.#last = past.points.at(-1);
  }

  get points(): readonly SeriesPoint[] {
    return this.#last === undefined ? this.#stretches.all : [...this.#stretches.all, this.#last];
  }

  get stride(): number {
    return this.#stretches.length;
  }

  get last(): SeriesPoint | undefined {
    return this.#last;
  }

  /** Two readings of one moment are one: the last before and the first after a change of processes agree. */
  add(point: SeriesPoint): void {
    const last = this.#last;
    if (last?.iteration === point.iteration) {
      this.#last = join(point, last);
      return;
    }
    if (last !== undefined) this.#stretches.add(last);
    this.#last = point;
  }
}

/** The first point, with the readings that only the other one has: memory is not read at every sample. */
function join(point: SeriesPoint, other: SeriesPoint): SeriesPoint {
  const measured = Object.entries(point).filter(([, value]) => value !== null);
  return { ...other, ...Object.fromEntries(measured), iteration: point.iteration };
}
