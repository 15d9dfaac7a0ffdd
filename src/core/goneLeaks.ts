import type { Baseline } from './baseline.ts';
import type { GoneLeak } from './report.ts';
import { SearchedRun, wereSearched, type SearchableRun } from './searchedRun.ts';

/**
 * Leaks of a baseline that these runs no longer show, or fewer of them. Only what was really looked for is gone, see {@link wereSearched}.
 * What closes late now is not gone: it may be slower next time.
 */
export function goneLeaks(baseline: Baseline, runs: readonly SearchableRun[]): GoneLeak[] {
  if (baseline.leaks.size === 0) return [];
  const searched = runs.map((run) => new SearchedRun(run));
  return [...baseline.leaks.values()].flatMap((leak) => {
    const found = searched.reduce((most, run) => Math.max(most, run.found(leak)), 0);
    if (found >= leak.count || !wereSearched(searched, leak)) return [];
    const { fingerprint, kind, summary, count } = leak;
    return [{ fingerprint, kind, summary, count, found }];
  });
}
