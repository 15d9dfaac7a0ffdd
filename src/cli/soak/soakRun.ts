import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { encodeSoakPlan, SOAK_VARIABLE, type SoakPlan } from '../../core/soakPlan.ts';
import type { Terminal } from '../command.ts';
import { Interruption } from './interruption.ts';
import { Journals, notContinued } from './journals.ts';
import { createLiveView } from './liveView.ts';
import type { Ownership } from './ownership.ts';
import { playwrightArguments, reporterName } from './playwrightArguments.ts';
import type { PlaywrightCommand } from './playwrightCommand.ts';
import { PlaywrightRun, type PlaywrightEnd } from './playwrightRun.ts';
import { concludeRun, reportState, type SoakReport } from './verdict.ts';

export interface SoakRunOptions {
  readonly plan: SoakPlan;
  readonly playwright: PlaywrightCommand;
  /** Arguments of `playwright test`. */
  readonly playwrightArgs: readonly string[];
  readonly outputDir: string;
  readonly ownership: Ownership;
  readonly terminal: Terminal;
}

export interface SoakOutcome {
  readonly exitCode: number;
  /** `null`: no scenario was soaked, and nobody ended the run. */
  readonly ended: SoakReport | null;
  /** Sentences. */
  readonly problems: readonly string[];
  /** Why no scenario was soaked; `null`: one was. */
  readonly unsoaked: string | null;
  /** Whether a scenario has not come to its end. */
  readonly resumable: boolean;
}

/** Time between two looks at the journals. */
const POLL_MS = 500;

/** Runs Playwright under the plan, follows the journals, ends it on a signal, and concludes. */
export async function runSoak({ plan, playwright, playwrightArgs, outputDir, ownership, terminal }: SoakRunOptions): Promise<SoakOutcome> {
  const journals = new Journals(plan.directory);
  const view = createLiveView(plan, terminal);
  const before = reportState(outputDir);
  const started = performance.now();
  const run = new PlaywrightRun({
    cli: playwright.cli,
    args: playwrightArguments(playwrightArgs, reporterName()),
    cwd: terminal.cwd,
    env: environmentOf(plan, outputDir, terminal),
    id: randomUUID(),
    onOutput:
      terminal.rows === undefined
        ? undefined
        : (text) => {
            view.print(text);
          },
  });
  const follow = (): void => {
    for (const file of journals.poll()) view.show(file);
  };
  using interruption = new Interruption({
    requestStop: (signal) => {
      const obstacle = ownership.requestStop(signal);
      const asked =
        obstacle === null ? 'the scenarios are asked to end' : `Playwright is asked to end, as the scenarios cannot be (${obstacle})`;
      view.print(`leak soak · ${signal}: ${asked}; once more to kill them\n`);
      return obstacle === null;
    },
    hasStopped: () => journals.haveEnded,
    interrupt: () => {
      run.interrupt();
    },
    kill: () => run.kill(),
  });
  interruption.listen();
  const poll = setInterval(follow, POLL_MS);
  try {
    const end = await run.ended;
    await interruption.settled();
    // Nothing of a run that was asked to end may stay; what one leaves that ended by itself is a leak, and in its report.
    if (interruption.signal !== undefined) await run.killLeftOvers();
    follow();
    view.end();
    const { files, problems } = journals;
    const ended =
      files.length === 0 && interruption.signal === undefined
        ? null
        : concludeRun({
            ...{ outputDir, before, journals: files, env: terminal.env, cutShort: reasonOf(end, interruption) },
            ...{
              status: end.exitCode === 0 ? 'passed' : end.exitCode === null ? 'interrupted' : 'failed',
              playwrightVersion: playwright.version,
              durationMs: performance.now() - started,
            },
          });
    const holds = end.exitCode === 0 && ended?.report.gate.failed !== true;
    return {
      exitCode: interruption.exitCode ?? (holds ? 0 : 1),
      ended,
      problems: [...problems, ...(plan.resume ? notContinued(plan.directory, plan.id, files) : [])],
      unsoaked: files.length === 0 ? whyNone(end, interruption) : null,
      resumable: files.some(({ path, history }) => existsSync(path) && history.end?.cutShort !== null),
    };
  } finally {
    clearInterval(poll);
  }
}

function reasonOf({ exitCode, signal }: PlaywrightEnd, interruption: Interruption): string {
  if (interruption.exitCode !== undefined) return `cut short: ${String(interruption.signal)}, twice`;
  if (interruption.signal !== undefined) {
    return `cut short: ${interruption.signal}${interruption.wasKilled ? ', and its test did not end by itself' : ''}`;
  }
  if (signal !== null) return `cut short: Playwright was ended by ${signal}`;
  return exitCode === 0 ? 'the reporter of leak was not used' : 'cut short: its worker ended before it did';
}

function whyNone({ exitCode, signal }: PlaywrightEnd, interruption: Interruption): string {
  if (interruption.signal !== undefined) return `${interruption.signal} came before one began to measure`;
  if (signal !== null) return `Playwright was ended by ${signal} before one began to measure`;
  return exitCode === 0
    ? 'no test that ran called leak.stability or leak.measure of leak/fixtures'
    : 'none began to measure, for the reason that Playwright has reported';
}

/** The plan, and what explains a worker that does not end; limits of memory go to V8 on its command line. */
function environmentOf(plan: SoakPlan, outputDir: string, { env, color, rows }: Terminal): NodeJS.ProcessEnv {
  const { memoryLimitBytes } = plan;
  const memory = memoryLimitBytes === undefined ? [] : [`--max-old-space-size=${String(Math.floor(memoryLimitBytes / 1024 ** 2))}`];
  const nodeOptions = [env['NODE_OPTIONS'] ?? '', ...memory].join(' ').trim();
  return {
    PLAYWRIGHT_LEAK_WHY: '1',
    ...env,
    ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }),
    // Playwright prints through a pipe when charts are drawn, and would not colour it.
    ...(rows !== undefined && color ? { FORCE_COLOR: '1' } : {}),
    PLAYWRIGHT_LEAK_OUTPUT_DIR: outputDir,
    [SOAK_VARIABLE]: encodeSoakPlan(plan),
  };
}
