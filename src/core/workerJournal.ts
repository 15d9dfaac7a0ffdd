import { adviseLate } from './advice.ts';
import type { Finding } from './finding.ts';
import type { DetectorState, JournalEntry, RecordedFinding } from './record.ts';
import { decodeJournalLine } from './recordCodec.ts';
import type { Scenario } from './scenario.ts';
import { andMore } from './wording.ts';

/** How a finding's resource ended after its test. */
export interface Closing {
  readonly by: 'hook' | 'itself';
  readonly afterMs: number;
}

/** A worker's journal, read to its end. */
export interface WorkerJournal {
  readonly workerIndex: number;
  readonly pid: number | null;
  readonly detectors: readonly DetectorState[];
  readonly closings: ReadonlyMap<string, Closing>;
  /** `null`: the worker did not end in order. */
  readonly end: Omit<Extract<JournalEntry, { type: 'end' }>, 'type'> | null;
  /** Scenarios of the last test that had any, as far as they had come; `null`: there were none. */
  readonly measured: MeasuredScenarios | null;
  /** Sentences about lines that could not be read. */
  readonly problems: readonly string[];
}

/** By name, in the order in which they ran. */
interface MeasuredScenarios {
  readonly testId: string;
  readonly retry: number;
  readonly scenarios: Map<string, Scenario>;
}

/** Reads the lines of one worker's journal. Never throws: damaged lines are counted, the rest is kept. */
export function readJournal(workerIndex: number, source: string): WorkerJournal {
  let pid: number | null = null;
  let detectors: readonly DetectorState[] = [];
  let end: WorkerJournal['end'] = null;
  let measured = null as MeasuredScenarios | null;
  const closings = new Map<string, Closing>();
  const damage: string[] = [];
  for (const [index, line] of source.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { value: entry, problems } = decodeJournalLine(line);
    damage.push(...problems.map((problem) => `line ${String(index + 1)} ${problem}`));
    if (entry === null) continue;
    if (entry.type === 'start') {
      pid = entry.pid;
      detectors = entry.detectors;
    } else if (entry.type === 'closed') {
      closings.set(entry.id, { by: entry.by, afterMs: entry.afterMs });
    } else if (entry.type === 'scenario') {
      const { testId, retry, scenario } = entry;
      if (measured?.testId !== testId || measured.retry !== retry) measured = { testId, retry, scenarios: new Map() };
      measured.scenarios.set(scenario.name, scenario);
    } else {
      const { type: _, ...told } = entry;
      end = told;
    }
  }
  const first = damage[0];
  const problems =
    first === undefined
      ? []
      : [`The journal of worker ${String(workerIndex)} is damaged (${first}${andMore(damage.length - 1)}); the rest of it was kept.`];
  return { workerIndex, pid, detectors, closings, end, measured, problems };
}

/**
 * Applies what happened after the test: what a hook or a fixture's teardown closed was never a leak and is dropped; what closed by itself
 * is late. The identifiers, which mean nothing outside of the run, are taken off.
 */
export function amend(findings: readonly RecordedFinding[], closings: ReadonlyMap<string, Closing>): Finding[] {
  const amended: Finding[] = [];
  for (const { id, ...finding } of findings) {
    const closing = closings.get(id);
    if (closing === undefined) amended.push(finding);
    else if (closing.by === 'itself') amended.push(asLate(finding, closing.afterMs));
  }
  return amended;
}

function asLate(finding: Finding, afterMs: number): Finding {
  if (finding.severity === 'late') return finding;
  const closedAfterMs = Math.round(afterMs);
  return { ...finding, severity: 'late', hint: adviseLate(finding.evidence['type']), evidence: { ...finding.evidence, closedAfterMs } };
}
