import path from 'node:path';
import { parseArgs } from 'node:util';
import { EMPTY_BASELINE } from '../core/baseline.ts';
import { planBaseline, type BaselineWishes } from '../core/baselinePlan.ts';
import { formatBaseline } from '../core/baselineText.ts';
import { usageOfRuns } from '../core/budgets.ts';
import { goneLeaks } from '../core/goneLeaks.ts';
import { observeLeaks } from '../core/observedLeaks.ts';
import { joinResults, type LeakReport } from '../core/report.ts';
import { plural } from '../core/wording.ts';
import { renderBaselinePlan, renderRefusal } from '../render/baselineChanges.ts';
import { plainText } from '../render/plainText.ts';
import { baselinePlace, readBaseline, writeBaseline } from './baselineFile.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { lastReport, noReport, statsOf } from './lastReport.ts';
import { readReports, ReportFileError } from './reportFiles.ts';

const USAGE = `Usage: leak baseline [options] [report.json or folder …]

Writes the leaks of a run into leak-baseline.json, so that from now on the gate fails only on new ones. Commit the file: it is sorted, and
nothing in it changes when lines move. Without a report, the last one of this project is taken; of several, such as one for each
operating system, all leaks together.

A baseline that is there does not grow by itself: leaks that it does not know are listed, and nothing is written.

  --add                 take them in, and raise counts
  --prune               drop leaks that are gone, and lower counts; only what was looked for is gone: its tests ran, passed and were judged
  --update              both, and raise budgets that the run broke
  --budgets             hold what the run used as budgets from now on: descriptors, processes and heap of a worker, leaks. Budgets that are
                        there are lowered by themselves after a whole run that used less
  -o, --output <file>   another file; without it PLAYWRIGHT_LEAK_BASELINE, or leak-baseline.json here or above, up to the nearest package.json

Exit code: 0 when the baseline, as it is then, covers the run, 1 when the run shows leaks that it does not know or is above its budgets, or
when something cannot be read or written. Known leaks that are gone are told of, and may stay.
`;

const OPTIONS = {
  add: { type: 'boolean' },
  prune: { type: 'boolean' },
  update: { type: 'boolean' },
  budgets: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
} as const;

/** `leak baseline`: accepts the leaks of a run as known, and drops those that are gone. */
export const baseline: Command = {
  summary: 'accept the leaks there are, so that only new ones gate',
  usage: USAGE,
  run: async (args, terminal) => {
    const { positionals, values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.output === '') throw new UsageError('--output takes the name of the file to write.');
    const update = values.update === true;
    try {
      const wishes = { add: update || values.add === true, prune: update || values.prune === true, budgets: values.budgets === true };
      return write(reportsAt(positionals, terminal), baselinePlace(terminal, values.output), wishes, terminal);
    } catch (error) {
      if (!(error instanceof ReportFileError)) throw error;
      terminal.error(`leak: ${error.message}\n`);
      return 1;
    }
  },
};

function reportsAt(given: readonly string[], terminal: Terminal): LeakReport[] {
  const { cwd } = terminal;
  const last = lastReport(terminal);
  if (given.length === 0 && statsOf(last) === undefined) throw new ReportFileError(noReport(path.relative(cwd, last)));
  const paths = given.length === 0 ? [path.relative(cwd, last)] : given;
  return [...readReports(paths, cwd, (sentence) => terminal.error(`leak: skipped ${sentence}\n`))].map(({ report }) => report);
}

function write(reports: readonly LeakReport[], place: string, wishes: BaselineWishes, terminal: Terminal): number {
  const shown = path.relative(terminal.cwd, place) || place;
  const before = readBaseline(place, shown);
  const seen = {
    observed: observeLeaks(joinResults(reports)),
    gone: goneLeaks(before ?? EMPTY_BASELINE, reports),
    usage: usageOfRuns(reports),
    whole: reports.every(({ run }) => run.partial === null),
    passed: reports.every(({ run }) => run.status === 'passed'),
  };
  const plan = planBaseline(before, seen, wishes);
  const { refused, changes, budgets } = plan;
  const isAsked = wishes.add || wishes.prune || wishes.budgets;
  if ((refused.length > 0 && !wishes.prune) || (budgets.broken.length > 0 && !isAsked)) {
    terminal.error(`leak: ${renderRefusal(plan, shown)}`);
    return 1;
  }
  if (before === null && changes.length === 0 && budgets.changes.length === 0) {
    const doubt = doubtOf(reports);
    const seen =
      doubt === null ? 'nothing leaked: no baseline is needed' : `no leak was seen, which does not say that there is none: ${doubt}`;
    terminal.out(`leak baseline · ${plainText(seen, 500)}\n`);
    return 0;
  }
  const text = formatBaseline(plan.next);
  const state = before === null ? 'written' : text === formatBaseline(before) ? 'unchanged' : 'changed';
  if (state !== 'unchanged') writeBaseline(place, shown, text);
  terminal.out(renderBaselinePlan(plan, shown, state));
  const partial = reports.find(({ run }) => run.partial !== null)?.run.partial ?? null;
  if (partial !== null && state !== 'unchanged') terminal.out(`The report does not show the whole suite: ${plainText(partial, 200)}.\n`);
  if (refused.length > 0) terminal.error(`leak: ${plural(refused.length, 'leak')} not in it: --add accepts what it does not know.\n`);
  if (budgets.broken.length > 0)
    terminal.error(`leak: the run is above ${plural(budgets.broken.length, 'budget')}: --update raises them.\n`);
  return refused.length + budgets.broken.length === 0 ? 0 : 1;
}

/** Why reports without a leak do not show that nothing leaks; `null`: they do. */
function doubtOf(reports: readonly LeakReport[]): string | null {
  const partial = reports.find(({ run }) => run.partial !== null)?.run.partial;
  if (typeof partial === 'string') return partial;
  const results = reports.flatMap(({ tests }) => tests);
  if (results.length === 0) return 'no test ran';
  const undecided = results.filter(({ verdict }) => verdict === 'inconclusive').length;
  if (undecided > 0) return `${String(undecided)} of ${plural(results.length, 'result')} could not be judged`;
  return reports.some(({ verdict }) => verdict === 'inconclusive') ? 'the verdict is inconclusive' : null;
}
