import type { Lifecycle } from '../../resilience/lifecycle.ts';

/** What one row of `leak bench` measures. */
export interface Benchmark {
  readonly group: string;
  readonly name: string;
  /** Whether the other rows of its group are compared with this one. */
  readonly baseline?: true;
  /** How many operations one round has: what takes nanoseconds cannot be timed one by one. */
  readonly operations: number;
  /** The least number of rounds that is measured, however long that takes. Default 10. */
  readonly rounds?: number;
  prepare(place: BenchPlace): Promise<Prepared>;
}

/** Where a benchmark runs. */
export interface BenchPlace {
  /** Folder of the project whose Playwright is used. */
  readonly folder: string;
  /** A Chromium to use instead of Playwright's own. */
  readonly chromium: string | undefined;
  /** Closes what a benchmark has open when the command is interrupted. */
  readonly lifecycle: Lifecycle;
}

/** A benchmark that is ready to run, or the reason why it cannot run here. */
export type Prepared =
  { readonly ready: true; round(): Promise<unknown>; close(): Promise<unknown> } | { readonly ready: false; readonly reason: string };

const nothing = async (): Promise<void> => {};

/** A benchmark of one operation that holds nothing, done `operations` times in a row in each round. */
export function inARow(group: string, name: string, operations: number, create: () => () => unknown): Benchmark {
  const prepare = async (): Promise<Prepared> => {
    const operation = create();
    const round = async (): Promise<void> => {
      for (let count = 0; count < operations; count += 1) await operation();
    };
    return { ready: true, round, close: nothing };
  };
  return { group, name, operations, prepare };
}

/** A benchmark of an operation that `waiters` callers want at once, beside the `permits` that get their turn immediately. */
export function atOnce(group: string, waiters: number, permits: number, create: () => () => Promise<unknown>): Benchmark {
  const operations = waiters + permits;
  const prepare = async (): Promise<Prepared> => {
    const operation = create();
    const round = async (): Promise<unknown> => Promise.all(Array.from({ length: operations }, operation));
    return { ready: true, round, close: nothing };
  };
  return { group, name: `${waiters.toLocaleString('en')} waiters`, operations, rounds: waiters > 1_000 ? 5 : 10, prepare };
}
