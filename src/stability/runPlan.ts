import { DEFAULT_CRITERIA, parseCriteria, type Criteria } from '../core/criteria.ts';
import { display } from '../core/json.ts';
import { LONG_SPAN } from '../core/judgeBytes.ts';
import { MIN_COUNTS } from '../core/judgeCount.ts';
import { expectAmount, expectRecord } from '../core/optionValue.ts';
import { MAX_SEED, type SoakPlan } from '../core/soakPlan.ts';
import { MIN_READINGS } from '../core/windows.ts';

/** Options of `leak.stability` and `leak.measure`. */
export interface StabilityOptions {
  /** Iterations to measure; 1000 unless given, 20 at least. */
  readonly iterations?: number;
  /** Iterations before the measuring, in which modules load, caches fill and code is compiled; a tenth of `iterations`, at most 50. */
  readonly warmUp?: number;
  /**
   * Iterations that run at the same time; 1. All end before a reading is taken, so it is a seventh of `iterations` at most, a fifteenth of
   * fewer than 880: with more there would be fewer readings than a verdict needs. A note in the report says so.
   */
  readonly concurrency?: number;
  /**
   * Milliseconds after which an iteration counts as failed; 0, the default, leaves that to the test's own time-out, and in a soak, which
   * has none, to a limit of five minutes. At most 2³¹ − 1, some 24 days.
   */
  readonly iterationTimeout?: number;
  /** Ends the run as soon as the verdict is certain, at half of the iterations at the earliest; `true`. */
  readonly earlyStop?: boolean;
  /** Goes on for up to as many iterations again when the verdict is not certain at the end, unless too many have failed; `true`. */
  readonly extend?: boolean;
  /** When the scenario holds; see {@link Criteria} for the defaults. */
  readonly criteria?: Partial<Criteria>;
  /**
   * After each iteration, Playwright's clock in every open page goes forward by so many milliseconds: timers that are due fire, and what
   * one of them throws is the iteration's error.
   */
  readonly clock?: { readonly advanceMs: number };
  /** Share of the questions `inject.fail()` that is answered with yes, and the seed (0 to 2³² − 1; 1) that decides which. */
  readonly inject?: { readonly errorRate: number; readonly seed?: number };
}

/** A scenario's options, checked, with defaults filled in. */
export interface RunPlan {
  /** `null`: until the time is over. */
  readonly iterations: number | null;
  readonly durationMs: number | null;
  readonly warmUp: number;
  readonly concurrency: number;
  readonly iterationTimeoutMs: number;
  readonly earlyStop: boolean;
  readonly extend: boolean;
  readonly criteria: Criteria;
  readonly advanceMs: number;
  readonly errorRate: number;
  readonly seed: number;
  /** `null`: at blocks of iterations. */
  readonly sampleEveryMs: number | null;
  /** Sentences for the report: what is done otherwise than it was asked for. */
  readonly notes: readonly string[];
}

/** Fewer cannot show growth: ten blocks of two are the least in which a count can be seen to keep growing. */
export const LEAST_ITERATIONS = 20;
const DEFAULT_ITERATIONS = 1000;
const MOST_WARM_UP = 50;

/** In a soak no test time-out, which is what an `iterationTimeout` of 0 counts on, ends an iteration that never resolves. */
const SOAK_ITERATION_TIMEOUT_MS = 300_000;

/** A timer of more fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const NO_ERRORS = { errorRate: 0, seed: 1 };

const KEYS: readonly (keyof StabilityOptions)[] = [
  ...(['iterations', 'warmUp', 'concurrency', 'iterationTimeout', 'earlyStop', 'extend', 'criteria', 'clock', 'inject'] as const),
];

/**
 * Checks the options of a scenario.
 *
 * @param soak What `leak soak` wants: it overrides how long and how the scenario runs, not when it holds.
 * @throws TypeError or RangeError that names the option, what was expected and what came
 */
export function planRun(options: unknown, soak: SoakPlan | null = null): RunPlan {
  const given = options === undefined ? {} : expectRecord(options, 'options', KEYS);
  const wanted = whole(given['iterations'], 'iterations', LEAST_ITERATIONS, ' for a verdict') ?? DEFAULT_ITERATIONS;
  const iterations = soak?.durationMs === undefined ? (soak?.iterations ?? wanted) : null;
  if (iterations !== null && iterations < LEAST_ITERATIONS) {
    throw new RangeError(`--iterations: expected at least ${String(LEAST_ITERATIONS)} for a verdict, got ${String(iterations)}`);
  }
  const concurrency = soak?.concurrency ?? whole(given['concurrency'], 'concurrency', 1) ?? 1;
  const sampleEveryMs = soak?.sampleEveryMs ?? null;
  const most = iterations === null || sampleEveryMs !== null ? concurrency : mostAtATime(iterations);
  const inject = given['inject'] === undefined ? NO_ERRORS : parseInject(given['inject']);
  const clock = given['clock'] === undefined ? undefined : expectRecord(given['clock'], 'options.clock', ['advanceMs']);
  return {
    iterations,
    durationMs: soak?.durationMs ?? null,
    warmUp: whole(given['warmUp'], 'warmUp', 0) ?? Math.min(MOST_WARM_UP, Math.ceil((iterations ?? DEFAULT_ITERATIONS) / 10)),
    concurrency: Math.min(concurrency, most),
    iterationTimeoutMs:
      whole(given['iterationTimeout'], 'iterationTimeout', 0, '', LONGEST_TIMER_MS) || (soak === null ? 0 : SOAK_ITERATION_TIMEOUT_MS),
    earlyStop: soak === null && flag(given['earlyStop'], 'earlyStop'),
    extend: soak === null && flag(given['extend'], 'extend'),
    criteria: given['criteria'] === undefined ? DEFAULT_CRITERIA : parseCriteria(given['criteria'], 'options.criteria'),
    advanceMs: clock === undefined ? 0 : (whole(clock['advanceMs'], 'clock.advanceMs', 1) ?? missing('clock.advanceMs')),
    errorRate: (soak ?? inject).errorRate,
    seed: (soak ?? inject).seed,
    sampleEveryMs,
    notes:
      concurrency <= most
        ? []
        : [
            `${String(most)} iterations ran at a time instead of ${String(concurrency)}: of ${String(iterations)}, more leave too few readings for a verdict`,
          ],
  };
}

function parseInject(value: unknown): typeof NO_ERRORS {
  const { errorRate, seed } = expectRecord(value, 'options.inject', ['errorRate', 'seed']);
  return {
    errorRate: expectAmount(errorRate, 'options.inject.errorRate', 1, 'errors per question, as a share'),
    seed: whole(seed, 'inject.seed', 0, '', MAX_SEED) ?? NO_ERRORS.seed,
  };
}

/** A reading is taken before the first iteration, and one whenever all that ran at the same time have ended. */
function mostAtATime(iterations: number): number {
  // Over so many iterations, memory can be seen to hold by fewer readings.
  const readings = iterations < LONG_SPAN ? MIN_READINGS : MIN_COUNTS;
  return Math.floor(iterations / (readings - 1));
}

function whole(value: unknown, name: string, least: number, why = '', most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw new TypeError(`options.${name}: expected a whole number, got ${display(value)}`);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`options.${name}: expected a whole number of at least ${String(least)}${why}, got ${String(value)}`);
  }
  if (value > most) throw new RangeError(`options.${name}: expected a whole number of at most ${String(most)}, got ${String(value)}`);
  return value;
}

function flag(value: unknown, name: string): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'boolean') throw new TypeError(`options.${name}: expected true or false, got ${display(value)}`);
  return value;
}

function missing(name: string): never {
  throw new TypeError(`options.${name}: expected a whole number of milliseconds, got undefined`);
}
