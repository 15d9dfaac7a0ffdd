import type { RecordedFinding, TestRecord } from './record.ts';
import type { Scenario } from './scenario.ts';
import { thin } from './thin.ts';
import { plural } from './wording.ts';

/** Longest text that is kept of what a record says, in UTF-16 units. Paths are shorter as a rule, names have told enough by then. */
const TEXT_LIMIT = 300;
const MAX_NOTES = 20;

/**
 * A record that is too long, as a text that is not. It loses first its stacks and the density of its charts, then the ends of long texts,
 * then evidence and charts, and only then findings and scenarios: the allowed ones first, leaks and scenarios that do not hold last.
 *
 * @param limit in UTF-16 units
 */
export function shortened(record: TestRecord, limit: number): string {
  const thinned = { ...withScenarios(record, thinScenario), findings: record.findings.map(withShortStack) };
  const bare = {
    ...withScenarios(record, bareScenario),
    findings: record.findings.map(bareFinding),
    notes: record.notes.slice(0, MAX_NOTES),
  };
  const attempts = [
    () => JSON.stringify(withNote(thinned, 'stacks were shortened.')),
    () => encode(withNote(thinned, 'stacks and long texts were shortened.')),
    () => encode(withNote(bare, `${LEFT_OUT}.`)),
  ];
  for (const attempt of attempts) {
    const text = attempt();
    if (text.length <= limit) return text;
  }
  return encode(mostTelling(bare, limit));
}

const LEFT_OUT = 'evidence and stacks were left out';

/** What tells most, as much of it as there is room for; all keeps its order. */
function mostTelling(record: TestRecord, limit: number): TestRecord {
  const all = [...(record.scenarios ?? []), ...record.findings];
  const kept = new Set<RecordedFinding | Scenario>();
  let room = limit - encode(keep(record, kept)).length;
  for (const item of [...all].sort((a, b) => rank(a) - rank(b))) {
    // The comma, too.
    const length = encode(item).length + 1;
    if (length > room) continue;
    kept.add(item);
    room -= length;
  }
  return keep(record, kept);
}

function keep(record: TestRecord, kept: ReadonlySet<RecordedFinding | Scenario>): TestRecord {
  const findings = record.findings.filter((finding) => kept.has(finding));
  const scenarios = record.scenarios?.filter((scenario) => kept.has(scenario)) ?? [];
  const lost = [...record.findings, ...(record.scenarios ?? [])].filter((item) => !kept.has(item));
  const lostFindings = record.findings.length - findings.length;
  const lostScenarios = lost.length - lostFindings;
  const names = [
    ...(lostFindings > 0 ? [plural(lostFindings, 'finding')] : []),
    ...(lostScenarios > 0 ? [plural(lostScenarios, 'scenario')] : []),
  ];
  const counting = lost.filter((item) => rank(item) < FIRST_HARMLESS).length;
  const told = {
    ...record,
    findings,
    ...(record.scenarios === undefined ? {} : { scenarios }),
    ...(counting > 0 ? { lost: counting } : {}),
  };
  return withNote(told, `${LEFT_OUT}, and ${names.join(' and ')}.`);
}

const FIRST_HARMLESS = 4;

/** The smaller, the more it tells. */
function rank(item: RecordedFinding | Scenario): number {
  if ('kind' in item) {
    if (item.status === 'allowed') return 6;
    if (item.severity === 'late') return 5;
    return item.status === 'new' ? 1 : 2;
  }
  if (item.failed || item.verdict === 'leak') return 0;
  return item.verdict === 'inconclusive' ? 3 : FIRST_HARMLESS;
}

function encode(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' && part.length > TEXT_LIMIT ? cut(part) : part));
}

function cut(text: string): string {
  return `${text.slice(0, TEXT_LIMIT)}…`;
}

function withScenarios(record: TestRecord, change: (scenario: Scenario) => Scenario): TestRecord {
  return record.scenarios === undefined ? record : { ...record, scenarios: record.scenarios.map(change) };
}

function thinScenario(scenario: Scenario): Scenario {
  return { ...scenario, findings: scenario.findings.map(withShortStack), series: thin(scenario.series, 40) };
}

function bareScenario(scenario: Scenario): Scenario {
  return { ...scenario, findings: [], series: [], notes: ['Its chart and its findings were left out: the record was too long.'] };
}

function withShortStack<F extends { readonly stack: readonly string[] }>(finding: F): F {
  return { ...finding, stack: finding.stack.slice(0, 1) };
}

function bareFinding(finding: RecordedFinding): RecordedFinding {
  return { ...finding, evidence: {}, stack: [] };
}

function withNote(record: TestRecord, note: string): TestRecord {
  return { ...record, notes: [...record.notes, `The record was too long: ${note}`] };
}
