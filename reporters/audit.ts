import { auditFindings, type LeftProcess } from '../src/core/auditFindings.ts';
import type { CollectedResult, OutsideFindings } from '../src/core/runPart.ts';
import type { Finding } from '../src/core/finding.ts';
import { commandLabel } from '../src/probes/commandLabel.ts';
import { auditMarkedProcesses } from '../src/probes/orphans.ts';
import { untilGone } from './untilGone.ts';

/** Processes of the run that are still alive when its workers have ended, a killed worker's browser among them. */
export async function leftProcesses(runId: string): Promise<readonly LeftProcess[]> {
  return untilGone(() => look(runId));
}

/** What was left, by worker. What a test, or a worker at its end, was charged with already is not charged again. */
export function judgeLeft(
  left: readonly LeftProcess[],
  results: readonly CollectedResult[],
  outside: OutsideFindings,
  workers: readonly Finding[],
): Map<number, Finding[]> {
  return auditFindings(left, reportedPids(results, outside, workers));
}

/**
 * What stands below the runner itself without a worker's mark is left out, unless it is a worker: other reporters and web servers that are
 * reused may keep it on purpose.
 */
function look(runId: string): LeftProcess[] {
  const kept = new Set([process.pid]);
  const left: LeftProcess[] = [];
  // Oldest first, so a parent comes before its children.
  for (const marked of auditMarkedProcesses(runId)) {
    if (marked.workerIndex === null && !marked.isWorker && kept.has(marked.ppid)) kept.add(marked.pid);
    else left.push({ ...marked, label: commandLabel(marked.argv, marked.name) });
  }
  return left;
}

function reportedPids(results: readonly CollectedResult[], outside: OutsideFindings, workers: readonly Finding[]): Set<number> {
  const pids = new Set<number>();
  const add = ({ evidence }: Finding): void => {
    const { pid, pids: alike } = evidence;
    for (const one of Array.isArray(alike) ? (alike as readonly unknown[]) : [pid]) if (typeof one === 'number') pids.add(one);
  };
  for (const { record } of results) record?.findings.forEach(add);
  for (const findings of [...outside.byResult.values(), ...outside.byWorker.values()]) findings.forEach(add);
  workers.forEach(add);
  return pids;
}
