import type { Criteria } from './criteria.ts';
import type { Finding, Verdict } from './finding.ts';
import type { MetricVerdict } from './metric.ts';
import type { Shape } from './shape.ts';

/** All metrics at one moment of the run. `null`: it could not be read there. */
export interface SeriesPoint {
  /** Iterations done. */
  readonly iteration: number;
  readonly [metric: string]: number | null;
}

/** Iterations that threw. */
export interface ScenarioErrors {
  readonly count: number;
  /** Share of the iterations, 0 to 1. */
  readonly rate: number;
  /** Unhandled rejections and uncaught exceptions, which belong to no iteration. */
  readonly unhandled: number;
  /** The first few different messages, redacted. */
  readonly messages: readonly string[];
}

export interface ScenarioLatency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** p95 of the last tenth of the run against that of the first tenth: 0.1 is 10 % slower. `null`: too few iterations. */
  readonly degradation: number | null;
}

/** How one criterion came out. `held: null`: it could not be measured. */
export interface CriterionOutcome {
  readonly name: string;
  readonly limit: number;
  readonly actual: number | null;
  readonly held: boolean | null;
  /** Whether it fails the scenario when it does not hold. */
  readonly gates: boolean;
}

/** What was measured of a scenario; the rest of {@link Scenario} is concluded from it. */
export interface ScenarioMeasurements {
  readonly metrics: readonly MetricVerdict[];
  readonly series: readonly SeriesPoint[];
  readonly errors: ScenarioErrors;
  readonly latency: ScenarioLatency | null;
  /** `null`: could not be counted here. */
  readonly zombies: number | null;
  /** Why the run ended before a verdict was possible: a time-out, a signal, too few iterations. `null`: it did not. */
  readonly cutShort: string | null;
}

export interface ScenarioJudgement {
  /**
   * `leak`: a metric leaks, or descriptors or zombies exceed their limits. `inconclusive`: a metric could not be judged, the run was cut
   * short, or so many iterations failed that the others prove little.
   */
  readonly verdict: Verdict;
  /** Shape of the metric that matters most. */
  readonly shape: Shape;
  /** A leak, or a gating criterion that does not hold: `leak.stability` throws, the reporter gates. */
  readonly failed: boolean;
  readonly outcomes: readonly CriterionOutcome[];
  /** Sentences, the most important one first: why this is the verdict. Empty for a `pass` without remarks. */
  readonly reasons: readonly string[];
}

/** A stability scenario, as it travels from the worker to `report.json`. */
export interface Scenario extends ScenarioJudgement {
  readonly name: string;
  /** Playwright's id of its test; empty in a record, for the record belongs to its test. */
  readonly testId: string;
  /** Iterations that were measured, warm-up not included. */
  readonly iterations: number;
  readonly warmUp: number;
  readonly metrics: readonly MetricVerdict[];
  readonly series: readonly SeriesPoint[];
  readonly errors: ScenarioErrors;
  readonly latency: ScenarioLatency | null;
  readonly criteria: Criteria;
  /** What survived, with the lines that opened it. Explains the metrics; not counted among the run's findings. */
  readonly findings: readonly Finding[];
  /** Sentences: what could not be measured or was lost. */
  readonly notes: readonly string[];
}
