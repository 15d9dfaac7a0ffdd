import { createHash } from 'node:crypto';
import { DEFAULT_CRITERIA, type Criteria } from './criteria.ts';
import { display } from './json.ts';
import { type Fields, finite, isFields, parseJson, text, texts } from './findingCodec.ts';
import { parseCriteriaFields } from './scenarioCodec.ts';
import { checkSoakPlan, type SoakPlan } from './soakPlan.ts';

/** The format of the journals. A journal of another version is refused, never guessed at. */
export const SOAK_JOURNAL_VERSION = 1;

/** Which scenario of which test a journal belongs to. */
export interface SoakScenario {
  readonly name: string;
  /** Playwright's id of the test. */
  readonly testId: string;
  readonly file: string;
}

/** First line of a journal. */
export interface SoakHeader extends SoakScenario {
  readonly type: 'header';
  readonly version: number;
  readonly seed: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** What it was begun with. */
  readonly plan: SoakPlan;
}

/** A process begins to measure. Counted from 0: the process that began the journal. */
export interface SoakSegment {
  readonly type: 'segment';
  readonly segment: number;
  readonly pid: number;
  readonly startedAt: string;
  /** What it runs to; `null`: until the time is over. */
  readonly iterations: number | null;
  /** When the scenario holds, for whoever must judge it without its worker. */
  readonly criteria: Criteria;
  /** What it was resumed or begun with; `null` in journals of before this was written. */
  readonly plan: SoakPlan | null;
}

/** The warm-up of a process is over; the next sample is its first reading. */
export interface SoakWarmUp {
  readonly type: 'warmUp';
  readonly segment: number;
  readonly iterations: number;
  readonly elapsedMs: number;
}

/** Filled buckets of a latency histogram: index, count, index, count … */
export type LatencyBuckets = readonly number[];

/** Errors since the beginning of the soak. */
export interface SoakErrors {
  readonly count: number;
  readonly unhandled: number;
  /** The first few different messages, redacted. */
  readonly messages: readonly string[];
}

/** What is known at one moment. All but the reading counts from the beginning of the soak, over all processes. */
export interface SoakSample {
  /** Iterations done, warm-ups not included. */
  readonly iteration: number;
  /** Milliseconds of measuring, without warm-ups and the time between processes. */
  readonly elapsedMs: number;
  /** Metrics by name, as this process reads them. `null`: could not be read. */
  readonly reading: Readonly<Record<string, number | null>>;
  /** Latencies since the sample before. `null`: not told. */
  readonly latency: LatencyBuckets | null;
  readonly errors: SoakErrors;
}

export interface SoakSampleEntry extends SoakSample {
  readonly type: 'sample';
  readonly segment: number;
}

/** A process has ended its part in order. */
export interface SoakEnd {
  readonly type: 'end';
  readonly segment: number;
  /** Why it ended before its time, as one sentence. `null`: it did not. */
  readonly cutShort: string | null;
}

export type SoakEntry = SoakHeader | SoakSegment | SoakWarmUp | SoakSampleEntry | SoakEnd;

/** A journal that cannot be read or continued. The message is one sentence that says why and what to do. */
export class SoakJournalError extends Error {
  override readonly name = 'SoakJournalError';
}

/** One entry as one line. What is not finite becomes `null`, which reads back as infinite in criteria and as not measured elsewhere. */
export function encodeSoakEntry(entry: SoakEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/**
 * Reads one line. `null`: this is no entry, as a line is that was cut short.
 *
 * @throws SoakJournalError for the header of another version
 */
export function decodeSoakEntry(line: string): SoakEntry | null {
  const value: unknown = parseJson(line);
  if (!isFields(value)) return null;
  if (value['type'] === 'header') return decodeHeader(value);
  const segment = count(value['segment']);
  if (segment === null) return null;
  switch (value['type']) {
    case 'segment':
      return { type: 'segment', segment, ...decodeSegment(value) };
    case 'warmUp':
      return { type: 'warmUp', segment, iterations: count(value['iterations']) ?? 0, elapsedMs: count(value['elapsedMs']) ?? 0 };
    case 'sample': {
      const sample = decodeSample(value);
      return sample === null ? null : { type: 'sample', segment, ...sample };
    }
    case 'end':
      return { type: 'end', segment, cutShort: typeof value['cutShort'] === 'string' ? value['cutShort'] : null };
    default:
      return null;
  }
}

/**
 * Name of a scenario's journal within the folder: readable, and different for every scenario of every test.
 *
 * @example soakJournalName({ name: 'Open the drawer', testId: 'a1', file: 'a.spec.ts' }) // 'open-the-drawer-0b9f52e8a1c3.jsonl'
 */
export function soakJournalName({ name, testId }: SoakScenario): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-|-$/g, '');
  const hash = createHash('sha256').update(`${testId}\0${name}`).digest('hex').slice(0, 12);
  return `${slug === '' ? 'scenario' : slug}-${hash}.jsonl`;
}

function decodeHeader(value: Fields): SoakHeader | null {
  const version = finite(value['version']);
  if (version !== SOAK_JOURNAL_VERSION) {
    throw new SoakJournalError(
      `it has version ${display(value['version'])} and this leak reads version ${String(SOAK_JOURNAL_VERSION)}: resume it with the leak that began it, or begin anew without --resume`,
    );
  }
  const { name, testId, file, startedAt } = value;
  const seed = count(value['seed']);
  if (typeof name !== 'string' || typeof testId !== 'string' || seed === null) return null;
  const plan = decodePlan(value['plan']);
  return plan === null ? null : { type: 'header', version, name, testId, file: text(file), seed, startedAt: text(startedAt), plan };
}

function decodePlan(value: unknown): SoakPlan | null {
  try {
    return checkSoakPlan(value, 'plan');
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}

function decodeSegment(value: Fields): Omit<SoakSegment, 'type' | 'segment'> {
  const criteria = isFields(value['criteria']) ? parseCriteriaFields(value['criteria']) : DEFAULT_CRITERIA;
  return {
    pid: count(value['pid']) ?? 0,
    startedAt: text(value['startedAt']),
    iterations: count(value['iterations']),
    criteria,
    plan: decodePlan(value['plan']),
  };
}

function decodeSample(value: Fields): SoakSample | null {
  const iteration = count(value['iteration']);
  const elapsedMs = count(value['elapsedMs']);
  if (iteration === null || elapsedMs === null || !isFields(value['reading'])) return null;
  const errors = isFields(value['errors']) ? value['errors'] : {};
  return {
    iteration,
    elapsedMs,
    reading: Object.fromEntries(Object.entries(value['reading']).map(([name, amount]) => [name, finite(amount)])),
    latency: decodeLatency(value['latency']),
    errors: { count: count(errors['count']) ?? 0, unhandled: count(errors['unhandled']) ?? 0, messages: texts(errors['messages']) },
  };
}

function decodeLatency(value: unknown): LatencyBuckets | null {
  return Array.isArray(value) ? (value as unknown[]).map((part) => count(part) ?? 0) : null;
}

/** A finite number of at least 0. */
function count(value: unknown): number | null {
  const number = finite(value);
  return number === null || number < 0 ? null : number;
}
