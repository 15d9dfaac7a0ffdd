import { formatAmount } from './amount.ts';
import type { FindingKind } from './finding.ts';
import { appendTo } from './groupBy.ts';
import { display } from './json.ts';
import { KINDS } from './options.ts';
import { expectAmount, expectRecord } from './optionValue.ts';
import { lowest } from './extremes.ts';
import { observeLeaks } from './observedLeaks.ts';
import type { Counts } from './record.ts';
import { joinResults, type RunResults } from './report.ts';

/** What a whole run may use and leave. Each is inclusive; what is not named has no limit. */
export interface Budgets {
  /** File descriptors that one worker holds when a test has ended. */
  readonly fds?: number;
  /** Processes below one worker when a test has ended. */
  readonly processes?: number;
  /** Bytes by which the heap of one worker grows over its tests. */
  readonly heapGrowthBytes?: number;
  /** Leaks in all, known ones included; allowed and late ones are none. */
  readonly leaks?: number;
  /** The same for single kinds. */
  readonly leaksOfKind?: Readonly<Partial<Record<FindingKind, number>>>;
}

/** A limit by its name: `fds`, `leaks`, `leaksOfKind.fd`. */
export type BudgetName = 'fds' | 'processes' | 'heapGrowthBytes' | 'leaks' | `leaksOfKind.${FindingKind}`;

/** How a budget came out. `held: null`: nothing measured it. */
export interface BudgetOutcome {
  readonly name: BudgetName;
  readonly limit: number;
  readonly actual: number | null;
  readonly held: boolean | null;
}

/** Limits by name, in a fixed order. */
export type Limits = ReadonlyMap<BudgetName, number>;

const UNITS = { fds: 'descriptors', processes: 'processes', heapGrowthBytes: 'bytes', leaks: 'leaks' } as const;
const NAMES = Object.keys(UNITS) as (keyof typeof UNITS)[];

/**
 * Checks {@link Budgets} as they came from an option or a baseline.
 *
 * @throws TypeError or RangeError that names the budget, what was expected and what came
 * @example parseBudgets({ leaks: 12, leaksOfKind: { fd: 0 } }, 'budgets').get('leaksOfKind.fd') // 0
 */
export function parseBudgets(value: unknown, name: string): Limits {
  const { leaksOfKind, ...given } = value === undefined ? {} : expectRecord(value, name, [...NAMES, 'leaksOfKind']);
  const kinds = leaksOfKind === undefined ? {} : expectRecord(leaksOfKind, `${name}.leaksOfKind`, KINDS);
  const limits = new Map<BudgetName, number>();
  for (const budget of NAMES) {
    if (given[budget] !== undefined) limits.set(budget, expectWhole(given[budget], `${name}.${budget}`, UNITS[budget]));
  }
  for (const kind of KINDS) {
    if (kinds[kind] !== undefined) limits.set(`leaksOfKind.${kind}`, expectWhole(kinds[kind], `${name}.leaksOfKind.${kind}`, 'leaks'));
  }
  return limits;
}

function expectWhole(value: unknown, name: string, unit: string): number {
  const amount = expectAmount(value, name, Number.MAX_SAFE_INTEGER, unit);
  if (!Number.isInteger(amount)) throw new RangeError(`${name}: expected a whole number of ${unit}, got ${display(amount)}`);
  return amount;
}

/** Limits as {@link Budgets}, for JSON. */
export function toBudgets(limits: Limits): Budgets {
  const kinds = KINDS.flatMap((kind) => {
    const limit = limits.get(`leaksOfKind.${kind}`);
    return limit === undefined ? [] : [[kind, limit] as const];
  });
  const plain = NAMES.flatMap((name) => (limits.has(name) ? [[name, limits.get(name)] as const] : []));
  return { ...Object.fromEntries(plain), ...(kinds.length === 0 ? {} : { leaksOfKind: Object.fromEntries(kinds) }) };
}

/** What a run used and left, by the names of budgets; `null`: nothing measured it. */
export function usageOf(run: RunResults): ReadonlyMap<BudgetName, number | null> {
  const workers = new Map<number, Counts[]>();
  for (const { workerIndex, counts } of run.tests) {
    if (counts !== null) appendTo(workers, workerIndex, counts);
  }
  const most = (of: (counts: readonly Counts[]) => number | null): number | null => greatest([...workers.values()].map(of));
  const leaks = [...observeLeaks(run).values()].filter(({ kind }) => kind !== 'scenario');
  const sum = (kind?: FindingKind): number =>
    leaks.reduce((all, leak) => all + (kind === undefined || leak.kind === kind ? leak.count : 0), 0);
  return new Map<BudgetName, number | null>([
    ['fds', most((counts) => greatest(counts.map(({ fds }) => fds)))],
    ['processes', most((counts) => greatest(counts.map(({ processes }) => processes)))],
    ['heapGrowthBytes', most(heapGrowth)],
    ['leaks', sum()],
    ...KINDS.map((kind): [BudgetName, number] => [`leaksOfKind.${kind}`, sum(kind)]),
  ]);
}

/** The same of several runs: of leaks all together, of what a worker used the most. */
export function usageOfRuns(runs: readonly RunResults[]): ReadonlyMap<BudgetName, number | null> {
  const usages = runs.map(usageOf);
  // Workers of different runs have the same numbers.
  const ofWorkers = (['fds', 'processes', 'heapGrowthBytes'] as const).map(
    (name) => [name, greatest(usages.map((usage) => usage.get(name) ?? null))] as const,
  );
  return new Map([...usageOf(joinResults(runs)), ...ofWorkers]);
}

/** Of several limits for the same the smallest holds. */
export function smallestLimits(all: readonly Limits[]): Limits {
  const smallest = new Map<BudgetName, number>();
  for (const [name, limit] of all.flatMap((limits) => [...limits])) smallest.set(name, Math.min(limit, smallest.get(name) ?? limit));
  return smallest;
}

/** Holds a run against limits; of several for the same thing the smallest counts. */
export function judgeBudgets(run: RunResults, limits: readonly Limits[]): BudgetOutcome[] {
  const smallest = smallestLimits(limits);
  if (smallest.size === 0) return [];
  const usage = usageOf(run);
  return [...smallest].map(([name, limit]) => {
    const actual = usage.get(name) ?? null;
    return { name, limit, actual, held: actual === null ? null : actual <= limit };
  });
}

/** `a worker held 44 descriptors (budget 40)`. */
export function describeBudget({ name, limit, actual }: BudgetOutcome): string {
  const [value, most] = [actual ?? 0, limit].map((amount) => formatAmount(amount, name === 'heapGrowthBytes' ? 'bytes' : 'count'));
  const budget = `(budget ${most ?? ''})`;
  switch (name) {
    case 'fds':
      return `a worker held ${value ?? ''} descriptors ${budget}`;
    case 'processes':
      return `a worker had ${value ?? ''} processes ${budget}`;
    case 'heapGrowthBytes':
      return `the heap of a worker grew by ${value ?? ''} ${budget}`;
    case 'leaks':
      return `${value ?? ''} leaks in all ${budget}`;
    default:
      return `${value ?? ''} leaks of kind ${name.slice('leaksOfKind.'.length)} ${budget}`;
  }
}

/** The greatest of what was measured; `null` when nothing was. */
function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (value === null ? most : Math.max(most ?? value, value)), null);
}

/** Between the lowest of the first third and the lowest of the last: garbage that nobody has collected yet does not count. */
function heapGrowth(counts: readonly Counts[]): number | null {
  const values = counts.flatMap(({ heapBytes }) => heapBytes ?? []);
  if (values.length === 0) return null;
  const third = Math.ceil(values.length / 3);
  return Math.max(0, Math.round(lowest(values.slice(-third)) - lowest(values.slice(0, third))));
}
