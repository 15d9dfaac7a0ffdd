import { toKnownLeak, type Baseline, type KnownLeak } from './baseline.ts';
import type { BudgetName } from './budgets.ts';
import type { ObservedLeak } from './observedLeaks.ts';
import { ratchet, type Ratchet } from './ratchet.ts';
import type { GoneLeak } from './report.ts';

/** What may be done to a baseline that is there. */
export interface BaselineWishes {
  /** Take leaks in that it does not know, and raise counts. */
  readonly add: boolean;
  /** Drop leaks that are gone, and lower counts. */
  readonly prune: boolean;
  /** Add budgets that are not there. */
  readonly budgets: boolean;
}

/** One leak whose count changes, or would have to. `from: 0`: it is not in the baseline; `to: 0`: it leaves it. */
export interface BaselineChange {
  readonly leak: KnownLeak;
  readonly from: number;
  readonly to: number;
}

/** What becomes of a baseline. */
export interface BaselinePlan {
  readonly next: Baseline;
  /** What was done, to the last leak. */
  readonly changes: readonly BaselineChange[];
  /** What the run shows beyond the baseline and nobody has accepted. */
  readonly refused: readonly BaselineChange[];
  /** What is gone and may stay until somebody prunes. */
  readonly left: readonly BaselineChange[];
  readonly budgets: Pick<Ratchet, 'changes' | 'broken'>;
}

export interface SeenInRuns {
  readonly observed: ReadonlyMap<string, ObservedLeak>;
  readonly gone: readonly GoneLeak[];
  readonly usage: ReadonlyMap<BudgetName, number | null>;
  /** Whether all of the suite ran: then a test that is not there does not exist any more. */
  readonly whole: boolean;
  /** Whether all tests passed: one that failed may have used less than it needs. */
  readonly passed: boolean;
}

/**
 * Works out the next baseline. A first one takes everything in; one that is there never grows unless it is asked to. Its budgets get
 * tighter by themselves, and looser only with both wishes.
 *
 * @param before `null`: there is none yet
 */
export function planBaseline(before: Baseline | null, seen: SeenInRuns, wishes: BaselineWishes): BaselinePlan {
  const { observed, gone, whole } = seen;
  const leaks = new Map(before?.leaks);
  const changes: BaselineChange[] = [];
  const refused: BaselineChange[] = [];
  const left: BaselineChange[] = [];
  for (const { fingerprint, found: to } of gone) {
    const leak = leaks.get(fingerprint);
    if (leak === undefined) continue;
    const change = { leak, from: leak.count, to };
    if (!wishes.prune) left.push(change);
    else {
      changes.push(change);
      if (to === 0) leaks.delete(fingerprint);
      else leaks.set(fingerprint, { ...leak, count: to });
    }
  }
  for (const now of observed.values()) {
    const known = leaks.get(now.fingerprint);
    const leak = known ?? toKnownLeak(now);
    if (known !== undefined && now.inTests <= known.count) continue;
    const change = { leak, from: known?.count ?? 0, to: now.count };
    if (before !== null && !wishes.add) refused.push(change);
    else {
      changes.push(change);
      leaks.set(now.fingerprint, { ...leak, count: now.count });
    }
  }
  const touched = before !== null && (wishes.add || wishes.prune);
  const { next: budgets, ...budgetChanges } = ratchet(before?.budgets ?? new Map(), seen.usage, {
    lower: whole && seen.passed,
    raise: wishes.add && wishes.prune,
    create: wishes.budgets,
  });
  return { next: { leaks: touched ? renewed(leaks, observed, whole) : leaks, budgets }, changes, refused, left, budgets: budgetChanges };
}

/** Whoever changes a baseline brings the names of its tests up to date: by them it is told whether a leak is gone. */
function renewed(leaks: ReadonlyMap<string, KnownLeak>, observed: SeenInRuns['observed'], whole: boolean): Map<string, KnownLeak> {
  return new Map(
    [...leaks].map(([fingerprint, leak]) => {
      const seen = observed.get(fingerprint);
      if (seen === undefined) return [fingerprint, leak];
      const now = whole ? seen : { ...seen, owners: new Map([...leak.tests.map((test) => [test, 0] as const), ...seen.owners]) };
      const { tests, moreTests } = toKnownLeak(now);
      return [fingerprint, { ...leak, tests, moreTests: whole ? moreTests : Math.max(moreTests, leak.moreTests) }];
    }),
  );
}
