import { adviseLate } from './advice.ts';
import type { Finding } from './finding.ts';
import type { DetectorState, InterimRecord, JournalEntry, RecordedFinding } from './record.ts';
import { decodeInterim, decodeJournalLine } from './recordCodec.ts';
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
  /** Scenarios of a test that may have come to no record; `null`: none, or none that lasted. */
  readonly interim: InterimRecord | null;
  /** Sentences about lines that could not be read. */
  readonly problems: readonly string[];
}

/**
 * Reads the lines of one worker's journal. Never throws: damaged lines are counted, the rest is kept.
 *
 * @param interimSource what the worker put beside it; `null`: nothing
 */
export function readJournal(workerIndex: number, source: string, interimSource: string | null = null): WorkerJournal {
  let pid: number | null = null;
  let detectors: readonly DetectorState[] = [];
  let end: WorkerJournal['end'] = null;
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
    } else {
      const { type: _, ...told } = entry;
      end = told;
    }
  }
  const interim = interimSource === null ? null : decodeInterim(interimSource);
  damage.push(...(interim?.problems ?? []).map((problem) => `what it had of scenarios: ${problem}`));
  const first = damage[0];
  const problems =
    first === undefined
      ? []
      : [`The journal of worker ${String(workerIndex)} is damaged (${first}${andMore(damage.length - 1)}); the rest of it was kept.`];
  return { workerIndex, pid, detectors, closings, end, interim: interim?.value ?? null, problems };
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
