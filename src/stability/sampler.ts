import type { EvenPoints } from '../core/evenSeries.ts';
import { isDecided } from '../core/look.ts';
import type { MetricJudgement } from '../core/metric.ts';
import type { SeriesPoint } from '../core/scenario.ts';
import { CollectionPace } from './collectionPace.ts';
import { judgeMetrics, suspectsMemory } from './judgement.ts';
import type { Meter, Reading } from './meter.ts';
import type { RunClock } from './rounds.ts';
import type { RunPlan } from './runPlan.ts';
import type { Progress } from './schedule.ts';
import { Series } from './series.ts';

/** Share of the planned iterations from which a run has gone far enough beyond them; see `Look.beyondPlan`. */
const BEYOND_PLAN = 1.25;

/** Takes a scenario's readings, decides which of them are worth a collection, and judges what they add up to. */
export class Sampler {
  readonly #meter: Meter;
  readonly #clock: RunClock;
  readonly #plan: RunPlan;
  readonly #series: Series;
  readonly #pace: CollectionPace;

  constructor(meter: Meter, clock: RunClock, plan: RunPlan, past?: EvenPoints) {
    this.#meter = meter;
    this.#clock = clock;
    this.#plan = plan;
    this.#series = new Series(past);
    this.#pace = new CollectionPace(plan.iterations);
  }

  get points(): readonly SeriesPoint[] {
    return this.#series.points;
  }

  /** Takes the baseline. */
  async start(progress: Progress): Promise<SeriesPoint> {
    return this.#add(progress, await this.#meter.start(), null);
  }

  /** @param p95Ms Of the iterations since the last sample. */
  async sample(progress: Progress, final: boolean, p95Ms: number | null): Promise<SeriesPoint> {
    const { iterations } = this.#plan;
    const share = iterations === null ? 1 : progress.iteration / iterations;
    const collect = final || this.#pace.mayCollect(progress.elapsedMs, share);
    const began = this.#clock.now();
    const reading = await this.#meter.read({ collect, final });
    const point = this.#add(progress, reading, p95Ms);
    if (collect) {
      this.#pace.collected(this.#clock.now() - began);
      if (suspectsMemory(this.#series, this.#plan)) this.#pace.suspect();
    }
    return point;
  }

  judge({ iteration }: Progress, final: boolean): MetricJudgement[] {
    const { iterations } = this.#plan;
    const beyondPlan = iterations !== null && iteration >= BEYOND_PLAN * iterations;
    return judgeMetrics(this.#series, this.#plan, { beyondPlan, final });
  }

  /** Whether more iterations would change nothing. */
  isDecided(progress: Progress): boolean {
    return isDecided(this.judge(progress, false));
  }

  #add({ iteration }: Progress, reading: Reading, p95Ms: number | null): SeriesPoint {
    const point: SeriesPoint = { iteration, ...reading, p95Ms };
    this.#series.add(point);
    return point;
  }
}
