import type { Finding, FindingKind, Verdict } from './finding.ts';
import { isLeak, type Course, type LeakReport } from './report.ts';
import type { Location } from './stack.ts';

/** One build's report, and what the build is called. */
export interface Build {
  readonly name: string;
  readonly report: LeakReport;
}

/** What a build comes to. `null`: not measured. */
export interface BuildFigures {
  readonly name: string;
  readonly verdict: Verdict;
  readonly gateFailed: boolean;
  readonly results: number;
  /** What the fullest worker held at its end. */
  readonly heapBytes: number | null;
  readonly fds: number | null;
  /** Median cost of the checks per test, in milliseconds. */
  readonly overheadMs: number | null;
  /** Different leaks, by fingerprint; allowed and late ones are none. */
  readonly leaks: number;
}

/** One leak over the builds. */
export interface LeakHistory {
  readonly fingerprint: string;
  readonly kind: FindingKind;
  /** As in the latest build that has it. */
  readonly summary: string;
  readonly origin: Location | null;
  /** Indices of the builds that have it, ascending. The first is where it first appeared, or an earlier build that was not given. */
  readonly builds: readonly number[];
}

export interface History {
  readonly builds: readonly BuildFigures[];
  /** Those that the last build still has come first; in each half the youngest first. */
  readonly leaks: readonly LeakHistory[];
}

/**
 * Follows figures and leaks over builds, oldest first. Takes one report at a time and keeps none of them, so that hundreds can be read.
 *
 * @example buildHistory([{ name: '41', report: before }, { name: '42', report: after }]).leaks[0]?.builds // [1]: new in 42
 */
export function buildHistory(builds: Iterable<Build>): History {
  const figures: BuildFigures[] = [];
  const leaks = new Map<string, { last: Finding; builds: number[] }>();
  for (const { name, report } of builds) {
    const index = figures.length;
    const own = new Map<string, Finding>();
    for (const finding of leaksOf(report)) if (!own.has(finding.fingerprint)) own.set(finding.fingerprint, finding);
    figures.push(figuresOf(name, report, own.size));
    for (const [fingerprint, finding] of own) {
      const before = leaks.get(fingerprint);
      leaks.set(fingerprint, { last: finding, builds: [...(before?.builds ?? []), index] });
    }
  }
  const isThere = ({ builds: found }: LeakHistory): boolean => found.at(-1) === figures.length - 1;
  return {
    builds: figures,
    leaks: [...leaks]
      .map(([fingerprint, { last, builds: found }]) => {
        const { kind, summary, origin } = last;
        return { fingerprint, kind, summary, origin, builds: found };
      })
      .sort((a, b) => Number(isThere(b)) - Number(isThere(a)) || (b.builds[0] ?? 0) - (a.builds[0] ?? 0)),
  };
}

/**
 * Since when a leak is there, in words: `new in 42`, `since 40`, `in all of them`, `gone since 41`.
 *
 * @param leak one of the history's
 */
export function describeSpan({ builds }: History, { builds: found }: LeakHistory): string {
  const name = (index: number): string => builds[index]?.name ?? '';
  const first = found[0] ?? 0;
  const last = found.at(-1) ?? first;
  const latest = builds.length - 1;
  if (last < latest) return `${first === 0 ? '' : `from ${name(first)}, `}gone since ${name(last + 1)}`;
  if (first === latest && latest > 0) return `new in ${name(first)}`;
  return first === 0 ? 'in the first build already' : `since ${name(first)}`;
}

function* leaksOf(report: LeakReport): Generator<Finding> {
  for (const { findings } of report.tests) yield* findings.filter(isLeak);
  for (const { findings } of report.workers) yield* findings.filter(isLeak);
}

function figuresOf(name: string, report: LeakReport, leaks: number): BuildFigures {
  const most = (course: 'fds' | 'heapBytes'): number | null => {
    const ends = report.workers.map(({ courses }) => courses[course]).filter((value): value is Course => value !== undefined);
    return ends.length === 0 ? null : ends.reduce((high, { last }) => Math.max(high, last), 0);
  };
  return {
    ...{ name, leaks, verdict: report.verdict, gateFailed: report.gate.failed },
    results: report.totals.results,
    heapBytes: most('heapBytes'),
    fds: most('fds'),
    overheadMs: report.totals.overheadMs,
  };
}
