import { UsageError } from '../command.ts';
import type { Benchmark } from './benchmark.ts';
import { browserBenchmarks } from './browserBenchmarks.ts';
import { httpBenchmarks } from './httpBenchmarks.ts';
import { breakerBenchmarks, poolBenchmarks, retryBenchmarks, semaphoreBenchmarks } from './primitiveBenchmarks.ts';

/** Every benchmark there is, in the order in which they run; the first of each group is its baseline. */
export const BENCHMARKS: readonly Benchmark[] = [
  ...poolBenchmarks,
  ...semaphoreBenchmarks,
  ...breakerBenchmarks,
  ...retryBenchmarks,
  ...httpBenchmarks,
  ...browserBenchmarks,
];

/**
 * Those with all of these words in their group and name.
 *
 * @param words in lower case
 * @throws UsageError where none has
 */
export function selectBenchmarks(words: readonly string[]): Benchmark[] {
  const selected = BENCHMARKS.filter(({ group, name }) => words.every((word) => `${group} ${name}`.toLowerCase().includes(word)));
  if (selected.length > 0) return selected;
  const groups = [...new Set(BENCHMARKS.map(({ group }) => group))].join(', ');
  throw new UsageError(`--filter ${JSON.stringify(words.join(' '))} fits no benchmark: there are ${groups}.`);
}
