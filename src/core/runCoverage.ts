import { redactText } from './redact.ts';

/** Which part of the suite one Playwright process was asked to run. */
export interface Selection {
  /** What chose some tests and left out others, such as `-g drawer`; absent: nothing did. */
  readonly chosenBy?: string;
  /** `2/3`; absent: it was not sharded. */
  readonly shard?: string;
}

export interface RunEnd {
  readonly status: 'passed' | 'failed' | 'timedout' | 'interrupted';
  /** Tests without any result. */
  readonly notRun: number;
  /** Of every process that took part, `undefined` where it is not known. */
  readonly parts: readonly (Selection | undefined)[];
}

/**
 * Why a run does not show all of its suite, in words; `null`: every test of it had its turn. Only such a run can tell that something is
 * nowhere.
 */
export function partialBecause({ status, notRun, parts }: RunEnd): string | null {
  if (status === 'interrupted') return 'the run was interrupted';
  if (status === 'timedout') return 'the run ran out of time';
  if (parts.length === 0 || parts.includes(undefined)) return 'it is not known which tests were chosen';
  const chosenBy = parts.find((part) => part?.chosenBy !== undefined)?.chosenBy;
  if (chosenBy !== undefined) return `only some tests were chosen (${chosenBy})`;
  const missing = missingShard(parts.flatMap((part) => part?.shard ?? []));
  if (missing !== null) return missing;
  return notRun === 0 ? null : `${String(notRun)} ${notRun === 1 ? 'test' : 'tests'} did not run`;
}

function missingShard(shards: readonly string[]): string | null {
  const total = Number(shards[0]?.split('/')[1] ?? 0);
  const here = new Set(shards.map((shard) => Number(shard.split('/')[0])));
  for (let shard = 1; shard <= total; shard += 1) {
    if (!here.has(shard)) return `nothing is known of shard ${String(shard)} of ${String(total)}`;
  }
  return null;
}

/** What one process was asked to run; `undefined` when its command line does not tell. */
export function selectionOf(
  argv: readonly string[],
  shard: { readonly current: number; readonly total: number } | null,
): Selection | undefined {
  const chosen = chosenBy(argv);
  if (chosen === undefined) return undefined;
  return {
    ...(chosen === null ? {} : { chosenBy: chosen }),
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
 * What in a command line chooses some of the tests; `null`: nothing does. An option that is not known here counts as one that does, for a
 * part must never be taken for the whole.
 *
 * @param argv `process.argv` of the runner; `undefined` is returned for one that does not call `playwright test`
 * @example chosenBy(['node', 'cli.js', 'test', '--workers', '2', '-g', 'drawer']) // '-g drawer'
 */
export function chosenBy(argv: readonly string[]): string | null | undefined {
  const command = argv.indexOf('test', 2);
  if (command < 0) return undefined;
  const args = argv.slice(command + 1);
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (argument === '--') return null;
    const [name = ''] = argument.split('=');
    const next = args[index + 1];
    if (WITH_VALUE.has(name)) index += argument.includes('=') ? 0 : 1;
    else if (/^-[cj]./.test(argument)) continue;
    else if (!WITHOUT_VALUE.has(name))
      return shorten(argument.startsWith('-') && !argument.includes('=') ? `${argument} ${next ?? ''}` : argument);
    else if (next !== undefined && OPTIONAL_VALUE[name]?.test(next) === true) index += 1;
  }
  return null;
}

function shorten(text: string): string {
  const shown = redactText(text.trim());
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
