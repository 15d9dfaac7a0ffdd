import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ownPackage } from '../assets/ownPackage.ts';
import { parseReport, ReportFormatError } from '../core/parseReport.ts';
import type { LeakReport } from '../core/report.ts';
import { repositoryPaths, repositoryRoot } from '../core/repositoryPath.ts';
import { renderGithub } from '../render/github.ts';
import { renderMachineLine } from '../render/machineLine.ts';
import { OUTPUT_NAMES, OUTPUTS, type OutputContext } from '../render/outputs.ts';
import { sourceLink } from '../render/sourceLink.ts';
import { renderTerminal } from '../render/terminal.ts';
import { checkoutFolder } from '../files/projectFolder.ts';
import { sourceReader } from '../files/sources.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
import { lastReport, statsOf, unreadable } from './lastReport.ts';
import { findReportRoot, sourceBases } from './reportRoot.ts';

const FORMATS = ['terminal', ...OUTPUT_NAMES, 'github', 'line'] as const;
type Format = (typeof FORMATS)[number];

const USAGE = `Usage: leak show [--format <format>] [--root <folder>] [path]

Prints a report again, or in another format. The path is a report.json or the folder it lies in; without one it is the last report of this
project: leak-report/report.json beside the nearest package.json, or where PLAYWRIGHT_LEAK_OUTPUT_DIR says. Code is shown of source files
in its repository (or, in none, its project) only, whatever files the report names.

  --format <format>   terminal (without it), or for CI:
                        junit, sarif, codequality, markdown   as the reporter's option outputs writes them
                        github                                commands that annotate lines on GitHub Actions
                        line                                  the outcome in one line: leak: verdict=… gate=… new=…
  --root <folder>     what file names in the report are relative to: the testDir of Playwright; without it, it is looked for
`;

/** `leak show [path]`: prints a report as the reporter did, or for CI. Exit code 1 when there is none that can be read. */
export const show: Command = {
  summary: 'print a report again, or convert it for CI',
  usage: USAGE,
  run: async (args, terminal) => {
    const options = { format: { type: 'string' }, root: { type: 'string' } } as const;
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 1) throw new UsageError(`show takes one path, came ${positionals.length}: ${positionals.join(', ')}.`);
    const format = parseFormat(values.format ?? 'terminal');
    const root = values.root === undefined ? null : path.resolve(terminal.cwd, values.root);
    const place = root === null ? null : statsOf(root);
    if (place !== null && (place instanceof Error || place?.isDirectory() !== true)) {
      throw new UsageError(`--root takes a folder, and ${JSON.stringify(values.root)} is none.`);
    }
    const file = lastReport(terminal, positionals[0]);
    const problem = printReport(file, format, root, terminal);
    if (problem === null) return 0;
    terminal.error(`leak: ${problem}\n`);
    return 1;
  },
};

function parseFormat(value: string): Format {
  const format = FORMATS.find((choice) => choice === value);
  if (format === undefined) throw new UsageError(`--format takes ${FORMATS.join(', ')}, came ${JSON.stringify(value)}.`);
  return format;
}

/** Prints the report, or returns the sentence that says why not. */
function printReport(file: string, format: Format, root: string | null, terminal: Terminal): string | null {
  const name = path.relative(terminal.cwd, file) || file;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return unreadable(name, error);
  }
  try {
    terminal.out(render(parseReport(text), format, file, root, terminal));
    return null;
  } catch (error) {
    if (error instanceof ReportFormatError) return `${name}: ${error.message}.`;
    throw error;
  }
}

function render(report: LeakReport, format: Format, file: string, given: string | null, { cwd, env, ...screen }: Terminal): string {
  if (format === 'line') return `${renderMachineLine(report)}\n`;
  const folder = path.dirname(file);
  const root = given ?? findReportRoot(report, file);
  const bases = sourceBases(root, file);
  // What is younger than the report may have other lines by now.
  const source = sourceReader(bases, { within: checkoutFolder(given ?? folder, env), until: statSync(file).mtimeMs });
  if (format === 'terminal') {
    const { columns, color } = screen;
    return renderTerminal(report, { columns, color, reportPath: path.relative(cwd, file) || file, source });
  }
  if (root === null && report.tests.length > 0) {
    screen.error('leak: the files that the report names were not found here; --root names the folder they are relative to.\n');
  }
  const repository = repositoryRoot(bases[0], env, existsSync) ?? cwd;
  const page = path.join(folder, 'index.html');
  const context: OutputContext = {
    repositoryPath: repositoryPaths(bases, repository, existsSync),
    source,
    link: sourceLink(env),
    version: ownPackage().version,
    reportPath: path.relative(cwd, existsSync(page) ? page : file),
  };
  return format === 'github' ? renderGithub(report, context) : OUTPUTS[format].render(report, context);
}
