import { resolve } from 'node:path';
import { parseBudgets, type Budgets, type Limits } from '../src/core/budgets.ts';
import { defaultFailOn, FAIL_ON, type FailOn } from '../src/core/gate.ts';
import { display, isRecord } from '../src/core/json.ts';
import { messageOf } from '../src/core/messageOf.ts';
import { OUTPUT_NAMES, type OutputName } from '../src/render/outputs.ts';
import { findBaseline, readBaseline, type BaselineFile } from './baselineFile.ts';

/** Options of the reporter, from `reporter: [['leak', { … }]]`. Environment variables override them. */
export interface LeakReporterOptions {
  /**
   * Folder for `report.json`, relative to the config; `PLAYWRIGHT_LEAK_OUTPUT_DIR`, relative to the working directory.
   * Default: `leak-report` beside the nearest `package.json`.
   */
  readonly outputDir?: string;
  /**
   * What fails the run; `PLAYWRIGHT_LEAK_FAIL_ON`. `leak`: every leak that no rule allows · `new`: only those that are not in the baseline ·
   * `inconclusive`: as `leak`, and tests that could not be judged, and missing shards · `never`: nothing.
   * Default: `leak`; with a baseline, `new`.
   */
  readonly failOn?: FailOn;
  /**
   * File with known leaks, a baseline or a former `report.json`, relative to the config; `PLAYWRIGHT_LEAK_BASELINE`, relative to the
   * working directory. `false`, in both: none. Default: the `leak-baseline.json` beside the config, or in a folder above it up to the nearest
   * `package.json`, when there is one.
   */
  readonly baseline?: string | false;
  /** What the whole run may use and leave; the baseline may hold budgets, too, and of two the smaller counts. Default: no limits. */
  readonly budgets?: Budgets;
  /**
   * Files for CI to write beside `report.json`: `junit` (`junit.xml`), `sarif` (`report.sarif`), `codequality`
   * (`gl-code-quality-report.json`), `markdown` (`summary.md`); `PLAYWRIGHT_LEAK_OUTPUTS`, separated by commas. Default: none.
   */
  readonly outputs?: readonly OutputName[];
  /**
   * Whether to annotate leaking lines on GitHub and to write the job summary; `PLAYWRIGHT_LEAK_GITHUB`, `true` or `false`.
   * Default: whether this runs on GitHub Actions.
   */
  readonly github?: boolean;
}

/** What Playwright asks the reporter for. `list` and `merge` observe nothing. */
export type ReporterMode = 'test' | 'list' | 'merge';

/** Options with environment and defaults applied, every value checked. */
export interface ResolvedOptions {
  readonly mode: ReporterMode;
  /** Folder of the config; where relative names start. */
  readonly configDir: string;
  /** Absolute; `null`: the default folder, which is found when the run ends. */
  readonly outputDir: string | null;
  readonly failOn: FailOn;
  readonly baseline: BaselineFile | null;
  readonly budgets: Limits;
  /** Whether options or environment say so, and it is not only the default. */
  readonly given: { readonly failOn: boolean; readonly baseline: boolean };
  /** What Playwright tells of the command line, for the name of its blob. */
  readonly commandHash: string;
  readonly outputs: readonly OutputName[];
  readonly github: boolean;
  /** Sentences about options that were not understood. */
  readonly notes: readonly string[];
}

const NAMES = ['outputDir', 'failOn', 'baseline', 'budgets', 'outputs', 'github'];
/** What Playwright adds to every reporter's options. */
const PLAYWRIGHTS = new Set(['configDir']);

/**
 * Checks the options and reads the baseline.
 *
 * @throws TypeError that names the option or variable, what was expected and what came.
 */
export function resolveOptions(value: unknown, env: Readonly<Record<string, string | undefined>>, cwd: string): ResolvedOptions {
  const options = value === undefined ? {} : value;
  if (!isRecord(options)) throw oneLine(`leak reporter: expected an object with ${NAMES.join(', ')}, got ${display(options)}`);
  const configDir = typeof options['configDir'] === 'string' ? options['configDir'] : cwd;
  const mode = options['_mode'] === 'list' || options['_mode'] === 'merge' ? options['_mode'] : 'test';
  const outputDir = pick('outputDir', 'PLAYWRIGHT_LEAK_OUTPUT_DIR', options, env);
  const baseline = mode === 'list' ? null : loadBaseline(options, env, configDir, cwd);
  const failOn = pick('failOn', 'PLAYWRIGHT_LEAK_FAIL_ON', options, env);
  const strangers = Object.keys(options).filter((name) => !NAMES.includes(name) && !PLAYWRIGHTS.has(name) && !name.startsWith('_'));
  return {
    mode,
    configDir,
    outputDir: outputDir === null ? null : resolve(outputDir.fromEnv ? cwd : configDir, outputDir.value),
    failOn: failOn === null ? defaultFailOn(baseline) : parseFailOn(failOn),
    baseline,
    budgets: loadBudgets(options['budgets']),
    given: { failOn: failOn !== null, baseline: options['baseline'] !== undefined || (env['PLAYWRIGHT_LEAK_BASELINE'] ?? '') !== '' },
    commandHash: typeof options['_commandHash'] === 'string' ? options['_commandHash'] : '',
    outputs: parseOutputs(options['outputs'], env),
    github: parseGithub(options['github'], env),
    notes: strangers.map((name) => `The reporter has no option "${name}"; it has ${NAMES.join(', ')}.`),
  };
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly fromEnv: boolean;
}

/** The variable when it is set and not empty, else the option. */
function pick(
  name: string,
  variable: string,
  options: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): Setting | null {
  const fromEnv = env[variable];
  if (fromEnv !== undefined && fromEnv !== '') return { name: variable, value: fromEnv, fromEnv: true };
  const value = options[name];
  if (value === undefined) return null;
  if (typeof value !== 'string' || value === '') throw oneLine(`leak reporter, ${name}: expected a non-empty text, got ${display(value)}`);
  return { name, value, fromEnv: false };
}

function parseFailOn({ name, value }: Setting): FailOn {
  const choice = FAIL_ON.find((candidate) => candidate === value);
  if (choice === undefined)
    throw oneLine(`leak reporter, ${name}: expected ${FAIL_ON.map((c) => `'${c}'`).join(', ')}, got ${display(value)}`);
  return choice;
}

/** Each once, in the order in which they were named. */
function parseOutputs(value: unknown, env: Readonly<Record<string, string | undefined>>): OutputName[] {
  const fromEnv = env['PLAYWRIGHT_LEAK_OUTPUTS'] ?? '';
  const name = fromEnv === '' ? 'outputs' : 'PLAYWRIGHT_LEAK_OUTPUTS';
  const given: unknown = fromEnv === '' ? (value ?? []) : fromEnv.split(',').map((part) => part.trim());
  const expected = `expected a list of ${OUTPUT_NAMES.map((choice) => `'${choice}'`).join(', ')}`;
  if (!Array.isArray(given)) throw oneLine(`leak reporter, ${name}: ${expected}, got ${display(given)}`);
  const outputs = (given as unknown[]).map((item) => {
    const output = OUTPUT_NAMES.find((choice) => choice === item);
    if (output === undefined) throw oneLine(`leak reporter, ${name}: ${expected}, got ${display(item)} in it`);
    return output;
  });
  return [...new Set(outputs)];
}

function parseGithub(value: unknown, env: Readonly<Record<string, string | undefined>>): boolean {
  const fromEnv = env['PLAYWRIGHT_LEAK_GITHUB'] ?? '';
  if (fromEnv !== '') {
    if (['true', '1', 'false', '0'].includes(fromEnv)) return fromEnv === 'true' || fromEnv === '1';
    throw oneLine(`leak reporter, PLAYWRIGHT_LEAK_GITHUB: expected 'true' or 'false', got ${display(fromEnv)}`);
  }
  if (value === undefined) return env['GITHUB_ACTIONS'] === 'true';
  if (typeof value !== 'boolean') throw oneLine(`leak reporter, github: expected true or false, got ${display(value)}`);
  return value;
}

function loadBudgets(value: unknown): Limits {
  try {
    return parseBudgets(value, 'budgets');
  } catch (cause) {
    throw oneLine(`leak reporter, ${messageOf(cause)}`);
  }
}

function loadBaseline(
  { baseline: given }: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
  configDir: string,
  cwd: string,
): BaselineFile | null {
  const named = pick('baseline', 'PLAYWRIGHT_LEAK_BASELINE', given === false ? {} : { baseline: given }, env);
  if (named?.fromEnv === true && named.value === 'false') return null;
  const found = given === false ? null : findBaseline(configDir);
  const file = named === null ? found : resolve(named.fromEnv ? cwd : configDir, named.value);
  try {
    return file === null ? null : readBaseline(file);
  } catch (cause) {
    throw oneLine(`leak reporter, ${named?.name ?? 'baseline'}: ${messageOf(cause)}`);
  }
}

/** Playwright prints a reporter's error with its stack; here the message says it all. */
function oneLine(message: string): TypeError {
  const error = new TypeError(message);
  error.stack = `TypeError: ${message}`;
  return error;
}
