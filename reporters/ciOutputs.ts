import { appendFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ownPackage } from '../src/assets/ownPackage.ts';
import { messageOf } from '../src/core/messageOf.ts';
import type { LeakReport } from '../src/core/report.ts';
import { relocations, repositoryPaths, repositoryRoot, upwards } from '../src/core/repositoryPath.ts';
import { renderGithub, withoutCommands } from '../src/render/github.ts';
import { MAX_SUMMARY_BYTES, renderMarkdown } from '../src/render/markdown.ts';
import { OUTPUTS, type OutputContext, type OutputName } from '../src/render/outputs.ts';
import { sourceLink } from '../src/render/sourceLink.ts';
import { shortest, writeReport, type Written } from './output.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** With the reader of source files that it was made with. */
export type SourcedContext = OutputContext & Required<Pick<OutputContext, 'source'>>;

/**
 * What the CI formats need to know of this machine.
 *
 * @param root the Playwright root, to which file names in the report are relative; of merged reports it may be another machine's, which is
 *   then looked for below the working directory
 * @param folder where the report was written; `null`: nowhere
 */
export function outputContext(root: string, folder: string | null, source: SourcedContext['source']): SourcedContext {
  const { env } = process;
  const cwd = process.cwd();
  const here = [root, ...relocations(root, cwd)].find(existsSync) ?? cwd;
  const repository = repositoryRoot(here, env, existsSync) ?? cwd;
  return {
    repositoryPath: repositoryPaths([here, ...upwards(cwd)], repository, existsSync),
    source,
    link: sourceLink(env),
    ...ownVersion(),
    ...(folder === null ? {} : { reportPath: shortest(join(folder, 'index.html')) }),
  };
}

/** None where the package was taken apart: no output is worth the verdict. */
function ownVersion(): Pick<OutputContext, 'version'> {
  try {
    return { version: ownPackage().version };
  } catch {
    return {};
  }
}

/** Writes the files that were asked for into a folder. Never throws: the verdict and `report.json` do not depend on them. */
export function writeOutputs(directory: string, names: readonly OutputName[], report: LeakReport, context: OutputContext): Written[] {
  return names.map((name) => {
    const { file, render } = OUTPUTS[name];
    try {
      return writeReport(directory, file, render(report, context));
    } catch (error) {
      return { path: null, note: `There is no ${file}: ${messageOf(error)}. All that was found is in report.json.` };
    }
  });
}

/** Less is no summary. */
const LEAST_SUMMARY_BYTES = 2000;

/** Appends the summary to what GitHub shows of the step, within the limit that all that a step says there has together. Never throws. */
export function appendJobSummary(env: Environment, report: LeakReport, context: OutputContext): Written {
  const file = env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file === '') return { path: null, note: null };
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const room = MAX_SUMMARY_BYTES - size - 2;
    if (room < LEAST_SUMMARY_BYTES) {
      const note = `There is no job summary: this step has written ${String(size)} bytes to it, and GitHub drops one of more than 1 MiB.`;
      return { path: null, note };
    }
    appendFileSync(file, `${size === 0 ? '' : '\n\n'}${renderMarkdown(report, context, room)}`);
    return { path: null, note: null };
  } catch (error) {
    return { path: null, note: `There is no job summary: ${file} could not be written (${messageOf(error)}).` };
  }
}

/** On GitHub, nothing in what is printed is a workflow command, whatever it shows. */
export function harmless(text: string, { GITHUB_ACTIONS }: Environment): string {
  return GITHUB_ACTIONS === 'true' ? withoutCommands(text) : text;
}

/** The commands that annotate lines on GitHub. Never throws. */
export function annotations(report: LeakReport, context: OutputContext): string {
  try {
    return renderGithub(report, context);
  } catch (error) {
    return `leak · There are no annotations: ${withoutCommands(messageOf(error))}.\n`;
  }
}

/** Whether this runs on a CI server: they set `CI`. */
export function isCi({ CI = '' }: Environment): boolean {
  return CI !== '' && CI !== 'false' && CI !== '0';
}
