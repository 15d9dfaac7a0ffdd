import { leakKey, type Finding } from '../core/finding.ts';
import { othersOf, withOther } from '../core/otherSummaries.ts';
import type { LeakReport, ReportTest } from '../core/report.ts';
import { plural } from '../core/wording.ts';

/** Findings that are the same leak: one fingerprint, one severity and one status, in however many tests. */
export interface FindingGroup {
  readonly finding: Finding;
  /** How many resources all of them stand for. */
  readonly count: number;
  /** Summaries of those that are of another name than the first, the first few. */
  readonly others: readonly string[];
  /** Distinct owners, in order of appearance: tests, or the workers whose hooks left it behind. */
  readonly owners: readonly Owner[];
}

export type Owner = { readonly type: 'test'; readonly test: ReportTest } | { readonly type: 'worker'; readonly workerIndex: number };

/** Groups the findings of a report, in order of first appearance. Linear. */
export function groupFindings(report: Pick<LeakReport, 'tests' | 'workers'>): FindingGroup[] {
  const groups = new Map<string, { finding: Finding; count: number; others: readonly string[]; owners: Map<string, Owner> }>();
  const add = (finding: Finding, owner: Owner): void => {
    const key = leakKey(finding);
    const group = groups.get(key) ?? { finding, count: 0, others: othersOf(finding), owners: new Map<string, Owner>() };
    groups.set(key, group);
    group.count += finding.count;
    group.others = withOther(group.others, group.finding, finding);
    const name = nameOf(owner);
    // The first attempt of a test stands for the others, which other tests' results may have come between.
    if (!group.owners.has(name)) group.owners.set(name, owner);
  };
  for (const test of report.tests) for (const finding of test.findings) add(finding, { type: 'test', test });
  for (const { workerIndex, findings } of report.workers) for (const finding of findings) add(finding, { type: 'worker', workerIndex });
  return [...groups.values()].map(({ owners, ...group }) => ({ ...group, owners: [...owners.values()] }));
}

/** `2 tests and 1 worker`. @param more `more ` for those beyond others */
export function countOwners(owners: readonly Owner[], more = ''): string {
  const tests = owners.filter(({ type }) => type === 'test').length;
  const workers = owners.filter((owner) => owner.type === 'worker' && owner.workerIndex >= 0).length;
  const parts = [
    ...(tests > 0 ? [plural(tests, `${more}test`)] : []),
    ...(workers > 0 ? [plural(workers, `${more}worker`)] : []),
    ...(owners.length > tests + workers ? ['the run itself'] : []),
  ];
  return parts.join(' and ');
}

function nameOf(owner: Owner): string {
  return owner.type === 'test' ? `test ${owner.test.id}` : `worker ${String(owner.workerIndex)}`;
}
