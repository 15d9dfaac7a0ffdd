import { setTimeout as sleep } from 'node:timers/promises';
import { auditFindings, type LeftProcess } from '../src/core/auditFindings.ts';
import type { CollectedResult, OutsideFindings } from '../src/core/runPart.ts';
import type { Finding } from '../src/core/finding.ts';
import { commandLabel } from '../src/probes/commandLabel.ts';
import { auditMarkedProcesses } from '../src/probes/orphans.ts';

/** Pauses between looks, in milliseconds, while something is left: killed browsers take a moment to go. Together 1.5 s. */
const PAUSES = [50, 100, 200, 400, 750];

/**
 * Looks for processes of the run that are still alive when its workers have ended, a killed worker's browser among them. A clean run
 * costs one look. What a test, or a worker at its end, was charged with already is not charged again.
 */
export async function auditRun(
  runId: string,
  results: readonly CollectedResult[],
  outside: OutsideFindings,
  workers: readonly Finding[],
): Promise<Map<number, Finding[]>> {
  let left = look(runId);
  for (const pause of PAUSES) {
    if (left.length === 0) break;
    await sleep(pause);
    left = look(runId);
  }
  return left.length === 0 ? new Map() : auditFindings(left, reportedPids(results, outside, workers));
}

/**
 * Children of the runner itself without a worker's mark are left out, unless they are workers: other reporters and web servers that are
 * reused may keep them on purpose.
 */
function look(runId: string): LeftProcess[] {
  const marked = auditMarkedProcesses(runId);
  const kept = new Set(
    marked.filter(({ workerIndex, ppid, isWorker }) => workerIndex === null && ppid === process.pid && !isWorker).map(({ pid }) => pid),
  );
  return marked
    .filter(({ pid, ppid, workerIndex }) => !kept.has(pid) && !(workerIndex === null && kept.has(ppid)))
    .map((left) => ({ ...left, label: commandLabel(left.argv, left.name) }));
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
