import type { Baseline, KnownLeak } from './baseline.ts';
import { nameOfTest, observeLeaks } from './observedLeaks.ts';
import type { GoneLeak, LeakReport, ReportTest } from './report.ts';

type Run = Pick<LeakReport, 'tests' | 'workers' | 'scenarios' | 'environment' | 'run'>;

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
 * Leaks of a baseline that a run no longer shows, or fewer of them. Only what was really looked for is gone: every test that showed the
 * leak ran to its end, passed, and was judged by a detector of its kind; a test that is not there, and what no test is named for, needs a
 * run of the whole suite. What closes late now is not gone: it may be slower next time.
 */
export function goneLeaks(baseline: Baseline, runs: readonly Run[]): GoneLeak[] {
  const looks = runs.map((run) => new Look(run));
  const gone: GoneLeak[] = [];
  for (const leak of baseline.leaks.values()) {
    const found = looks.reduce((most, look) => Math.max(most, look.found(leak)), 0);
    if (found >= leak.count || !looks.every((look) => look.searched(leak)) || !looks.some((look) => look.touched(leak))) continue;
    const { fingerprint, kind, summary, count } = leak;
    gone.push({ fingerprint, kind, summary, count, found });
  }
  return gone;
}

/** What one run can say about known leaks. */
class Look {
  readonly #isWhole: boolean;
  readonly #allEnded: boolean;
  readonly #observed: ReturnType<typeof observeLeaks>;
  readonly #inWorkers: ReadonlySet<string>;
  readonly #late: ReadonlySet<string>;
  readonly #tests: ReadonlyMap<string, Judged>;
  readonly #blind: ReadonlySet<string>;

  constructor(run: Run) {
    this.#isWhole = run.run.partial === null;
    this.#allEnded = run.workers.every(({ ended, workerIndex }) => ended === 'in order' || workerIndex < 0);
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

  /** Whether this run had any reason to show it. */
  touched({ tests }: KnownLeak): boolean {
    return this.#isWhole || tests.some((test) => this.#tests.has(test));
  }

  /** Whether all that would show it was looked at, as far as it belongs to this run. */
  searched(leak: KnownLeak): boolean {
    if (!leak.outside && this.#blind.has(DETECTOR_OF[leak.kind] ?? '')) return false;
    const { tests, moreTests, outside } = leak;
    if (tests.length === 0 && !(this.#isWhole && this.#allEnded)) return false;
    if (moreTests > 0 && !this.#isWhole) return false;
    return tests.every((name) => {
      const test = this.#tests.get(name);
      return test === undefined ? this.#isWhole : outside ? test.outside : test.inside;
    });
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
