import { redactText } from './redact.ts';
import { plural } from './wording.ts';

/** Which part of the suite one Playwright process was asked to run. */
export interface Selection {
  /** What chose some tests and left out others, such as `-g drawer`; absent: nothing did. */
  readonly chosenBy?: string;
  /** `2/3`; absent: it was not sharded. */
  readonly shard?: string;
  /** How its config was named, such as `-c smoke.config.ts`; absent: it was not, and Playwright found it. */
  readonly config?: string;
}

export interface RunEnd {
  readonly status: 'passed' | 'failed' | 'timedout' | 'interrupted';
  /** Tests without any result. */
  readonly notRun: number;
  /** Of every process that took part, `undefined` where it is not known. */
  readonly parts: readonly (Selection | undefined)[];
}

/**
 * Why a run does not show all of its suite, in words; `null`: every test of it had its turn, and no config was named, beside which there may
 * be others. Only such a run can tell that something is nowhere.
 */
export function partialBecause({ status, notRun, parts }: RunEnd): string | null {
  if (status === 'interrupted') return 'the run was interrupted';
  if (status === 'timedout') return 'the run ran out of time';
  if (parts.length === 0 || parts.includes(undefined)) return 'it is not known which tests were chosen';
  const chosenBy = parts.find((part) => part?.chosenBy !== undefined)?.chosenBy;
  if (chosenBy !== undefined) return `only some tests were chosen (${chosenBy})`;
  const missing = missingShard(parts.flatMap((part) => part?.shard ?? []));
  if (missing !== null) return missing;
  if (notRun > 0) return `${plural(notRun, 'test')} did not run`;
  const config = parts.find((part) => part?.config !== undefined)?.config;
  return config === undefined ? null : `other configs may have tests of their own (${config})`;
}

function missingShard(shards: readonly string[]): string | null {
  const total = Number(shards[0]?.split('/')[1] ?? 0);
  const here = new Set(shards.map((shard) => Number(shard.split('/')[0])));
  for (let shard = 1; shard <= total; shard += 1) {
    if (!here.has(shard)) return `nothing is known of shard ${String(shard)} of ${String(total)}`;
  }
  return null;
}

/**
 * What one process was asked to run; `undefined` when its command line does not tell.
 *
 * @param argv `process.argv` of the runner
 * @example selectionOf(['node', 'cli.js', 'test', '--workers', '2', '-g', 'drawer'], null) // { chosenBy: '-g drawer' }
 */
export function selectionOf(
  argv: readonly string[],
  shard: { readonly current: number; readonly total: number } | null,
): Selection | undefined {
  const command = readCommand(argv);
  if (command === null) return undefined;
  return {
    ...command,
    ...(shard === null ? {} : { shard: `${String(shard.current)}/${String(shard.total)}` }),
  };
}

/** Options of `playwright test` that choose nothing and take a value. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...['-c', '--config', '--browser', '--global-timeout', '-j', '--workers', '--output', '--repeat-each', '--reporter', '--add-reporter'],
  ...['--retries', '--timeout', '--trace', '--tsconfig', '--update-source-method', '--shard', '--max-failures', '--run-agents'],
]);

/** Those that choose nothing and take none, or may do without. What follows one that may have a value is taken for it if it can be. */
const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  ...['--fail-on-flaky-tests', '--forbid-only', '--fully-parallel', '--headed', '--ignore-snapshots', '--pass-with-no-tests', '--quiet'],
  ...['-x', '-u', '--update-snapshots', '--shuffle'],
]);

const OPTIONAL_VALUE: Readonly<Record<string, RegExp>> = {
  '-u': /^(?:all|changed|missing|none|default)$/,
  '--update-snapshots': /^(?:all|changed|missing|none|default)$/,
  '--shuffle': /^\d+$/,
};

const MAX_SHOWN = 60;

/**
 * What in a command line chooses some of the tests, and how it names the config, for another one may have tests of its own. An option that
 * is not known here counts as one that chooses, for a part must never be taken for the whole. `null`: it does not call `playwright test`.
 */
function readCommand(argv: readonly string[]): Omit<Selection, 'shard'> | null {
  const command = argv.indexOf('test', 2);
  if (command < 0) return null;
  const args = argv.slice(command + 1);
  let config: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (argument === '--') break;
    const [name = ''] = argument.split('=');
    const next = args[index + 1];
    const pair = argument.startsWith('-') && !argument.includes('=') ? `${argument} ${next ?? ''}` : argument;
    if (/^(?:-c|--config(?:=|$))/.test(argument)) config = WITH_VALUE.has(argument) ? pair : argument;
    if (WITH_VALUE.has(name)) index += argument.includes('=') ? 0 : 1;
    else if (/^-[cj]./.test(argument)) continue;
    else if (!WITHOUT_VALUE.has(name)) return { chosenBy: shorten(pair) };
    else if (next !== undefined && OPTIONAL_VALUE[name]?.test(next) === true) index += 1;
  }
  return config === undefined ? {} : { config: shorten(config) };
}

function shorten(text: string): string {
  const shown = redactText(text.trim());
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
