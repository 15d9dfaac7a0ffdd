import { parseArgs } from 'node:util';
import { UsageError } from '../command.ts';

/** What `leak bench` was asked for. */
export interface BenchArguments {
  readonly json: boolean;
  /** Only benchmarks with all of these words in `group name`, in lower case. */
  readonly words: readonly string[];
  /** How long each benchmark is measured, in milliseconds. */
  readonly timeMs: number;
  readonly chromium: string | undefined;
}

const DEFAULT_TIME = 500;
const LONGEST_TIME = 600_000;

/** Parses the command line. @throws UsageError, or what `util.parseArgs` throws, where it makes no sense */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean' }, filter: { type: 'string' }, time: { type: 'string' }, chromium: { type: 'string' } },
  });
  const { json = false, filter = '', time = String(DEFAULT_TIME), chromium } = values;
  const timeMs = Number(time);
  if (!/^\d+$/.test(time) || timeMs < 1 || timeMs > LONGEST_TIME) {
    const expected = `a whole number of milliseconds from 1 to ${LONGEST_TIME}`;
    throw new UsageError(`--time must be ${expected}, came ${JSON.stringify(time)}.`);
  }
  if (chromium === '') throw new UsageError('--chromium must be the path of a Chromium, came "".');
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return { json, words, timeMs, chromium };
}
