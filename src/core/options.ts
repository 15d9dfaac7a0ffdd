import { display } from './json.ts';
import type { FindingKind } from './finding.ts';
import { expectAmount, expectBoolean, expectOneOf, expectRecord } from './optionValue.ts';
import { parseOverrides, type ParsedOverride, type SettingsOverride } from './overrides.ts';

/**
 * `record`: the reporter decides at the end of the run. `fail`: a test that leaks fails at once. `off`: the test is not checked.
 */
export type Mode = 'record' | 'fail' | 'off';

/** What a test may leave behind before it counts. Counts of resources, except `heapBytes`. */
export interface Thresholds {
  readonly fds: number;
  readonly processes: number;
  readonly handles: number;
  /** Bytes of live heap, external memory included, that one test may add. */
  readonly heapBytes: number;
  readonly browsers: number;
  readonly contexts: number;
  readonly pages: number;
  readonly requests: number;
  readonly objects: number;
}

/** A leak that is accepted, and why. */
export interface AllowRule {
  /** Kind the rule is for; any kind when absent. */
  readonly kind?: FindingKind;
  /** Text that must occur in the summary, label, stack or origin of the leak, or a pattern that must match one of them. */
  readonly match: string | RegExp;
  /** Why it is accepted: shown in the report. */
  readonly reason: string;
  readonly owner?: string;
  /** Last day on which the rule holds, `YYYY-MM-DD` (UTC). */
  readonly expires?: string;
}

/** The option fixture `leakOptions`: what stands in the config or in `test.use`. Everything has a default. */
export interface LeakSettings {
  readonly mode?: Mode;
  readonly thresholds?: Partial<Thresholds>;
  /** Milliseconds a resource may still take to close by itself after its test; at most 60,000. */
  readonly settleTimeout?: number;
  readonly allow?: readonly AllowRule[];
  /** Whether leaks that are known to be a library's own are allowed; default `true`. */
  readonly libraryLeaks?: boolean;
  /** Other settings for tests in some files; of several that match, each changes what the ones before it said. */
  readonly overrides?: readonly SettingsOverride[];
}

/** What was given of the settings, checked. */
export interface GivenSettings {
  readonly mode?: Mode;
  readonly thresholds?: Partial<Thresholds>;
  readonly settleTimeout?: number;
  readonly allow?: readonly AllowRule[];
}

/** {@link LeakSettings} with every default filled in and every value checked. */
export interface ResolvedSettings {
  readonly mode: Mode;
  readonly thresholds: Thresholds;
  readonly settleTimeout: number;
  readonly allow: readonly AllowRule[];
  readonly libraryLeaks: boolean;
  readonly overrides: readonly ParsedOverride[];
}

export const DEFAULT_SETTINGS: ResolvedSettings = {
  mode: 'record',
  thresholds: {
    fds: 0,
    processes: 0,
    handles: 0,
    heapBytes: 10_000_000,
    browsers: 0,
    contexts: 0,
    pages: 0,
    requests: 0,
    objects: 0,
  },
  settleTimeout: 1000,
  allow: [],
  libraryLeaks: true,
  overrides: [],
};

const MODES: readonly Mode[] = ['record', 'fail', 'off'];
export const KINDS: readonly FindingKind[] = ['fd', 'process', 'handle', 'heap', 'browser', 'context', 'page', 'request', 'object'];
const MAX_SETTLE_MS = 60_000;

/**
 * Checks `leakOptions` as it came from a config or `test.use`, and fills in the defaults.
 *
 * @throws TypeError or RangeError that names the option, what was expected and what came.
 * @example parseSettings({ thresholds: { fds: 2 } }).thresholds.fds // 2
 */
export function parseSettings(value: unknown): ResolvedSettings {
  if (value === undefined || value === null) return DEFAULT_SETTINGS;
  const names = ['mode', 'thresholds', 'settleTimeout', 'allow', 'libraryLeaks', 'overrides'];
  const { overrides, libraryLeaks, ...settings } = expectRecord(value, 'leakOptions', names);
  const given = parseGiven(settings, 'leakOptions');
  return {
    ...DEFAULT_SETTINGS,
    ...given,
    thresholds: { ...DEFAULT_SETTINGS.thresholds, ...given.thresholds },
    libraryLeaks: libraryLeaks === undefined ? DEFAULT_SETTINGS.libraryLeaks : expectBoolean(libraryLeaks, 'leakOptions.libraryLeaks'),
    overrides: parseOverrides(overrides, parseGiven),
  };
}

/** Checks what was given of the settings. @throws TypeError or RangeError that names the option */
export function parseGiven({ mode, thresholds, settleTimeout, allow }: Record<string, unknown>, name: string): GivenSettings {
  return {
    ...(mode === undefined ? {} : { mode: expectOneOf(mode, `${name}.mode`, MODES) }),
    ...(thresholds === undefined ? {} : { thresholds: parseThresholds(thresholds, `${name}.thresholds`) }),
    ...(settleTimeout === undefined
      ? {}
      : { settleTimeout: expectAmount(settleTimeout, `${name}.settleTimeout`, MAX_SETTLE_MS, 'milliseconds') }),
    ...(allow === undefined ? {} : { allow: parseAllow(allow, `${name}.allow`) }),
  };
}

/**
 * Checks one allow rule, for `leakOptions.allow` and `leak.allow(rule)`.
 *
 * @throws TypeError or RangeError that names the field.
 */
export function parseAllowRule(value: unknown, name: string): AllowRule {
  const rule = expectRecord(value, name, ['kind', 'match', 'reason', 'owner', 'expires']);
  const { kind, match, reason, owner, expires } = rule;
  if (!(match instanceof RegExp) && (typeof match !== 'string' || match === '')) {
    throw new TypeError(`${name}.match: expected a non-empty text or a RegExp, got ${display(match)}`);
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new TypeError(`${name}.reason: expected a sentence that says why this leak is accepted, got ${display(reason)}`);
  }
  if (owner !== undefined && typeof owner !== 'string') throw new TypeError(`${name}.owner: expected a text, got ${display(owner)}`);
  if (expires !== undefined && !isDay(expires)) {
    throw new TypeError(`${name}.expires: expected a date as YYYY-MM-DD, got ${display(expires)}`);
  }
  return {
    match,
    reason,
    ...(kind === undefined ? {} : { kind: expectOneOf(kind, `${name}.kind`, KINDS) }),
    ...(owner === undefined ? {} : { owner }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function parseThresholds(value: unknown, name: string): Partial<Thresholds> {
  const names = Object.keys(DEFAULT_SETTINGS.thresholds) as (keyof Thresholds)[];
  const given = expectRecord(value, name, names);
  return Object.fromEntries(
    names
      .filter((threshold) => given[threshold] !== undefined)
      .map((threshold) => {
        const unit = threshold === 'heapBytes' ? 'bytes' : 'resources';
        return [threshold, expectAmount(given[threshold], `${name}.${threshold}`, Infinity, unit)];
      }),
  );
}

function parseAllow(value: unknown, name: string): readonly AllowRule[] {
  if (!Array.isArray(value)) throw new TypeError(`${name}: expected an array of rules, got ${display(value)}`);
  return value.map((rule, index) => parseAllowRule(rule, `${name}[${String(index)}]`));
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(value: unknown): value is string {
  const match = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (match === null) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0));
}
