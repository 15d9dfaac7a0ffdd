import { parseDuration, parseSize } from '../../core/quantity.ts';
import { MAX_SEED } from '../../core/soakPlan.ts';
import { LEAST_ITERATIONS } from '../../stability/runPlan.ts';
import { UsageError } from '../command.ts';

/** What the command line says. What it does not say is `undefined`. */
export interface SoakArguments {
  readonly iterations: number | undefined;
  readonly durationMs: number | undefined;
  readonly concurrency: number | undefined;
  readonly errorRate: number | undefined;
  readonly seed: number | undefined;
  readonly sampleEveryMs: number | undefined;
  readonly fdLimit: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly resume: boolean;
  /** Everything else, in order: for `playwright test`. */
  readonly playwright: readonly string[];
}

const VALUED = ['--iterations', '--duration', '--concurrency', '--error-rate', '--seed', '--sample-every', '--fd-limit', '--memory-limit'];

/**
 * Reads the arguments of `leak soak`. What is not its own goes to Playwright as it stands, as does all after `--`.
 *
 * @throws UsageError that names the option, what was expected and what came
 * @example parseSoakArguments(['-g', 'drawer', '--duration', '72h']).durationMs // 259_200_000
 */
export function parseSoakArguments(args: readonly string[]): SoakArguments {
  const { values, resume, playwright } = split(args);
  const read = <T>(option: string, parse: (text: string, name: string) => T): T | undefined => {
    const text = values.get(option);
    return text === undefined ? undefined : understood(() => parse(text, option));
  };
  const whole =
    (least: number, most = Number.MAX_SAFE_INTEGER) =>
    (text: string, name: string) =>
      wholeNumber(text, name, least, most);
  if (values.has('--iterations') && values.has('--duration')) {
    throw new UsageError('soak takes --iterations or --duration, came both.');
  }
  return {
    iterations: read('--iterations', iterations),
    durationMs: read('--duration', parseDuration),
    concurrency: read('--concurrency', whole(1)),
    errorRate: read('--error-rate', share),
    seed: read('--seed', whole(0, MAX_SEED)),
    sampleEveryMs: read('--sample-every', parseDuration),
    fdLimit: read('--fd-limit', whole(1)),
    memoryLimitBytes: read('--memory-limit', memoryLimit),
    resume,
    playwright,
  };
}

interface Split {
  readonly values: ReadonlyMap<string, string>;
  readonly resume: boolean;
  readonly playwright: readonly string[];
}

function split(args: readonly string[]): Split {
  const values = new Map<string, string>();
  const playwright: string[] = [];
  let resume = false;
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const equals = argument.indexOf('=');
    const name = equals === -1 ? argument : argument.slice(0, equals);
    if (argument === '--') {
      playwright.push(...rest.splice(0));
    } else if (name === '--resume') {
      if (equals !== -1) throw new UsageError(`--resume takes no value, got ${JSON.stringify(argument.slice(equals + 1))}.`);
      resume = true;
    } else if (VALUED.includes(name)) {
      if (values.has(name)) throw new UsageError(`${name} is there twice.`);
      const value = equals === -1 ? rest.shift() : argument.slice(equals + 1);
      if (value === undefined || value === '') throw new UsageError(`${name} needs a value.`);
      values.set(name, value);
    } else {
      playwright.push(argument);
    }
  }
  return { values, resume, playwright };
}

function wholeNumber(text: string, name: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name}: expected a whole number of ${String(least)} to ${String(most)}, got ${JSON.stringify(text)}`);
}

function iterations(text: string, name: string): number {
  const value = wholeNumber(text, name, 1, Number.MAX_SAFE_INTEGER);
  if (value >= LEAST_ITERATIONS) return value;
  throw new RangeError(`${name}: expected at least ${String(LEAST_ITERATIONS)} for a verdict, got ${JSON.stringify(text)}`);
}

function share(text: string, name: string): number {
  const value = /^(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1) return value;
  throw new RangeError(`${name}: expected a share from 0 to 1, such as 0.05, got ${JSON.stringify(text)}`);
}

/** With less, not even Playwright's own code fits. */
const LEAST_MEMORY = '64m';

function memoryLimit(text: string, name: string): number {
  const bytes = parseSize(text, name);
  if (bytes >= parseSize(LEAST_MEMORY, name)) return bytes;
  throw new RangeError(`${name}: expected at least ${LEAST_MEMORY}, which Playwright itself needs, got ${JSON.stringify(text)}`);
}

function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(`${error.message}.`);
    throw error;
  }
}
