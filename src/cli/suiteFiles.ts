import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withoutComments } from './withoutComments.ts';

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', 'leak-report', 'test-results', 'playwright-report', 'blob-report']);
const IMPORTS_FIXTURES = /\b(?:from|import|require)\s*\(?\s*['"`]leak\/fixtures['"`]/;
const CONFIG = /^playwright(?:[.-][\w.-]*)?\.config\./;
const SOURCE = /\.[cm]?[jt]sx?$/;

/** A big repository is read in part rather than for minutes. */
const MAX_FILES = 20_000;

/** How a suite uses this package, as far as its sources tell. */
export interface SuiteUse {
  /** Playwright configurations, relative to the folder. */
  readonly configs: readonly string[];
  /** Those of them that name the reporter, and not only in a comment. */
  readonly configsWithReporter: readonly string[];
  /** Files that import `leak/fixtures`. */
  readonly fixtureImports: readonly string[];
}

/** Whether Playwright would take a configuration in this very folder, and look no further. */
export function hasConfig(folder: string): boolean {
  return list(folder).some(({ name }) => CONFIG.test(name));
}

/** Reads the sources below a folder, without installed packages and output folders. */
export function readSuite(folder: string): SuiteUse {
  const configs: string[] = [];
  const configsWithReporter: string[] = [];
  const fixtureImports: string[] = [];
  let budget = MAX_FILES;
  const walk = (place: string): void => {
    for (const entry of list(place)) {
      const file = path.join(place, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name) && !entry.name.startsWith('.')) walk(file);
        continue;
      }
      if (!entry.isFile() || !SOURCE.test(entry.name) || budget-- <= 0) continue;
      const text = withoutComments(read(file));
      const name = path.relative(folder, file);
      if (IMPORTS_FIXTURES.test(text)) fixtureImports.push(name);
      if (!CONFIG.test(entry.name)) continue;
      configs.push(name);
      if (/['"`]leak['"`]/.test(text)) configsWithReporter.push(name);
    }
  };
  walk(folder);
  return { configs, configsWithReporter, fixtureImports };
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
