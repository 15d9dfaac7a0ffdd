import { display } from './json.ts';
import { expectAmount, expectRecord } from './optionValue.ts';

/** The environment variable by which `leak soak` tells the workers its {@link SoakPlan}, as JSON. Unset: no soak. */
export const SOAK_VARIABLE = 'PLAYWRIGHT_LEAK_SOAK';

/**
 * How `leak soak` wants every scenario of the suite to run, whatever the scenario says itself. Without `iterations` and `durationMs` the
 * scenario's own number of iterations holds; there are never both.
 */
export interface SoakPlan {
  /** Which soak this is; resuming it keeps it. Missing in those that were begun before there was one. */
  readonly id?: string;
  /** Iterations to measure, those of the runs that are resumed included. */
  readonly iterations?: number;
  /** Time to measure, that of the runs that are resumed included. */
  readonly durationMs?: number;
  /** Iterations that run at the same time. */
  readonly concurrency: number;
  /** Share of the questions `inject.fail()` that is answered with yes, 0 to 1. */
  readonly errorRate: number;
  /** Start of the random numbers, 0 to 2³² − 1: the same seed injects the same errors. */
  readonly seed: number;
  /** Time between two samples. Without it the runner samples at blocks of iterations. */
  readonly sampleEveryMs?: number;
  /** Soft limit of open files for the worker. */
  readonly fdLimit?: number;
  /** Limit of V8's old space in the worker. */
  readonly memoryLimitBytes?: number;
  /** Absolute path of the folder of the journals. */
  readonly directory: string;
  /** Whether the journals in the folder are continued. */
  readonly resume: boolean;
}

/** What decides how a scenario is loaded: readings under another load would be no continuation. */
export type SoakLoad = Pick<SoakPlan, 'concurrency' | 'errorRate' | 'seed'>;

/** The first option in which a load differs from a former one, with both values. What is `undefined` does not differ. */
export function differenceOf(
  former: SoakLoad,
  now: { readonly [Name in keyof SoakLoad]: number | undefined },
): { readonly option: string; readonly former: number; readonly now: number } | undefined {
  const options = [
    ['--seed', former.seed, now.seed],
    ['--concurrency', former.concurrency, now.concurrency],
    ['--error-rate', former.errorRate, now.errorRate],
  ] as const;
  for (const [option, before, value] of options) if (value !== undefined && value !== before) return { option, former: before, now: value };
  return undefined;
}

/** Largest seed: the generators take 32 bits. */
export const MAX_SEED = 0xffff_ffff;

const KEYS: readonly (keyof SoakPlan)[] = [
  'iterations',
  'durationMs',
  'concurrency',
  'errorRate',
  'seed',
  'sampleEveryMs',
  'fdLimit',
  'memoryLimitBytes',
  'directory',
  'resume',
  'id',
];

/** The value of {@link SOAK_VARIABLE}. */
export function encodeSoakPlan(plan: SoakPlan): string {
  return JSON.stringify(plan);
}

/**
 * Reads the value of {@link SOAK_VARIABLE}.
 *
 * @returns `null` when it is not set or empty: this is no soak.
 * @throws TypeError or RangeError that names the field, what was expected and what came
 * @example const plan = parseSoakPlan(process.env[SOAK_VARIABLE]);
 */
export function parseSoakPlan(text: string | undefined): SoakPlan | null {
  if (text === undefined || text === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${SOAK_VARIABLE}: expected a plan as JSON, got ${display(text)}`, { cause });
  }
  return checkSoakPlan(value, SOAK_VARIABLE);
}

/**
 * Checks a plan from unknown data.
 *
 * @param name How the plan is called in messages.
 * @throws TypeError or RangeError that names the field, what was expected and what came
 */
export function checkSoakPlan(value: unknown, name: string): SoakPlan {
  const given = expectRecord(value, name, KEYS);
  const whole = (key: keyof SoakPlan, unit: string): number => expectWhole(given[key], `${name}.${key}`, 1, unit);
  if (given['iterations'] !== undefined && given['durationMs'] !== undefined) {
    throw new TypeError(`${name}: expected iterations or durationMs, got both`);
  }
  const { id, directory, resume } = given;
  if (id !== undefined && (typeof id !== 'string' || id === '')) throw new TypeError(`${name}.id: expected a text, got ${display(id)}`);
  if (typeof directory !== 'string' || !/^(?:\/|\\\\|[A-Za-z]:[\\/])/.test(directory)) {
    throw new TypeError(`${name}.directory: expected an absolute path, got ${display(directory)}`);
  }
  if (typeof resume !== 'boolean') throw new TypeError(`${name}.resume: expected true or false, got ${display(resume)}`);
  return {
    ...(id === undefined ? {} : { id }),
    ...(given['iterations'] === undefined ? {} : { iterations: whole('iterations', 'iterations') }),
    ...(given['durationMs'] === undefined ? {} : { durationMs: whole('durationMs', 'milliseconds') }),
    concurrency: whole('concurrency', 'iterations at a time'),
    errorRate: expectAmount(given['errorRate'], `${name}.errorRate`, 1, 'errors per question, as a share'),
    seed: expectSeed(given['seed'], `${name}.seed`),
    ...(given['sampleEveryMs'] === undefined ? {} : { sampleEveryMs: whole('sampleEveryMs', 'milliseconds') }),
    ...(given['fdLimit'] === undefined ? {} : { fdLimit: whole('fdLimit', 'open files') }),
    ...(given['memoryLimitBytes'] === undefined ? {} : { memoryLimitBytes: whole('memoryLimitBytes', 'bytes') }),
    directory,
    resume,
  };
}

function expectSeed(value: unknown, name: string): number {
  const seed = expectWhole(value, name, 0, 'a seed');
  if (seed > MAX_SEED) throw new RangeError(`${name}: expected at most ${String(MAX_SEED)}, got ${String(seed)}`);
  return seed;
}

function expectWhole(value: unknown, name: string, least: number, unit: string): number {
  if (typeof value !== 'number') throw new TypeError(`${name}: expected a whole number (${unit}), got ${display(value)}`);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name}: expected a whole number of at least ${String(least)} (${unit}), got ${String(value)}`);
  }
  return value;
}
