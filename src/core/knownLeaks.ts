import type { Baseline } from './baseline.ts';
import type { Finding } from './finding.ts';
import { nameOfTest, observeLeaks, testsWithScenarios } from './observedLeaks.ts';
import type { ReportScenario, ReportTest, ReportWorker, RunResults } from './report.ts';

/**
 * Calls known what the baseline knows. Where the tests of a run show more of a leak than it counts, as many as it counts are known, first
 * of all in the tests it names, and the rest are new. Of what hooks and workers leave, and tests with a stability scenario, only the
 * fingerprint counts, for how many there are depends on how many workers, or iterations, there were.
 */
export function markKnown({ tests, workers, scenarios }: RunResults, baseline: Baseline): RunResults {
  if (baseline.leaks.size === 0) return { tests, workers, scenarios };
  const shares = sharesOf({ tests, workers, scenarios }, baseline);
  const nameOf = new Map(tests.map((test) => [test.id, nameOfTest(test)]));
  return {
    tests: tests.map((test) => markTest(test, baseline, shares)),
    workers: workers.map((worker) => markWorker(worker, baseline)),
    scenarios: scenarios.map((scenario) => markScenario(scenario, nameOf.get(scenario.testId) ?? scenario.testId, baseline, shares)),
  };
}

/** How many of a leak each test may show, by fingerprint; only for leaks of which there are more than the baseline counts. */
type Shares = ReadonlyMap<string, ReadonlyMap<string, number>>;

function sharesOf(run: RunResults, baseline: Baseline): Shares {
  const shares = new Map<string, Map<string, number>>();
  const repeating = testsWithScenarios(run);
  for (const { fingerprint, owners } of observeLeaks({ ...run, workers: [] }).values()) {
    const known = baseline.leaks.get(fingerprint);
    if (known === undefined) continue;
    const named = new Set(known.tests);
    const rank = (test: string): number => (named.has(test) ? 0 : 1);
    // The order of results differs from run to run; that of names does not.
    const sorted = [...owners].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
    if (sorted.reduce((sum, [, count]) => sum + count, 0) <= known.count) continue;
    const share = new Map<string, number>();
    let left = known.count;
    for (const [test, count] of sorted) {
      share.set(test, left > 0 && repeating.has(test) ? Number.POSITIVE_INFINITY : Math.min(left, count));
      left -= Math.min(left, count);
    }
    shares.set(fingerprint, share);
  }
  return shares;
}

function markTest(test: ReportTest, baseline: Baseline, shares: Shares): ReportTest {
  if (!test.findings.some((finding) => isCandidate(finding, baseline))) return test;
  const name = nameOfTest(test);
  const used = new Map<string, number>();
  const findings = test.findings.flatMap((finding): Finding[] => {
    const { fingerprint, count } = finding;
    if (!isCandidate(finding, baseline)) return [finding];
    const before = used.get(fingerprint) ?? 0;
    const share = shares.get(fingerprint)?.get(name) ?? Number.POSITIVE_INFINITY;
    const known = Math.max(0, Math.min(count, share - before));
    used.set(fingerprint, before + known);
    const fresh = beyond(finding, count - known, baseline);
    if (known === 0) return [fresh];
    return known === count ? [{ ...finding, status: 'known' }] : [{ ...finding, count: known, status: 'known' }, fresh];
  });
  return { ...test, findings };
}

function markWorker(worker: ReportWorker, baseline: Baseline): ReportWorker {
  const findings = worker.findings.map((finding): Finding => (isCandidate(finding, baseline) ? { ...finding, status: 'known' } : finding));
  return { ...worker, findings };
}

function markScenario(scenario: ReportScenario, test: string, baseline: Baseline, shares: Shares): ReportScenario {
  if (scenario.causes === undefined) return scenario;
  const causes = scenario.causes.map((cause) => {
    const isKnown = baseline.leaks.has(cause.fingerprint) && shares.get(cause.fingerprint)?.get(test) !== 0;
    return isKnown ? { ...cause, status: 'known' as const } : cause;
  });
  return { ...scenario, causes };
}

function isCandidate({ severity, status, fingerprint }: Finding, { leaks }: Baseline): boolean {
  return severity === 'leak' && status === 'new' && leaks.has(fingerprint);
}

/** What is new of a leak that is known says how many of it are. */
function beyond(finding: Finding, count: number, { leaks }: Baseline): Finding {
  const known = leaks.get(finding.fingerprint)?.count ?? 0;
  return {
    ...finding,
    count,
    hint: `${finding.hint}; the baseline knows ${String(known)} of these, now there are more`,
    evidence: { ...finding.evidence, knownCount: known },
  };
}
