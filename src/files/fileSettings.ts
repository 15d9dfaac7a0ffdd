import path from 'node:path';
import type { ResolvedSettings } from '../core/options.ts';
import { applyOverrides } from '../core/overrides.ts';
import { isTestFile } from './testFiles.ts';

/** What Playwright says of where its config lies, and where its suite does. */
export interface ConfigPlaces {
  readonly configFile?: string | undefined;
  readonly rootDir: string;
}

/**
 * The settings of the tests in one file: with what is overridden for it.
 *
 * @param file absolute
 */
export function settingsOfFile(settings: ResolvedSettings, file: string, { configFile, rootDir }: ConfigPlaces): ResolvedSettings {
  if (settings.overrides.length === 0) return settings;
  const configDir = configFile === undefined || configFile === '' ? undefined : path.dirname(configFile);
  return applyOverrides(settings, (files) => isTestFile(file, files, { configDir, rootDir }));
}
