import type { Finding } from './finding.ts';
import { times } from './wording.ts';

/** More are only counted. */
const MAX_OTHERS = 5;

/** What a finding that stands for several says of those of another name: their summaries, the first few. */
export function othersOf({ evidence }: Pick<Finding, 'evidence'>): readonly string[] {
  const { others } = evidence;
  return Array.isArray(others) ? (others as readonly unknown[]).filter((other) => typeof other === 'string') : [];
}

/** The same, when one more finding joins a first one. */
export function withOther(others: readonly string[], first: Finding, finding: Finding): readonly string[] {
  if (others.length >= MAX_OTHERS) return others;
  const names = [finding.summary, ...othersOf(finding)].filter((summary) => summary !== first.summary);
  const joined = [...new Set([...others, ...names])];
  return joined.length === others.length ? others : joined.slice(0, MAX_OTHERS);
}

/** What is said after a summary that stands for several: ` (3 times)`; where not all are of that name `, and 2 more from the same line`. */
export function andOthers({ origin }: Pick<Finding, 'origin'>, count: number, others: readonly string[]): string {
  if (others.length === 0 || count < 2) return times(count);
  return `, and ${String(count - 1)} more ${origin === null ? 'like it' : 'from the same line'}`;
}
