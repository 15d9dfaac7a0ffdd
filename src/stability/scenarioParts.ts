import type { ScenarioErrors, SeriesPoint } from '../core/scenario.ts';
import type { Meter } from './meter.ts';
import type { Body, RunClock } from './rounds.ts';
import type { RunPlan } from './runPlan.ts';
import type { Progress } from './schedule.ts';

/** What a sample tells whoever follows the run: a journal, a terminal. */
export interface Checkpoint extends Progress {
  readonly point: SeriesPoint;
  readonly errors: ScenarioErrors;
  /** Latencies since the sample before: the filled buckets of a {@link LatencyHistogram}. */
  readonly latency: readonly number[];
}

/** An earlier run that this one continues. */
export interface Past extends Progress {
  readonly series: readonly SeriesPoint[];
  /** Of so many samples each point of the series is the first. */
  readonly stride: number;
  /** After which iterations one process went on after another, this one included. */
  readonly joins: readonly number[];
  readonly errors: ScenarioErrors;
  /** In stretches of equally many samples, as the filled buckets of a {@link LatencyHistogram}. */
  readonly latencies: readonly (readonly number[])[];
}

/** What a run is made of; everything impure is passed in. */
export interface ScenarioParts {
  readonly name: string;
  readonly body: Body;
  readonly plan: RunPlan;
  readonly meter: Meter;
  readonly clock: RunClock;
  readonly past?: Past | undefined;
  /** Moves the pages' clock on; called after each iteration when the plan asks for it. What it throws is the iteration's error. */
  advance?(ms: number): Promise<void>;
  /** Lets go of what the test runner keeps of iterations that are over. Called now and then. */
  forget?(): void;
  /** Tells of errors that nobody handled, until what it returns is called. */
  watchUnhandled?(onError: (error: unknown) => void): () => void;
  onCheckpoint?(checkpoint: Checkpoint): void;
  /** Told after each iteration how many have failed so far: of the warm-up, and once that is over, of those measured. */
  onIteration?(failed: number): void;
  /** Why the run must end now, asked before each iteration and when one fails; `null`: it need not. */
  stopRequested?(): string | null;
}
