import type { Baseline, KnownLeak } from './baseline.ts';
import { nameOfTest, observeLeaks } from './observedLeaks.ts';
import type { GoneLeak, LeakReport, ReportTest, RunResults } from './report.ts';

type Run = RunResults & Pick<LeakReport, 'environment' | 'run'>;

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
 * Leaks of a baseline that these runs no longer show, or fewer of them. Only what was really looked for is gone: every test that showed
 * the leak ran to its end, passed, and was judged by a detector of its kind; a test that is nowhere, and what no test is named for, needs
 * runs of the whole suite. What closes late now is not gone: it may be slower next time.
 */
export function goneLeaks(baseline: Baseline, runs: readonly Run[]): GoneLeak[] {
  if (baseline.leaks.size === 0) return [];
  const looks = runs.map((run) => new Look(run));
  const allWhole = looks.length > 0 && looks.every(({ isWhole }) => isWhole);
  const allEnded = looks.every(({ hasEnded }) => hasEnded);
  const gone: GoneLeak[] = [];
  for (const leak of baseline.leaks.values()) {
    const found = looks.reduce((most, look) => Math.max(most, look.found(leak)), 0);
    if (found >= leak.count || looks.some((look) => look.isBlind(leak))) continue;
    const answers = leak.tests.map((test) => looks.flatMap((look) => look.judged(test, leak) ?? []));
    const searched = answers.every((said) => (said.length === 0 ? allWhole : said.every(Boolean)));
    const allNamed = leak.tests.length > 0 && leak.moreTests === 0;
    if (!searched || !(allNamed || (allWhole && (leak.tests.length > 0 || allEnded)))) continue;
    const { fingerprint, kind, summary, count } = leak;
    gone.push({ fingerprint, kind, summary, count, found });
  }
  return gone;
}

/** What one run can say about known leaks. */
class Look {
  readonly isWhole: boolean;
  /** Whether all that workers left is known. */
  readonly hasEnded: boolean;
  readonly #observed: ReturnType<typeof observeLeaks>;
  readonly #inWorkers: ReadonlySet<string>;
  readonly #late: ReadonlySet<string>;
  readonly #tests: ReadonlyMap<string, Judged>;
  readonly #blind: ReadonlySet<string>;

  constructor(run: Run) {
    this.isWhole = run.run.partial === null;
    this.hasEnded = run.workers.every(({ ended, workerIndex }) => ended === 'in order' || workerIndex < 0);
    this.#observed = observeLeaks(run);
    this.#inWorkers = new Set(run.workers.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint)));
    this.#late = new Set(
      run.tests.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'late').map(({ fingerprint }) => fingerprint)),
    );
    this.#blind = new Set(run.environment.detectors.filter(({ available }) => !available).map(({ name }) => name));
    this.#tests = judgedTests(run.tests);
  }

  /** How many there still are; of what is not counted, as many as ever. */
  found({ fingerprint, count }: KnownLeak): number {
    if (this.#inWorkers.has(fingerprint) || this.#late.has(fingerprint)) return count;
    return this.#observed.get(fingerprint)?.count ?? 0;
  }

  /** Whether nothing could see such a leak here. */
  isBlind({ kind, outside }: KnownLeak): boolean {
    return !outside && this.#blind.has(DETECTOR_OF[kind] ?? '');
  }

  /** Whether a test was judged so that such a leak would have shown; `undefined`: it is not in this run. */
  judged(test: string, { outside }: KnownLeak): boolean | undefined {
    const judged = this.#tests.get(test);
    return outside ? judged?.outside : judged?.inside;
  }
}

/** Whether a test passed and was judged, from inside of its worker or from outside. */
interface Judged {
  readonly inside: boolean;
  readonly outside: boolean;
}

/** By name. Of attempts the last one counts; of repetitions all must have been judged. */
function judgedTests(results: readonly ReportTest[]): Map<string, Judged> {
  const last = new Map<string, ReportTest>();
  for (const result of results) if (result.retry >= (last.get(result.id)?.retry ?? 0)) last.set(result.id, result);
  const judged = new Map<string, Judged>();
  for (const result of last.values()) {
    const { status, verdict, counts } = result;
    const name = nameOfTest(result);
    const before = judged.get(name) ?? { inside: true, outside: true };
    const sure = status === 'passed' && verdict !== 'inconclusive';
    const measured = counts !== null && Object.values(counts).some((count) => count !== null);
    judged.set(name, { inside: before.inside && sure && measured, outside: before.outside && sure && counts === null });
  }
  return judged;
}
