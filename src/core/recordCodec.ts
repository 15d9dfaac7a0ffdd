import type { Verdict } from './finding.ts';
import { type Fields, finite, isFields, parseFinding, parseJson, text, texts } from './findingCodec.ts';
import type { Counts, DetectorState, JournalEntry, RecordedFinding, TestRecord } from './record.ts';
import type { RuleText, RuleUse } from './ruleUse.ts';
import type { Selection } from './runCoverage.ts';
import type { Scenario } from './scenario.ts';
import { parseScenario } from './scenarioCodec.ts';
import { shortened } from './shortRecord.ts';

/** What could be read, and sentences about what could not. `value: null`: nothing could be read. */
export interface Decoded<T> {
  readonly value: T | null;
  readonly problems: readonly string[];
}

/** Longest record that is put into an annotation, in UTF-16 units: reporters keep every annotation in memory. */
export const RECORD_LIMIT = 256 * 1024;

/**
 * A test's record as the text of its annotation; one above the limit is shortened, and a note says so. The verdict never changes, and where
 * something was lost that counts, `lost` says so.
 *
 * @param limit in UTF-16 units
 */
export function encodeRecord(record: TestRecord, limit = RECORD_LIMIT): string {
  const whole = JSON.stringify(record);
  return whole.length <= limit ? whole : shortened(record, limit);
}

/** Reads a record. Never throws: what is damaged is left out and said. */
export function decodeRecord(source: string): Decoded<TestRecord> {
  const value = parseJson(source);
  if (value === undefined || !isFields(value)) return unreadable('A test record is damaged and was left out: it is not a JSON object.');
  if (value['version'] !== 1) {
    return unreadable(
      `A test record has version ${JSON.stringify(value['version'] ?? null)}, this reporter reads version 1: use the same release of leak for both.`,
    );
  }
  const verdict = value['verdict'];
  if (!isVerdict(verdict)) return unreadable('A test record is damaged and was left out: it has no verdict.');
  const { findings, problems } = decodeFindings(value['findings']);
  const scenarios = decodeScenarios(value['scenarios']);
  const lost = Math.max(0, finite(value['lost']) ?? 0);
  return {
    value: {
      version: 1,
      verdict,
      overheadMs: Math.max(0, finite(value['overheadMs']) ?? 0),
      counts: decodeCounts(value['counts']),
      findings,
      ...(scenarios.found.length > 0 ? { scenarios: scenarios.found } : {}),
      ...decodeRules(value['rules']),
      ...(isFields(value['selection']) ? { selection: decodeSelection(value['selection']) } : {}),
      ...(lost > 0 ? { lost } : {}),
      notes: texts(value['notes']),
    },
    problems: [...problems, ...scenarios.problems],
  };
}

/** Reads one line of a worker's journal. Never throws. An entry of a type that is not known here is no problem: it is skipped. */
export function decodeJournalLine(source: string): Decoded<JournalEntry> {
  const value = parseJson(source);
  if (value === undefined || !isFields(value)) return unreadable('is not a JSON object');
  switch (value['type']) {
    case 'start':
      return decodeStart(value);
    case 'closed': {
      const { id, by } = value;
      if (typeof id !== 'string' || (by !== 'hook' && by !== 'itself')) return unreadable('does not say what was closed by whom');
      return { value: { type: 'closed', id, by, afterMs: Math.max(0, finite(value['afterMs']) ?? 0) }, problems: [] };
    }
    case 'scenario': {
      const { testId } = value;
      const retry = finite(value['retry']);
      const scenario = parseScenario(value['scenario']);
      if (typeof testId !== 'string' || retry === null || scenario === null)
        return unreadable('does not say what was measured in which test');
      return { value: { type: 'scenario', testId, retry, scenario }, problems: [] };
    }
    case 'end': {
      const { findings, problems } = decodeFindings(value['findings']);
      const rules = decodeRules(value['rules']);
      return { value: { type: 'end', findings, counts: decodeCounts(value['counts']), ...rules, notes: texts(value['notes']) }, problems };
    }
    default:
      return typeof value['type'] === 'string' ? { value: null, problems: [] } : unreadable('has no type');
  }
}

function decodeStart(value: Fields): Decoded<JournalEntry> {
  const workerIndex = finite(value['workerIndex']);
  const pid = finite(value['pid']);
  if (workerIndex === null || pid === null) return unreadable('does not say which worker started');
  const states = Array.isArray(value['detectors']) ? value['detectors'] : [];
  return { value: { type: 'start', workerIndex, pid, detectors: states.flatMap(decodeDetector) }, problems: [] };
}

/** Reads one detector's state; an empty list for anything else. */
export function decodeDetector(value: unknown): DetectorState[] {
  if (!isFields(value) || typeof value['name'] !== 'string') return [];
  const state = { name: value['name'], available: value['available'] === true };
  return [typeof value['reason'] === 'string' ? { ...state, reason: value['reason'] } : state];
}

export function isVerdict(value: unknown): value is Verdict {
  return value === 'pass' || value === 'leak' || value === 'inconclusive';
}

function decodeFindings(value: unknown): { findings: RecordedFinding[]; problems: string[] } {
  const findings: RecordedFinding[] = [];
  let damaged = Array.isArray(value) ? 0 : 1;
  for (const item of Array.isArray(value) ? (value as unknown[]) : []) {
    const finding = parseFinding(item);
    if (finding === null) damaged += 1;
    else findings.push({ ...finding, id: isFields(item) ? text(item['id']) : '' });
  }
  return { findings, problems: damaged === 0 ? [] : [`${String(damaged)} of its findings could not be read and were left out.`] };
}

function decodeScenarios(value: unknown): { found: Scenario[]; problems: string[] } {
  if (value === undefined) return { found: [], problems: [] };
  const given: unknown[] = Array.isArray(value) ? value : [value];
  const found = given.flatMap((item) => parseScenario(item) ?? []);
  const damaged = given.length - found.length;
  return { found, problems: damaged === 0 ? [] : [`${String(damaged)} of its scenarios could not be read and were left out.`] };
}

/** Whatever is no number was not measured. */
export function decodeCounts(value: unknown): Counts {
  const fields = isFields(value) ? value : {};
  return {
    fds: finite(fields['fds']),
    processes: finite(fields['processes']),
    handles: finite(fields['handles']),
    heapBytes: finite(fields['heapBytes']),
  };
}

/** Reads what is said of rules; nothing for anything else. */
export function decodeRules(value: unknown): { rules?: RuleUse } {
  if (!isFields(value)) return {};
  const { rules } = value;
  const spelled = Array.isArray(rules) ? { rules: (rules as unknown[]).flatMap(decodeRule) } : {};
  return { rules: { set: text(value['set']), used: texts(value['used']), ...spelled } };
}

function decodeRule(value: unknown): RuleText[] {
  return isFields(value) && typeof value['key'] === 'string' ? [{ key: value['key'], text: text(value['text'], value['key']) }] : [];
}

/** Reads what a process was asked to run. */
export function decodeSelection({ chosenBy, shard, config }: Fields): Selection {
  return {
    ...(typeof chosenBy === 'string' ? { chosenBy } : {}),
    ...(typeof shard === 'string' ? { shard } : {}),
    ...(typeof config === 'string' ? { config } : {}),
  };
}

function unreadable(problem: string): { value: null; problems: string[] } {
  return { value: null, problems: [problem] };
}
