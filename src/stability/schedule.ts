import { LOOKS } from '../core/look.ts';
import { MIN_READINGS } from '../core/windows.ts';
import type { RunPlan } from './runPlan.ts';

/** Samples of a whole run: enough for the statistics, and for a chart. */
const SAMPLES = 50;

/** A run by time is sampled so often, within these bounds in milliseconds, and always often enough for a verdict. */
const DURATION_SAMPLES = 200;
const SHORTEST_MS = 250;
const LONGEST_MS = 300_000;

/** Where a run stands. */
export interface Progress {
  /** Iterations begun, those of a run that is resumed included. */
  readonly iteration: number;
  /** Milliseconds of measuring, those of a run that is resumed included. */
  readonly elapsedMs: number;
}

/** Share of the plan that is done: above 1 when a run of so many iterations was extended, never when time is planned. */
export function shareDone(
  { iterations, durationMs }: Pick<RunPlan, 'iterations' | 'durationMs'>,
  { iteration, elapsedMs }: Progress,
): number {
  if (iterations !== null) return iteration / iterations;
  return durationMs === null ? 0 : Math.min(1, elapsedMs / durationMs);
}

/** When a run is sampled, judged and over: at blocks of iterations, or by time. Pure; asked before every iteration. */
export class Schedule {
  readonly #plan: RunPlan;
  readonly #block: number;
  readonly #everyMs: number | null;
  #end: number;
  #nextIteration: number;
  #nextMs: number;

  constructor(plan: RunPlan, start: Progress) {
    this.#plan = plan;
    // Nothing runs while a sample is taken, so a shorter block would never let as many run at a time as were asked for.
    this.#block = Math.max(plan.concurrency, Math.floor((plan.iterations ?? 0) / SAMPLES));
    this.#everyMs = plan.sampleEveryMs ?? (plan.iterations === null ? intervalFor(plan.durationMs ?? LONGEST_MS) : null);
    this.#end = plan.iterations ?? Number.POSITIVE_INFINITY;
    this.#nextIteration = start.iteration + this.#block;
    this.#nextMs = start.elapsedMs + (this.#everyMs ?? 0);
  }

  /** Whether the run must stand still now, to be sampled or because it is over. */
  isDue(progress: Progress): boolean {
    if (this.isOver(progress)) return true;
    return this.#everyMs === null ? progress.iteration >= this.#nextIteration : progress.elapsedMs >= this.#nextMs;
  }

  /** Sets the next sample. */
  sampled({ iteration, elapsedMs }: Progress): void {
    this.#nextIteration = iteration + this.#block;
    this.#nextMs = elapsedMs + (this.#everyMs ?? 0);
  }

  isOver({ iteration, elapsedMs }: Progress): boolean {
    return iteration >= this.#end || (this.#plan.durationMs !== null && elapsedMs >= this.#plan.durationMs);
  }

  /** Whether the metrics are judged at this sample, before the run is over: the first one after each of the {@link LOOKS}. */
  isLook({ iteration }: Progress): boolean {
    const { iterations } = this.#plan;
    if (iterations === null) return false;
    return LOOKS.some((share) => {
      const at = share * iterations;
      return iteration >= at && iteration - at < this.#block;
    });
  }

  /** Goes on for half of the iterations again; `false` when the run has been extended to twice its length already. */
  extend(): boolean {
    const { iterations } = this.#plan;
    if (iterations === null || this.#end >= 2 * iterations) return false;
    this.#end = Math.min(2 * iterations, this.#end + Math.ceil(iterations / 2));
    return true;
  }
}

function intervalFor(durationMs: number): number {
  const even = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.ceil(durationMs / DURATION_SAMPLES)));
  return Math.min(even, Math.floor(durationMs / MIN_READINGS));
}
