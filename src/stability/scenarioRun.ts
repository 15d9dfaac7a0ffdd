import { hasTooManyFds, hasTooManyPages, judgeScenario, type Scenario, type SeriesPoint } from '../core/scenario.ts';
import { Ending } from './ending.ts';
import { ErrorLog } from './errorLog.ts';
import { leakingOf } from './judgement.ts';
import { LatencyCourse, LatencyHistogram } from './latency.ts';
import { Rounds } from './rounds.ts';
import { Sampler } from './sampler.ts';
import type { ScenarioParts } from './scenarioParts.ts';
import { Schedule, type Progress } from './schedule.ts';

/** Iterations after which the test runner's memory of them is dropped, if no sample comes first. */
const FORGET_EVERY = 100;

/**
 * One stability scenario: warm-up, then iterations in blocks with a sample after each, judged at looks, ended early when certain and
 * extended when not. Whatever happens, {@link ScenarioRun.run} resolves with a verdict on what was measured; it throws nothing.
 */
export class ScenarioRun {
  readonly #parts: ScenarioParts;
  readonly #ending: Ending;
  readonly #errors: ErrorLog;
  readonly #latency = new LatencyCourse();
  readonly #sampler: Sampler;
  readonly #rounds: Rounds;
  #iteration: number;
  #elapsedMs: number;
  #givenUp = false;
  /** Whether the last reading is of the end: no iteration has begun since, and it waited for counts to come back. */
  #settled = false;
  #measuring = false;
  #started: Promise<Scenario> | undefined;

  constructor(parts: ScenarioParts) {
    const { plan, past, advance } = parts;
    this.#parts = parts;
    this.#ending = new Ending(parts.clock);
    this.#errors = new ErrorLog(plan);
    this.#sampler = new Sampler(parts.meter, parts.clock, plan, past && { points: past.series, stride: past.stride, joins: past.joins });
    this.#iteration = past?.iteration ?? 0;
    this.#elapsedMs = past?.elapsedMs ?? 0;
    if (past !== undefined) {
      this.#errors.resume(past.errors, past.iteration);
      this.#latency.resume(past.latencies);
    }
    this.#rounds = new Rounds({
      body: parts.body,
      plan,
      clock: parts.clock,
      signal: this.#ending.signal,
      moveClocks: plan.advanceMs === 0 || advance === undefined ? undefined : () => advance.call(parts, plan.advanceMs),
      onOutcome: (outcome) => {
        // Whoever ends a run closes what its iterations work with: what they throw from then on is his doing.
        if (!outcome.ok && this.#isStopped()) return;
        if (outcome.ok) this.#errors.succeeded();
        else this.#errors.failed(outcome.error, outcome.injected, parts.clock.now());
        if (this.#measuring) this.#latency.record(outcome.ms);
        parts.onIteration?.(this.#errors.count);
      },
    });
  }

  /** Why the run ended, or is about to end, before its time: one sentence. `null`: it did not. */
  get cutShort(): string | null {
    return this.#ending.reason;
  }

  /** Runs to the verdict. A second call gets the same. */
  run(): Promise<Scenario> {
    this.#started ??= this.#run();
    return this.#started;
  }

  /** Gives the run up, for this reason, and resolves with the verdict on what was measured. */
  abort(reason: string): Promise<Scenario> {
    this.#ending.abandon(reason);
    return this.run();
  }

  /** The verdict there would be if the run ended here, for this reason. What survived has no lines yet. */
  sofar(reason: string): Scenario {
    return this.#judge(reason, false);
  }

  async #run(): Promise<Scenario> {
    const { meter, watchUnhandled } = this.#parts;
    const unwatch = watchUnhandled?.((error) => {
      if (!this.#isStopped()) this.#errors.unhandled(error);
    });
    try {
      const iterating = this.#iterate();
      // A reading does not hold back the verdict on a run that is abandoned; iterations have a moment to end.
      await Promise.race([iterating, this.#ending.abandoned]);
      if (this.#rounds.running > 0) await iterating;
      return await this.#conclude();
    } finally {
      unwatch?.();
      await meter.stop();
    }
  }

  async #iterate(): Promise<void> {
    const { plan, clock } = this.#parts;
    await this.#warmUp();
    if (this.#over()) return;
    const schedule = new Schedule(plan, this.#progress());
    this.#errors.startMeasuring();
    this.#tell(await this.#sampler.start(this.#progress()), new LatencyHistogram());
    this.#measuring = true;
    while (!this.#over()) {
      const began = clock.now();
      const before = this.#elapsedMs;
      this.#settled = false;
      await this.#perform(() => {
        this.#elapsedMs = before + clock.now() - began;
        return this.#over() || schedule.isDue(this.#progress()) ? null : this.#take();
      });
      this.#elapsedMs = before + clock.now() - began;
      if (this.#ending.isAbandoned || this.#rounds.hasBrokenOff) return;
      const isSettled = await this.#sample(schedule);
      if (schedule.isOver(this.#progress()) && !this.#extend(schedule)) return;
      if (isSettled && this.#isCertain(schedule)) return;
    }
  }

  async #warmUp(): Promise<void> {
    let iteration = -this.#parts.plan.warmUp;
    await this.#perform(() => (iteration < 0 && !this.#over() ? iteration++ : null));
  }

  #perform(next: () => number | null): Promise<void> {
    return this.#ending.waitFor(() => this.#rounds.run(next));
  }

  #take(): number {
    const iteration = this.#iteration;
    this.#iteration += 1;
    if (iteration % FORGET_EVERY === 0) this.#parts.forget?.();
    return iteration;
  }

  /** Whether the run ends before its schedule does. */
  #over(): boolean {
    if (this.#isStopped()) return true;
    if (!this.#errors.isHopeless(this.#parts.clock.now())) return false;
    this.#givenUp = true;
    this.#ending.begin(`given up: ${this.#errors.describe()}`);
    return true;
  }

  /** Whether somebody has ended it. */
  #isStopped(): boolean {
    const asked = this.cutShort ?? this.#parts.stopRequested?.() ?? null;
    if (asked !== null) this.#ending.begin(asked);
    return asked !== null;
  }

  /** Resolves with whether the reading waited for counts to come back. */
  async #sample(schedule: Schedule): Promise<boolean> {
    this.#parts.forget?.();
    const progress = this.#progress();
    const recent = this.#latency.takeRecent();
    const p95Ms = recent.quantile(0.95);
    let final = schedule.isOver(progress) || this.cutShort !== null;
    let point = await this.#sampler.sample(progress, final, p95Ms);
    if (!final && this.#isCertain(schedule)) {
      // The end is judged by what is still open after a while. That takes the place of this reading, and may leave nothing certain.
      final = true;
      point = await this.#sampler.sample(progress, final, p95Ms);
    }
    this.#settled = final;
    this.#tell(point, recent);
    schedule.sampled(progress);
    return final;
  }

  #tell(point: SeriesPoint, recent: LatencyHistogram): void {
    this.#parts.onCheckpoint?.({ ...this.#progress(), point, errors: this.#errors.summary(), latency: recent.buckets() });
  }

  #extend(schedule: Schedule): boolean {
    const { extend, criteria } = this.#parts.plan;
    // Iterations that are added for another metric must not dilute errors that were too many in those planned.
    if (!extend || this.#errors.summary().rate > criteria.errorRate) return false;
    return !this.#sampler.isDecided(this.#progress()) && schedule.extend();
  }

  #isCertain(schedule: Schedule): boolean {
    const { earlyStop, iterations, criteria } = this.#parts.plan;
    const progress = this.#progress();
    const isExtension = iterations !== null && progress.iteration > iterations;
    if (!(earlyStop || isExtension)) return false;
    if (hasTooManyPages(this.#sampler.points, criteria)) return true;
    if (!schedule.isLook(progress)) return false;
    return this.#sampler.isDecided(progress) || hasTooManyFds(this.#sampler.points, criteria);
  }

  async #conclude(): Promise<Scenario> {
    if (this.#rounds.running > 0) this.#ending.leave(this.#rounds.leave());
    const scenario = this.#judge(this.cutShort, this.#settled);
    if (scenario.verdict !== 'leak') return scenario;
    const findings = await this.#parts.meter.survivors(leakingOf(scenario, this.#parts.past?.iteration ?? 0));
    // Looking for survivors has its own faults to tell.
    return { ...scenario, findings, notes: this.#notes() };
  }

  /** @param settled Whether the last reading is of the end. */
  #judge(cutShort: string | null, settled: boolean): Scenario {
    const { name, plan, meter } = this.#parts;
    const metrics = this.#sampler.judge(this.#progress(), cutShort !== null).map(({ wantsMore: _, ...metric }) => metric);
    const measured = {
      metrics,
      series: this.#sampler.points,
      joins: this.#parts.past?.joins ?? [],
      errors: this.#errors.summary(),
      latency: this.#latency.summary(),
      zombies: meter.zombies(),
      cutShort,
      givenUp: this.#givenUp,
      settled,
    };
    return {
      name,
      testId: '',
      iterations: this.#iteration,
      warmUp: plan.warmUp,
      ...judgeScenario(measured, plan.criteria),
      metrics,
      series: measured.series,
      errors: measured.errors,
      latency: measured.latency,
      criteria: plan.criteria,
      findings: [],
      notes: this.#notes(),
    };
  }

  #notes(): readonly string[] {
    const { plan, meter } = this.#parts;
    return [...plan.notes, ...meter.notes(), ...this.#errors.notes()];
  }

  #progress(): Progress {
    return { iteration: this.#iteration, elapsedMs: this.#elapsedMs };
  }
}
