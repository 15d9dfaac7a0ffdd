import { isDecided, lastLook, lookAt, type Look } from '../core/look.ts';
import type { MetricJudgement } from '../core/metric.ts';
import type { SeriesPoint } from '../core/scenario.ts';
import { CollectionPace } from './collectionPace.ts';
import { clearsMemory, countsPages, judgeMetrics, suspectsMemory } from './judgement.ts';
import type { Meter, Reading } from './meter.ts';
import type { RunClock } from './rounds.ts';
import type { RunPlan } from './runPlan.ts';
import { shareDone, type Progress } from './schedule.ts';
import { Series, type JoinedPoints } from './series.ts';

/** Takes a scenario's readings, decides how closely each looks at memory, and judges what they add up to. */
export class Sampler {
  readonly #meter: Meter;
  readonly #clock: RunClock;
  readonly #plan: RunPlan;
  readonly #series: Series;
  readonly #pace: CollectionPace;

  constructor(meter: Meter, clock: RunClock, plan: RunPlan, past?: JoinedPoints) {
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
    const began = this.#clock.now();
    const reading = await this.#meter.start();
    this.#pace.begun(this.#clock.now() - began, countsPages(reading, this.#plan));
    return this.#add(progress, reading, null);
  }

  /** @param p95Ms Of the iterations since the last sample. */
  async sample(progress: Progress, final: boolean, p95Ms: number | null): Promise<SeriesPoint> {
    const depth = this.#pace.depth(progress.elapsedMs, shareDone(this.#plan, progress), final);
    if (depth === 'live') return this.#collect(progress, final, p95Ms);
    const point = this.#add(progress, await this.#meter.read({ memory: depth, final }), p95Ms);
    if (depth === 'none') return point;
    // The reading that follows is of the same moment, and takes the place of this one.
    if (suspectsMemory(this.#series, this.#plan, 'bound') && !clearsMemory(this.#series, this.#plan))
      return this.#collect(progress, final, p95Ms);
    this.#pace.bounded();
    return point;
  }

  /** The verdicts at the end of the run. */
  judge(progress: Progress, cutShort: boolean): MetricJudgement[] {
    return this.#judge(lastLook(shareDone(this.#plan, progress), cutShort, this.#plan.iterations === null));
  }

  /** Whether more iterations would change nothing. */
  isDecided(progress: Progress): boolean {
    return isDecided(this.#judge(lookAt(shareDone(this.#plan, progress))));
  }

  async #collect(progress: Progress, final: boolean, p95Ms: number | null): Promise<SeriesPoint> {
    const began = this.#clock.now();
    const point = this.#add(progress, await this.#meter.read({ memory: 'live', final }), p95Ms);
    this.#pace.collected(this.#clock.now() - began);
    if (suspectsMemory(this.#series, this.#plan, 'live')) this.#pace.suspect();
    return point;
  }

  #judge(look: Look): MetricJudgement[] {
    const closed = new Set(this.#meter.closed());
    return judgeMetrics(this.#series, this.#plan, look).filter(({ name }) => !closed.has(name));
  }

  #add({ iteration }: Progress, reading: Reading, p95Ms: number | null): SeriesPoint {
    const point: SeriesPoint = { iteration, ...reading, p95Ms };
    this.#series.add(point);
    return point;
  }
}
