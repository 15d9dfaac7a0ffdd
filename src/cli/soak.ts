import path from 'node:path';
import { renderTerminal } from '../render/terminal.ts';
import { SoakJournalError } from '../core/soakJournal.ts';
import type { SoakPlan } from '../core/soakPlan.ts';
import { outputDirOf } from '../files/projectFolder.ts';
import type { Command, Terminal } from './command.ts';
import { latestJournal, unfinishedOfOthers } from './soak/journals.ts';
import { Ownership } from './soak/ownership.ts';
import { describePlan } from './soak/describePlan.ts';
import { findPlaywright } from './soak/playwrightCommand.ts';
import { parseSoakArguments } from './soak/soakArguments.ts';
import { planSoak } from './soak/soakPlanning.ts';
import { runSoak, type SoakOutcome } from './soak/soakRun.ts';

const USAGE = `Usage: leak soak [options] [arguments of playwright test]

Runs the stability scenarios of this suite (leak.stability, leak.measure) for hours and days, with the Playwright of this project. All
other arguments go to playwright test, such as a file, -g drawer or --project chromium; what comes after -- does in any case.

  --iterations <n>       iterations of each scenario, at least 20; without this and --duration, as many as the scenario says
  --duration <time>      time for each scenario: 500ms, 30s, 5m, 72h, 3d
  --concurrency <n>      iterations at the same time, 1
  --error-rate <share>   share of the questions inject.fail() that is answered with yes, 0 to 1; such failures count apart
  --seed <n>             decides which; printed, and 0 to 4294967295
  --sample-every <time>  time between two samples
  --fd-limit <n>         soft limit of open files for the worker (Linux); Chromium raises its own again
  --memory-limit <size>  limit of V8's old space in the worker, and in Playwright's own process: 512m, 1g
  --resume               continue the soak that was run last and was stopped or killed, with what it ran with; name the same tests

Each scenario has a journal in leak-report/soak, flushed at every sample; a run that is killed loses one sample at most. A journal of
another soak is kept once, as ….previous. None is begun in Playwright's outputDir, which is emptied at every run. Unless given,
--workers=1, --retries=0, --global-timeout=0 and --reporter=leak,line are set. The last takes the place of the config's reporters and of
their options: PLAYWRIGHT_LEAK_FAIL_ON, _OUTPUT_DIR, _OUTPUTS and _BASELINE are heard.

SIGINT, SIGTERM and SIGHUP end the run with its report within ten seconds; a second one kills it at once.
Exit code: 0 when the tests pass and the gate holds, 1 otherwise, 2 for an option that is wrong; when it was killed by a second signal, 130
(SIGINT), 143 (SIGTERM) or 129 (SIGHUP).
`;

/** `leak soak`: the suite's own stability scenarios under load, for as long as wanted. */
export const soak: Command = {
  summary: 'run the stability scenarios for hours and days',
  usage: USAGE,
  run: async (args, terminal) => {
    const given = parseSoakArguments(args);
    const playwright = findPlaywright(terminal.cwd);
    if (playwright === null) return failed('@playwright/test is not installed here: npm i -D @playwright/test', terminal);
    const outputDir = outputDirOf(terminal);
    const directory = path.join(outputDir, 'soak');
    let plan: SoakPlan;
    try {
      plan = planSoak(given, directory, given.resume ? latestJournal(directory)?.history.plan : undefined);
    } catch (error) {
      if (error instanceof SoakJournalError) return failed(error.message, terminal);
      throw error;
    }
    using ownership = takeFolder(directory, terminal);
    if (ownership === null) return 1;
    terminal.out(`${describePlan(plan, relative(terminal, directory))}\n`);
    for (const { path: journal, history } of plan.resume ? unfinishedOfOthers(directory, plan.id) : []) {
      const begun = history.header?.startedAt ?? '';
      terminal.out(
        `leak soak · ${path.basename(journal)} is of another soak, begun ${begun} and not ended: it would be kept as .previous\n`,
      );
    }
    return tell(await runSoak({ plan, playwright, outputDir, ownership, playwrightArgs: given.playwright, terminal }), terminal);
  },
};

function takeFolder(directory: string, terminal: Terminal): Ownership | null {
  try {
    const taken = Ownership.take(directory);
    if (taken instanceof Ownership) return taken;
    const pid = `pid ${String(taken.pid)}`;
    const sentence =
      taken.is === 'soak'
        ? `another soak (${pid}) writes into ${directory}: wait for it, or set PLAYWRIGHT_LEAK_OUTPUT_DIR`
        : `the Playwright of a soak that was killed (${pid}) still writes into ${directory}: wait until its iteration has ended, or end it`;
    failed(sentence, terminal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    failed(
      `the folder of the journals cannot be written (${error.message}): make it writable, or set PLAYWRIGHT_LEAK_OUTPUT_DIR`,
      terminal,
    );
  }
  return null;
}

function tell({ exitCode, ended, problems, unsoaked, resumable }: SoakOutcome, terminal: Terminal): number {
  if (ended?.judgedHere === true) {
    const reportPath = ended.path === null ? {} : { reportPath: relative(terminal, ended.path) };
    terminal.out(`\n${renderTerminal(ended.report, { columns: terminal.columns, color: terminal.color, ...reportPath })}`);
  }
  for (const problem of problems) terminal.error(`leak: ${problem}.\n`);
  if (resumable) terminal.out('leak soak · it was cut short: --resume continues it\n');
  if (unsoaked === null) return exitCode;
  failed(`no scenario was soaked: ${unsoaked}`, terminal);
  return exitCode === 0 ? 1 : exitCode;
}

function failed(sentence: string, terminal: Terminal): number {
  terminal.error(`leak: ${sentence}.\n`);
  return 1;
}

function relative({ cwd }: Terminal, place: string): string {
  const shown = path.relative(cwd, place);
  return shown === '' || shown.length >= place.length ? place : shown;
}
