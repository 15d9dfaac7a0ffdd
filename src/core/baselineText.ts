import type { Baseline, KnownLeak } from './baseline.ts';
import { toBudgets } from './budgets.ts';

/**
 * A baseline as the text of its file: sorted by file, kind and fingerprint, so that two branches that add leaks in different files do
 * not conflict, and nothing in it changes when lines move.
 */
export function formatBaseline({ leaks, budgets }: Baseline): string {
  const limits = budgets.size === 0 ? {} : { budgets: toBudgets(budgets) };
  return `${JSON.stringify({ schemaVersion: 1, ...limits, findings: [...leaks.values()].sort(byPlace).map(toEntry) }, null, 2)}\n`;
}

function toEntry({ fingerprint, count, kind, summary, origin, tests, moreTests, outside }: KnownLeak): object {
  return {
    ...{ fingerprint, count, kind, summary },
    ...(origin === null ? {} : { origin }),
    ...(outside ? { outside } : {}),
    ...(tests.length === 0 ? {} : { tests }),
    ...(moreTests === 0 ? {} : { moreTests }),
  };
}

/** By code unit, whatever the language of the machine. */
function byPlace(a: KnownLeak, b: KnownLeak): number {
  const [left, right] = [keyOf(a), keyOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function keyOf({ origin, tests, kind, fingerprint }: KnownLeak): string {
  return [origin ?? tests[0] ?? '', kind, fingerprint].join('\u0000');
}
