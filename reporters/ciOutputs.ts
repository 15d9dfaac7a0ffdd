import { existsSync } from 'node:fs';
import type { LeakReport } from '../src/core/report.ts';
import { repositoryPaths, repositoryRoot, upwards } from '../src/core/repositoryPath.ts';
import { renderGithub, withoutCommands } from '../src/render/github.ts';
import { OUTPUTS, type OutputContext, type OutputName } from '../src/render/outputs.ts';
import { writeReport, type Written } from './output.ts';
import { messageOf } from './runMark.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the CI formats need to know of this machine.
 *
 * @param root the Playwright root, to which file names in the report are relative; where it is another machine's (merged reports), the
 *   files are looked for from the working directory upwards
 */
export function outputContext(root: string, cwd: string, env: Environment): OutputContext {
  const repository = repositoryRoot(root, env, existsSync) ?? repositoryRoot(cwd, env, existsSync) ?? cwd;
  return { repositoryPath: repositoryPaths([root, ...upwards(cwd)], repository, existsSync) };
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

/** The verdict as it is printed on GitHub: annotations before it, and nothing in it that would be a workflow command. Never throws. */
export function annotated(text: string, report: LeakReport, context: OutputContext): string {
  const harmless = withoutCommands(text);
  try {
    return renderGithub(report, context) + harmless;
  } catch (error) {
    return `leak · There are no annotations: ${withoutCommands(messageOf(error))}.\n${harmless}`;
  }
}

/** Whether this runs on a CI server: they set `CI`. */
export function isCi({ CI = '' }: Environment): boolean {
  return CI !== '' && CI !== 'false' && CI !== '0';
}
