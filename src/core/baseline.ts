import { parseBudgets, type Limits } from './budgets.ts';
import { isFields, texts, type Fields } from './findingCodec.ts';
import { display } from './json.ts';
import { jsonProblem } from './jsonProblem.ts';
import { messageOf } from './messageOf.ts';
import { observeLeaks, type ObservedLeak } from './observedLeaks.ts';
import { reportFrom, ReportFormatError } from './parseReport.ts';

/** A leak that is accepted for the time being. */
export interface KnownLeak {
  readonly fingerprint: string;
  /** How many, over all tests; of what hooks and workers leave, how many one worker left. */
  readonly count: number;
  /** Kind of the finding; `scenario` for a stability scenario that fails. */
  readonly kind: string;
  /** What is open, as it was called when the leak was added. */
  readonly summary: string;
  /** File that opened it, without a line: lines move. */
  readonly origin: string | null;
  /** Tests that showed it, sorted: `[project] › file › titles`. Empty for what hooks and workers leave. */
  readonly tests: readonly string[];
  /** Tests beyond those that are listed. */
  readonly moreTests: number;
  /** Whether it was seen from outside of a worker whose tests do not use the fixtures. */
  readonly outside: boolean;
}

/** What is known already: leaks by fingerprint, and what the whole run may use. */
export interface Baseline {
  readonly leaks: ReadonlyMap<string, KnownLeak>;
  readonly budgets: Limits;
}

/** A baseline and what its file is called: relative to the Playwright root, as files are in reports. */
export interface NamedBaseline extends Baseline {
  readonly name: string;
}

export const EMPTY_BASELINE: Baseline = { leaks: new Map(), budgets: new Map() };

/** Where a baseline lies unless somebody says otherwise: beside the config, or in a folder above it up to the nearest `package.json`. */
export const BASELINE_FILE = 'leak-baseline.json';

/** A baseline that cannot be read. The message is one sentence with the remedy, without the file's name. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
}

/** Whether a text is a report, and no baseline: to be read, but not to be overwritten. */
export function isReport(source: string): boolean {
  return Array.isArray(parseFields(source.replace(/^\uFEFF/, ''))['tests']);
}

/**
 * Reads a baseline, as `leak baseline` writes it, or a former `report.json`, whose leaks then count as known. Of two entries for one leak,
 * such as a merge leaves behind, the larger count holds.
 *
 * @throws BaselineError when the text is neither
 * @example parseBaseline('{"schemaVersion": 1, "findings": [{"fingerprint": "2f6c0d7a9b1e4c55", "count": 2}]}').leaks.size // 1
 */
export function parseBaseline(source: string): Baseline {
  const value = parseFields(source.replace(/^\uFEFF/, ''));
  const { schemaVersion } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > 1) {
    throw new BaselineError(`it has schema version ${String(schemaVersion)}, this release reads version 1: update leak`);
  }
  if (schemaVersion !== 1) throw new BaselineError(`expected "schemaVersion": 1, got ${display(schemaVersion ?? null)}: ${REWRITE}`);
  if (Array.isArray(value['tests'])) return baselineOfReport(value);
  const { findings } = value;
  if (!Array.isArray(findings)) throw new BaselineError(`expected "findings" (a baseline) or "tests" (a report): ${REWRITE}`);
  return { leaks: largestCounts((findings as unknown[]).map(parseLeak)), budgets: parseLimits(value['budgets']) };
}

/** A leak of a run, as a baseline remembers it. */
export function toKnownLeak({ owners, inTests: _, ...leak }: ObservedLeak): KnownLeak {
  const tests = [...owners.keys()].sort();
  return { ...leak, tests: tests.slice(0, MAX_TESTS), moreTests: Math.max(0, tests.length - MAX_TESTS) };
}

/** More tests than these are only counted: a leak in a helper may show in thousands. */
const MAX_TESTS = 20;

const REWRITE = 'mend it, or delete the file and run npx leak baseline';

function parseFields(source: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    const problem = jsonProblem(source);
    const remedy = problem.includes('conflict') ? 'keep the entries of both sides, without the markers' : REWRITE;
    throw new BaselineError(`${problem}: ${remedy}`, { cause });
  }
  if (!isFields(value)) throw new BaselineError(`expected an object with "schemaVersion": 1: ${REWRITE}`);
  return value;
}

function baselineOfReport(value: Fields): Baseline {
  try {
    return { ...EMPTY_BASELINE, leaks: largestCounts([...observeLeaks(reportFrom(value)).values()].map(toKnownLeak)) };
  } catch (cause) {
    if (cause instanceof ReportFormatError) throw new BaselineError(cause.message, { cause });
    throw cause;
  }
}

function parseLimits(value: unknown): Limits {
  try {
    return parseBudgets(value, 'budgets');
  } catch (cause) {
    throw new BaselineError(`${messageOf(cause)}: ${REWRITE}`, { cause });
  }
}

/** By fingerprint; of several entries for one leak the larger count holds. */
export function largestCounts(leaks: readonly KnownLeak[]): Map<string, KnownLeak> {
  const known = new Map<string, KnownLeak>();
  for (const leak of leaks) {
    const other = known.get(leak.fingerprint);
    if (other === undefined || other.count < leak.count) known.set(leak.fingerprint, leak);
  }
  return known;
}

function parseLeak(value: unknown, index: number): KnownLeak {
  const name = `findings[${String(index)}]`;
  if (!isFields(value)) throw new BaselineError(`${name}: expected an object with "fingerprint", got ${display(value)}: ${REWRITE}`);
  const { fingerprint, count = 1, moreTests = 0 } = value;
  if (typeof fingerprint !== 'string' || fingerprint === '') {
    throw new BaselineError(`${name}.fingerprint: expected a text, got ${display(fingerprint)}: ${REWRITE}`);
  }
  return {
    fingerprint,
    count: expectWhole(count, 1, `${name}.count`),
    kind: textOr(value['kind'], 'leak'),
    summary: textOr(value['summary'], fingerprint),
    origin: typeof value['origin'] === 'string' ? value['origin'] : null,
    tests: texts(value['tests']),
    moreTests: expectWhole(moreTests, 0, `${name}.moreTests`),
    outside: value['outside'] === true,
  };
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function expectWhole(value: unknown, least: number, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new BaselineError(`${name}: expected a whole number of at least ${String(least)}, got ${display(value)}: ${REWRITE}`);
  }
  return value;
}
