import { leakKey, type Finding } from '../core/finding.ts';
import type { LeakReport, ReportTest } from '../core/report.ts';

/** Findings that are the same leak: one fingerprint, one severity and one status, in however many tests. */
export interface FindingGroup {
  readonly finding: Finding;
  /** How many resources all of them stand for. */
  readonly count: number;
  /** Distinct owners, in order of appearance: tests, or the workers whose hooks left it behind. */
  readonly owners: readonly Owner[];
}

export type Owner = { readonly type: 'test'; readonly test: ReportTest } | { readonly type: 'worker'; readonly workerIndex: number };

/** Groups the findings of a report, in order of first appearance. Linear. */
export function groupFindings(report: Pick<LeakReport, 'tests' | 'workers'>): FindingGroup[] {
  const groups = new Map<string, { finding: Finding; count: number; owners: Map<string, Owner> }>();
  const add = (finding: Finding, owner: Owner): void => {
    const key = leakKey(finding);
    const group = groups.get(key) ?? { finding, count: 0, owners: new Map<string, Owner>() };
    groups.set(key, group);
    group.count += finding.count;
    const name = nameOf(owner);
    // The first attempt of a test stands for the others, which other tests' results may have come between.
    if (!group.owners.has(name)) group.owners.set(name, owner);
  };
  for (const test of report.tests) for (const finding of test.findings) add(finding, { type: 'test', test });
  for (const { workerIndex, findings } of report.workers) for (const finding of findings) add(finding, { type: 'worker', workerIndex });
  return [...groups.values()].map(({ owners, ...group }) => ({ ...group, owners: [...owners.values()] }));
}

function nameOf(owner: Owner): string {
  return owner.type === 'test' ? `test ${owner.test.id}` : `worker ${String(owner.workerIndex)}`;
}
