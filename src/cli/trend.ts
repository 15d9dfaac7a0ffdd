import path from 'node:path';
import { parseArgs } from 'node:util';
import { readPageCode } from '../assets/pageCode.ts';
import { buildHistory } from '../core/history.ts';
import { messageOf } from '../core/messageOf.ts';
import { writeAtomically } from '../files/writeAtomically.ts';
import { renderHistoryHtml } from '../render/historyHtml.ts';
import { renderHistory } from '../render/historyText.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { readReports, ReportFileError } from './reportFiles.ts';

const USAGE = `Usage: leak trend <report.json …> [--html <file>]
       leak trend <folder>       [--html <file>]

Follows leaks, file descriptors, heap and the cost of the checks over builds, and says in which build each leak first appeared. Give
the reports oldest first, or a folder with one report a build, such as builds/41/report.json, builds/42/report.json: they are taken in
the natural order of their names. A leak is recognized by its fingerprint, which stays when lines move; what makes a scenario fail counts
as one. A leak is called gone only after a build that looked for it, by the rule of leak baseline --prune.

  --html <file>   also write it as an HTML page
`;

/** `leak trend`: leaks and figures over builds. Exit code 1 when the reports cannot be read. */
export const trend: Command = {
  summary: 'follow leaks over builds: when did this one first appear',
  usage: USAGE,
  run: async (args, terminal) => {
    const { positionals, values } = parseArgs({ args: [...args], options: { html: { type: 'string' } }, allowPositionals: true });
    if (positionals.length === 0) throw new UsageError('trend takes reports, oldest first, or a folder with them.');
    if (values.html === '') throw new UsageError('--html takes the name of the file to write.');
    try {
      show(positionals, values.html, terminal);
      return 0;
    } catch (error) {
      if (!(error instanceof ReportFileError)) throw error;
      terminal.error(`leak: ${error.message}\n`);
      return 1;
    }
  },
};

function show(paths: readonly string[], html: string | undefined, terminal: Terminal): void {
  const history = buildHistory(readReports(paths, terminal.cwd, (sentence) => terminal.error(`leak: skipped ${sentence}\n`)));
  if (history.builds.length === 0) throw new ReportFileError(`There is no report at ${paths.join(', ')}.`);
  terminal.out(renderHistory(history, terminal));
  if (html === undefined) return;
  const file = path.resolve(terminal.cwd, html);
  try {
    writeAtomically(file, renderHistoryHtml(history, readPageCode().style));
  } catch (cause) {
    throw new ReportFileError(`${html} could not be written (${messageOf(cause)}).`, { cause });
  }
  terminal.out(`\n${html}\n`);
}
