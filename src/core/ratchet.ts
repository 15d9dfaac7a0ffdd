import type { BudgetName, Limits } from './budgets.ts';

/** What may be done to the budgets of a baseline. */
export interface RatchetWishes {
  /** Lower them to what a run used: only after one of the whole suite that passed. */
  readonly lower: boolean;
  /** Raise those that the run broke. */
  readonly raise: boolean;
  /** Add those that are not there. */
  readonly create: boolean;
}

/** `from: null`: there was no such budget. */
export interface BudgetChange {
  readonly name: BudgetName;
  readonly from: number | null;
  readonly to: number;
}

export interface Ratchet {
  readonly next: Limits;
  readonly changes: readonly BudgetChange[];
  /** Budgets that the run broke and nobody has raised; `to` is what it used. */
  readonly broken: readonly BudgetChange[];
}

/** Budgets that are created when somebody asks for them. */
const CREATED: readonly BudgetName[] = ['fds', 'processes', 'heapGrowthBytes', 'leaks'];

/**
 * Turns budgets tighter after a run that used less, and never looser unless it is asked to. Leaks are counted exactly; what differs from
 * run to run keeps some room: two resources or a tenth, ten megabytes and a tenth of heap.
 */
export function ratchet(limits: Limits, usage: ReadonlyMap<BudgetName, number | null>, wishes: RatchetWishes): Ratchet {
  const next = new Map(limits);
  const changes: BudgetChange[] = [];
  const broken: BudgetChange[] = [];
  for (const [name, limit] of limits) {
    const actual = usage.get(name) ?? null;
    if (actual === null) continue;
    const roomy = withRoom(name, actual);
    if (actual > limit && !wishes.raise) broken.push({ name, from: limit, to: actual });
    else if (actual > limit || (wishes.lower && roomy < limit)) changes.push({ name, from: limit, to: roomy });
  }
  for (const name of wishes.create ? CREATED : []) {
    const actual = usage.get(name) ?? null;
    if (actual !== null && !limits.has(name)) changes.push({ name, from: null, to: withRoom(name, actual) });
  }
  for (const { name, to } of changes) next.set(name, to);
  return { next, changes, broken };
}

function withRoom(name: BudgetName, actual: number): number {
  switch (name) {
    case 'fds':
    case 'processes':
      return actual + Math.max(2, Math.ceil(actual / 10));
    case 'heapGrowthBytes':
      return Math.ceil((actual * 1.1 + 10e6) / 1e6) * 1e6;
    default:
      return actual;
  }
}
