import type { KnownLeak } from './baseline.ts';
import { nameOfTest, observeLeaks, type ObservedLeak } from './observedLeaks.ts';
import { allFindings, isLeak, type LeakReport, type ReportTest, type RunResults } from './report.ts';
import { TextPool } from './textPool.ts';

/** Which detector would have seen a leak of a kind. */
const DETECTOR_OF: Readonly<Record<string, string>> = {
  fd: 'fds',
  process: 'processes',
  handle: 'handles',
  heap: 'heap',
  object: 'objects',
  browser: 'browser',
  context: 'browser',
  page: 'browser',
  request: 'browser',
};

/**
 * Whether these runs looked for a leak wherever it was seen: every test that showed it ran to its end, passed, and was judged by a detector
 * of its kind; a test that is nowhere, and what no test is named for, needs runs of the whole suite.
 */
export function wereSearched(runs: readonly SearchedRun[], leak: KnownLeak): boolean {
  if (runs.length === 0 || runs.some((run) => run.isBlind(leak))) return false;
  const allWhole = runs.every(({ isWhole }) => isWhole);
  const answers = leak.tests.map((test) => runs.flatMap((run) => run.judged(test, leak) ?? []));
  if (!answers.every((said) => (said.length === 0 ? allWhole : said.every(Boolean)))) return false;
  const hasTests = leak.tests.length > 0;
  return (hasTests && leak.moreTests === 0) || (allWhole && (hasTests || runs.every(({ hasEnded }) => hasEnded)));
}

/** What is needed of a report to tell what was searched. */
export type SearchableRun = RunResults & Pick<LeakReport, 'environment' | 'run'>;

/** What one run can say about leaks that are known from elsewhere. */
export class SearchedRun {
  readonly isWhole: boolean;
  /** Whether all that workers left is known. */
  readonly hasEnded: boolean;
  /** Its own leaks, by fingerprint. */
  readonly observed: ReadonlyMap<string, ObservedLeak>;
  readonly #excused: ReadonlySet<string>;
  readonly #inWorkers: ReadonlySet<string>;
  readonly #late: ReadonlySet<string>;
  readonly #tests: ReadonlyMap<string, View | null>;
  readonly #blind: ReadonlySet<string>;

  /** @param names shared by runs that are kept side by side, which have mostly the same tests */
  constructor(run: SearchableRun, names = new TextPool()) {
    this.isWhole = run.run.partial === null;
    this.hasEnded = run.workers.every(({ ended, workerIndex }) => ended === 'in order' || workerIndex < 0);
    this.observed = observeLeaks(run);
    this.#excused = new Set([...allFindings(run)].filter((finding) => !isLeak(finding)).map(({ fingerprint }) => fingerprint));
    this.#inWorkers = new Set(run.workers.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint)));
    this.#late = new Set(
      run.tests.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'late').map(({ fingerprint }) => fingerprint)),
    );
    this.#blind = new Set(run.environment.detectors.filter(({ available }) => !available).map(({ name }) => name));
    this.#tests = viewedTests(run.tests, names);
  }

  /** How many there still are; of what is not counted, as many as ever. */
  found({ fingerprint, count }: Pick<KnownLeak, 'fingerprint' | 'count'>): number {
    if (this.#inWorkers.has(fingerprint) || this.#late.has(fingerprint)) return count;
    return this.observed.get(fingerprint)?.count ?? 0;
  }

  /** Whether it was there without being a leak: a rule allows it, or it closed late. */
  excuses(fingerprint: string): boolean {
    return this.#excused.has(fingerprint);
  }

  /** Whether nothing could see such a leak here. */
  isBlind({ kind, outside }: KnownLeak): boolean {
    return !outside && this.#blind.has(DETECTOR_OF[kind] ?? '');
  }

  /** Whether a test was judged so that such a leak would have shown; `undefined`: it is not in this run. */
  judged(test: string, { outside }: KnownLeak): boolean | undefined {
    const view = this.#tests.get(test);
    return view === undefined ? undefined : view === (outside ? 'outside' : 'inside');
  }
}

/** From where a test that passed was judged: within its worker, or from outside of it. */
type View = 'inside' | 'outside';

/** By name; `null`: it was not judged. Of attempts the last one counts; repetitions must all have been judged alike. */
function viewedTests(results: readonly ReportTest[], names: TextPool): Map<string, View | null> {
  const last = new Map<string, ReportTest>();
  for (const result of results) if (result.retry >= (last.get(result.id)?.retry ?? 0)) last.set(result.id, result);
  const views = new Map<string, View | null>();
  for (const result of last.values()) {
    const name = names.share(nameOfTest(result));
    const view = viewOf(result);
    views.set(name, !views.has(name) || views.get(name) === view ? view : null);
  }
  return views;
}

function viewOf({ status, verdict, counts }: ReportTest): View | null {
  if (status !== 'passed' || verdict === 'inconclusive') return null;
  if (counts === null) return 'outside';
  return Object.values(counts).some((count) => count !== null) ? 'inside' : null;
}
