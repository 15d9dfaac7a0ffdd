import { createRequire } from 'node:module';
import path from 'node:path';
import type { BrowserType } from '@playwright/test';

/** The part of the module `@playwright/test` that is used here. */
export interface PlaywrightModule {
  readonly chromium: BrowserType;
}

/** The Playwright of the project in this folder, never one of ours: a second copy breaks every suite. */
export function loadPlaywright(folder: string): PlaywrightModule | Error {
  try {
    return createRequire(path.join(folder, 'package.json'))('@playwright/test') as PlaywrightModule;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
