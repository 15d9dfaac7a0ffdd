import type { Finding } from './finding.ts';
import { isLeak, type ReportScenario, type ReportTest, type RunResults } from './report.ts';
import { causesOf, type ScenarioCause } from './scenarioCauses.ts';

/** One leak of a run by its fingerprint, over all that showed it. */
export interface ObservedLeak {
  readonly fingerprint: string;
  readonly kind: string;
  readonly summary: string;
  /** File that opened it, without a line. */
  readonly origin: string | null;
  /**
   * How many: of tests all together, an attempt that was repeated counting once, and a test with a stability scenario as one; of what
   * workers left, how many one of them left.
   */
  readonly count: number;
  /** The same without what workers left. */
  readonly inTests: number;
  /** How many each test showed, by {@link nameOfTest}. */
  readonly owners: ReadonlyMap<string, number>;
  readonly outside: boolean;
}

/** What a test is called from run to run: `[project] › file › titles`. Attempts and repetitions of a test are the same test. */
export function nameOfTest({ project, titlePath, title, file }: Pick<ReportTest, 'project' | 'titlePath' | 'title' | 'file'>): string {
  const titles = titlePath.length > 0 ? titlePath : [file, title];
  return [...(project === '' ? [] : [`[${project}]`]), ...titles].join(' › ');
}

/**
 * Why a scenario failed, also where no reporter has judged it.
 *
 * @param test `undefined`: the report does not have it
 */
export function causesIn(scenario: ReportScenario, test: ReportTest | undefined): readonly ScenarioCause[] {
  return scenario.causes ?? causesOf(scenario, test ?? { file: '', titlePath: [] });
}

/**
 * Names of tests with a stability scenario. Of what they leave only that it is there counts: how many depends on how many iterations there
 * were.
 */
export function testsWithScenarios({ tests, scenarios }: Pick<RunResults, 'tests' | 'scenarios'>): ReadonlySet<string> {
  const ids = new Set(scenarios.map(({ testId }) => testId));
  return new Set(tests.filter(({ id }) => ids.has(id)).map(nameOfTest));
}

/** Leaks that no rule allows, and causes of failing scenarios, by fingerprint. Linear in findings. */
export function observeLeaks(report: RunResults): Map<string, ObservedLeak> {
  const seen = new Observations();
  const repeating = testsWithScenarios(report);
  const testOf = new Map(report.tests.map((test) => [test.id, test]));
  for (const test of report.tests) {
    const name = nameOfTest(test);
    const counts = new Map<string, number>();
    for (const finding of test.findings.filter(isLeak)) {
      seen.note(finding);
      counts.set(finding.fingerprint, repeating.has(name) ? 1 : (counts.get(finding.fingerprint) ?? 0) + finding.count);
    }
    for (const [fingerprint, count] of counts) seen.ofTest(fingerprint, name, count);
  }
  for (const worker of report.workers) {
    for (const finding of worker.findings.filter(isLeak)) {
      seen.note(finding);
      seen.ofWorker(finding.fingerprint, finding.count);
    }
  }
  for (const scenario of report.scenarios) seen.ofScenario(scenario, testOf.get(scenario.testId));
  return seen.all();
}

class Observations {
  readonly #leaks = new Map<string, Pick<ObservedLeak, 'kind' | 'summary' | 'origin' | 'outside'>>();
  readonly #owners = new Map<string, Map<string, number>>();
  readonly #workers = new Map<string, number>();

  note({ fingerprint, kind, summary, origin, evidence }: Finding): void {
    if (this.#leaks.has(fingerprint)) return;
    this.#leaks.set(fingerprint, { kind, summary, origin: origin?.file ?? null, outside: evidence['view'] === 'outside' });
  }

  /** Of several attempts the worst one counts. */
  ofTest(fingerprint: string, test: string, count: number): void {
    const owners = this.#owners.get(fingerprint) ?? new Map<string, number>();
    owners.set(test, Math.max(owners.get(test) ?? 0, count));
    this.#owners.set(fingerprint, owners);
  }

  ofWorker(fingerprint: string, count: number): void {
    this.#workers.set(fingerprint, Math.max(this.#workers.get(fingerprint) ?? 0, count));
  }

  ofScenario(scenario: ReportScenario, test: ReportTest | undefined): void {
    const { name, testId } = scenario;
    for (const { name: metric, fingerprint } of causesIn(scenario, test)) {
      if (!this.#leaks.has(fingerprint)) {
        this.#leaks.set(fingerprint, { kind: 'scenario', summary: `${name}: ${metric}`, origin: test?.file ?? null, outside: false });
      }
      this.ofTest(fingerprint, test === undefined ? testId : nameOfTest(test), 1);
    }
  }

  all(): Map<string, ObservedLeak> {
    return new Map(
      [...this.#leaks].map(([fingerprint, leak]) => {
        const owners = this.#owners.get(fingerprint) ?? new Map<string, number>();
        const inTests = [...owners.values()].reduce((sum, count) => sum + count, 0);
        const count = inTests + (this.#workers.get(fingerprint) ?? 0);
        return [fingerprint, { fingerprint, ...leak, count, inTests, owners }];
      }),
    );
  }
}
