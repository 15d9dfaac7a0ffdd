import { inPackage } from '../../assets/packageFolder.ts';

/** Options of `playwright test` that a soak sets unless they are given: how they may be written, and what they are then. */
const DEFAULTS: readonly (readonly [forms: RegExp, argument: string])[] = [
  // One scenario at a time: two would share the machine, and be judged for each other's load.
  [/^(?:-j|--workers)(?:=|$)|^-j\d/, '--workers=1'],
  // A scenario that failed has its verdict; to run it again would take as long again.
  [/^--retries(?:=|$)/, '--retries=0'],
  [/^--global-timeout(?:=|$)/, '--global-timeout=0'],
];

/**
 * The arguments of `playwright test`: those that were given, and what a soak needs beside them.
 *
 * @param reporter Path of this package's reporter.
 */
export function playwrightArguments(given: readonly string[], reporter: string): string[] {
  const added = DEFAULTS.filter(([forms]) => !given.some((argument) => forms.test(argument))).map(([, argument]) => argument);
  const hasReporter = given.some((argument) => /^--reporter(?:=|$)/.test(argument));
  return ['test', ...added, ...(hasReporter ? [] : [`--reporter=${reporter},line`]), ...given];
}

/**
 * This package's reporter, by its path, so that no file called `leak` in the working directory takes its place. A path with a comma, which
 * would end the name there, is not used.
 */
export function reporterName(): string {
  const file = inPackage('dist/reporters/leak.js');
  return file.includes(',') ? 'leak' : file;
}
