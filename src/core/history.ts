import { toKnownLeak } from './baseline.ts';
import type { Verdict } from './finding.ts';
import { causesIn, type ObservedLeak } from './observedLeaks.ts';
import { allFindings, isLeak, type Course, type LeakReport } from './report.ts';
import { SearchedRun, wereSearched } from './searchedRun.ts';
import type { Location } from './stack.ts';
import { TextPool } from './textPool.ts';
import { listNames } from './wording.ts';

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
  /** Different leaks, and causes of failed scenarios, by fingerprint; allowed and late ones are none. */
  readonly leaks: number;
}

/** What a build tells of a leak. `unknown`: it did not look where the leak was, or what it found is no leak there: allowed, or late. */
export type Presence = 'there' | 'absent' | 'unknown';

/** One leak over the builds. */
export interface LeakHistory {
  readonly fingerprint: string;
  /** `scenario` for the cause of a failed scenario. */
  readonly kind: string;
  /** As in the latest build that has it. */
  readonly summary: string;
  /** The line that opened it; of a scenario, its test. */
  readonly origin: Location | null;
  /** One for each build, at least one of them `there`. The first of those is where it first appeared, or later than that. */
  readonly builds: readonly Presence[];
  /** What the last build that tells says: gone is only what was looked for. */
  readonly standing: 'there' | 'gone' | 'unknown';
}

export interface History {
  readonly builds: readonly BuildFigures[];
  /** Those that the last build still has come first, those that are gone last; of each the youngest first. */
  readonly leaks: readonly LeakHistory[];
}

type Traced = ObservedLeak & { readonly place: Location | null; readonly owners: Map<string, number> };

const STANDINGS = ['there', 'unknown', 'gone'] as const;

/**
 * Follows figures and leaks over builds, oldest first. Takes one report at a time and keeps none of them, so that hundreds can be read.
 *
 * @example buildHistory([{ name: '41', report: before }, { name: '42', report: after }]).leaks[0]?.builds // ['absent', 'there']
 */
export function buildHistory(builds: Iterable<Build>): History {
  const figures: BuildFigures[] = [];
  const runs: SearchedRun[] = [];
  const names = new TextPool();
  const traced = new Map<string, Traced>();
  for (const { name, report } of builds) {
    const run = new SearchedRun(report, names);
    const places = placesOf(report);
    for (const leak of run.observed.values()) {
      const owners = traced.get(leak.fingerprint)?.owners ?? new Map<string, number>();
      for (const [test, count] of leak.owners) owners.set(names.share(test), count);
      traced.set(leak.fingerprint, { ...leak, owners, place: places.get(leak.fingerprint) ?? null });
    }
    runs.push(run);
    figures.push(figuresOf(name, report, run.observed.size));
  }
  const order = ({ standing }: LeakHistory): number => STANDINGS.indexOf(standing);
  const leaks = [...traced.values()].map((leak) => historyOf(leak, runs));
  return { builds: figures, leaks: leaks.sort((a, b) => order(a) - order(b) || b.builds.indexOf('there') - a.builds.indexOf('there')) };
}

/**
 * Since when a leak is there, in words: `new in 42`, `since 40`, `gone since 41`; less where the builds about it do not tell.
 *
 * @param leak one of the history's
 */
export function describeSpan({ builds }: History, { builds: told, standing }: LeakHistory): string {
  const name = (index: number): string => builds[index]?.name ?? '';
  const first = told.indexOf('there');
  const last = told.lastIndexOf('there');
  const isExact = told[first - 1] === 'absent';
  const from = first === 0 ? '' : `${isExact ? 'from' : 'first seen in'} ${name(first)}, `;
  if (standing === 'gone') return `${from}gone since ${name(told.indexOf('absent', last))}`;
  if (standing === 'unknown') return `${from}last seen in ${name(last)}, not known since`;
  if (first === 0) return 'in the first build already';
  if (!isExact) return `first seen in ${name(first)}`;
  return `${first === builds.length - 1 ? 'new in' : 'since'} ${name(first)}`;
}

/** What is said instead of a list of leaks where there is none: not every verdict is explained by leaks, or says that there are none. */
export function describeNoLeaks({ builds }: History): string {
  const namesOf = (verdict: Verdict): string => listNames(builds.flatMap((build) => (build.verdict === verdict ? [build.name] : [])));
  if (namesOf('leak') !== '') return `No report names a leak, but this verdict is leak: ${namesOf('leak')}. leak show tells more.`;
  return namesOf('inconclusive') === '' ? 'No build has a leak.' : `No leak was seen; inconclusive: ${namesOf('inconclusive')}.`;
}

function historyOf({ place: origin, ...leak }: Traced, runs: readonly SearchedRun[]): LeakHistory {
  const { fingerprint, kind, summary } = leak;
  const known = toKnownLeak(leak);
  const builds = runs.map((run): Presence => {
    if (run.observed.has(fingerprint)) return 'there';
    return !run.excuses(fingerprint) && wereSearched([run], known) ? 'absent' : 'unknown';
  });
  const last = builds.lastIndexOf('there');
  const standing = builds.includes('absent', last) ? 'gone' : last === builds.length - 1 ? 'there' : 'unknown';
  return { fingerprint, kind, summary, origin, builds, standing };
}

/** Where the leaks of a report were opened, and the tests of its failed scenarios. */
function placesOf(report: LeakReport): Map<string, Location> {
  const places = new Map<string, Location>();
  for (const { fingerprint, origin } of [...allFindings(report)].filter(isLeak)) {
    if (origin !== null && !places.has(fingerprint)) places.set(fingerprint, origin);
  }
  const tests = new Map(report.tests.map((test) => [test.id, test]));
  for (const scenario of report.scenarios) {
    const test = tests.get(scenario.testId);
    if (test === undefined) continue;
    for (const { fingerprint } of causesIn(scenario, test)) places.set(fingerprint, { file: test.file, line: test.line, column: 1 });
  }
  return places;
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
