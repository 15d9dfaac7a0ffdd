import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseReport, ReportFormatError } from '../core/parseReport.ts';
import { renderTerminal } from '../render/terminal.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { lastReport } from './lastReport.ts';

const USAGE = `Usage: leak show [path]

Prints a report again. The path is a report.json or the folder it lies in; without one it is the last report of this
project: leak-report/report.json beside the nearest package.json, or where PLAYWRIGHT_LEAK_OUTPUT_DIR says.
`;

/** `leak show [path]`: prints a report as the reporter did. Exit code 1 when there is none that can be read. */
export const show: Command = {
  summary: 'print a report again',
  usage: USAGE,
  run: async (args, terminal) => {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    if (positionals.length > 1) throw new UsageError(`show takes one path, came ${positionals.length}: ${positionals.join(', ')}.`);
    const file = lastReport(terminal, positionals[0]);
    const problem = printReport(file, terminal);
    if (problem === null) return 0;
    terminal.error(`leak: ${problem}\n`);
    return 1;
  },
};

/** Prints the report, or returns the sentence that says why not. */
function printReport(file: string, terminal: Terminal): string | null {
  const name = path.relative(terminal.cwd, file) || file;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!existsSync(file)) return `There is no report at ${name}: run npx playwright test --reporter=leak, or name the report's path.`;
    return `${name} cannot be read (${error instanceof Error ? error.message : String(error)}).`;
  }
  try {
    const report = parseReport(text);
    terminal.out(renderTerminal(report, { columns: terminal.columns, color: terminal.color, reportPath: name, source: sourcesNear(file) }));
    return null;
  } catch (error) {
    if (error instanceof ReportFormatError) return `${name}: ${error.message}.`;
    throw error;
  }
}

/**
 * Reads the source files a report names, which are relative to a root that it does not name: the nearest folder above the report that
 * has the file. A source that is younger than the report may have other lines by now and is left out.
 */
function sourcesNear(report: string): (file: string) => string | undefined {
  const written = statSync(report).mtimeMs;
  return (file) => {
    for (let folder = path.dirname(report); ; folder = path.dirname(folder)) {
      const source = path.resolve(folder, file);
      const found = statSync(source, { throwIfNoEntry: false });
      if (found?.isFile() === true) return found.mtimeMs <= written ? readFileSync(source, 'utf8') : undefined;
      if (path.dirname(folder) === folder) return undefined;
    }
  };
}
