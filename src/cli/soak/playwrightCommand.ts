import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The Playwright of a project. */
export interface PlaywrightCommand {
  /** Its command line, as a script for Node. */
  readonly cli: string;
  readonly version: string;
}

/** The `@playwright/test` that a suite in this folder loads; `null` where there is none. Never one of ours: a second copy breaks every suite. */
export function findPlaywright(cwd: string): PlaywrightCommand | null {
  const { resolve } = createRequire(path.join(cwd, 'package.json'));
  try {
    const manifest = JSON.parse(readFileSync(resolve('@playwright/test/package.json'), 'utf8')) as { version?: unknown };
    return { cli: resolve('@playwright/test/cli'), version: String(manifest.version) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('MODULE_NOT_FOUND')) return null;
    throw error;
  }
}
