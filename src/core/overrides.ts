import { display } from './json.ts';
import type { GivenSettings, LeakSettings, ResolvedSettings } from './options.ts';
import { expectRecord } from './optionValue.ts';

/** Names of files: globs or patterns. */
export type FilePattern = string | RegExp;

/** Settings for some files of a suite; what they do not say stays as it is. */
export interface SettingsOverride extends Omit<LeakSettings, 'overrides' | 'libraryLeaks'> {
  /**
   * Globs for files relative to the config's folder or to the Playwright root, or patterns for their whole path; of a folder, all files in
   * it. A glob that begins with `!` takes files out again.
   */
  readonly files: FilePattern | readonly FilePattern[];
}

/** An override with every value checked. */
export interface ParsedOverride extends GivenSettings {
  readonly files: readonly FilePattern[];
  /** Whether it is for the file of the test in question. */
  readonly applies: boolean;
}

/**
 * Checks `leakOptions.overrides`.
 *
 * @param parseGiven Checks what an override says of the settings, and names it.
 * @throws TypeError or RangeError that names the option, what was expected and what came
 */
export function parseOverrides(
  value: unknown,
  parseGiven: (settings: Record<string, unknown>, name: string) => GivenSettings,
): readonly ParsedOverride[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`leakOptions.overrides: expected an array, got ${display(value)}`);
  return (value as unknown[]).map((override, index) => {
    const name = `leakOptions.overrides[${String(index)}]`;
    const { files, ...settings } = expectRecord(override, name, ['files', 'mode', 'thresholds', 'settleTimeout', 'allow']);
    return { files: parseFiles(files, `${name}.files`), applies: false, ...parseGiven(settings, name) };
  });
}

function parseFiles(value: unknown, name: string): readonly FilePattern[] {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  if (given.length === 0) throw new TypeError(`${name}: expected a glob such as 'tests/legacy/**', got an empty list`);
  return given.map((item) => {
    if (item instanceof RegExp || (typeof item === 'string' && item !== '')) return item;
    throw new TypeError(`${name}: expected a glob such as 'tests/legacy/**' or a RegExp, got ${display(item)}`);
  });
}

/**
 * The settings of one test: those for all, changed by every override for its file in turn. Thresholds are merged one by one, allow rules
 * are added.
 */
export function applyOverrides(settings: ResolvedSettings, isFor: (files: readonly FilePattern[]) => boolean): ResolvedSettings {
  const overrides = settings.overrides.map((override) => ({ ...override, applies: isFor(override.files) }));
  return overrides.filter(({ applies }) => applies).reduce<ResolvedSettings>(change, { ...settings, overrides });
}

function change(settings: ResolvedSettings, { mode, thresholds, settleTimeout, allow }: ParsedOverride): ResolvedSettings {
  return {
    ...settings,
    mode: mode ?? settings.mode,
    thresholds: { ...settings.thresholds, ...thresholds },
    settleTimeout: settleTimeout ?? settings.settleTimeout,
    allow: [...settings.allow, ...(allow ?? [])],
  };
}

/** `the override for tests/legacy/**`. */
export function overrideText({ files }: Pick<ParsedOverride, 'files'>): string {
  return `the override for ${files.map(String).join(', ')}`;
}
