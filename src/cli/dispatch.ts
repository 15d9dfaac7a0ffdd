import { baseline } from './baseline.ts';
import { bench } from './bench.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { doctor } from './doctor.ts';
import { ownPackage } from '../assets/ownPackage.ts';
import { show } from './show.ts';
import { trend } from './trend.ts';
import { soak } from './soak.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['doctor', doctor],
  ['show', show],
  ['baseline', baseline],
  ['trend', trend],
  ['bench', bench],
  ['soak', soak],
]);

/**
 * Runs the command line `leak <args>` and returns the exit code: 0 fine, 1 not fine, 2 misunderstood.
 *
 * @example process.exitCode = await dispatch(['doctor'], terminal);
 */
export async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === '--version' || name === '-v') {
      terminal.out(`${ownPackage().version}\n`);
      return 0;
    }
    if (name === undefined || name === '--help' || name === '-h') {
      terminal.out(help());
      return 0;
    }
    const command = COMMANDS.get(name);
    if (command === undefined) {
      const what = name.startsWith('-') ? 'option' : 'command';
      throw new UsageError(`Unknown ${what} ${JSON.stringify(name)}: expected ${[...COMMANDS.keys()].join(', ')}, --help or --version.`);
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      terminal.out(command.usage);
      return 0;
    }
    return await command.run(rest, terminal);
  } catch (error) {
    const sentence = misunderstanding(error, COMMANDS.get(name ?? '')?.usage ?? '');
    if (sentence === null) throw error;
    terminal.error(`leak: ${sentence}\n`);
    return 2;
  }
}

function help(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'leak finds resource leaks in Playwright Test suites: npx playwright test --reporter=leak',
    '',
    'Usage: leak <command> [options]',
    '',
    ...lines,
    '',
    'leak <command> --help tells more. Exit codes: 0 fine, 1 not fine, 2 not understood.',
    '',
  ].join('\n');
}

/** The sentence for a usage error, ours or that of `util.parseArgs`; `null` for any other error. */
function misunderstanding(error: unknown, usage: string): string | null {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof TypeError) || !('code' in error) || !String(error.code).startsWith('ERR_PARSE_ARGS_')) return null;
  const [sentence = ''] = error.message.split(/\.(?:\s|$)/);
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `${sentence}: expected ${[...optionsIn(usage), '--help'].join(', ')}.`;
  const [, ambiguous] = /(--[\w-]+)=-XYZ/.exec(error.message) ?? [];
  if (ambiguous !== undefined) return `${ambiguous} needs a value, and one that begins with a dash is written ${ambiguous}=-….`;
  return `${sentence}.`;
}

/** Those that the help of a command explains, each in a line of its own. */
function optionsIn(usage: string): string[] {
  return [...usage.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].flatMap(([, option]) => option ?? []);
}
