import { placeOfFinding, placeOfTest, standingOf, type Model } from './model.ts';

/** What is shown. Empty texts let everything through. */
export interface Filter {
  /** Words that must all occur, in any order, in any case. */
  readonly text: string;
  readonly kind: string;
  /** `new`, `known`, `late`, `allowed`, or `inconclusive` for tests that could not be judged. */
  readonly status: string;
  readonly project: string;
  readonly file: string;
}

export const NO_FILTER: Filter = { text: '', kind: '', status: '', project: '', file: '' };

/** Indices of what passes the filter, in order. */
export interface Selection {
  readonly findings: readonly number[];
  /** Results by index into the workers. */
  readonly testsOf: readonly (readonly number[])[];
  readonly tests: number;
  /** Workers with a result or a finding of their own that passes. */
  readonly workers: readonly number[];
  readonly scenarios: readonly number[];
}

/** Texts to search in, in lower case. Made once: that is what makes typing quick. */
export interface SearchIndex {
  readonly tests: readonly string[];
  readonly findings: readonly string[];
  readonly scenarios: readonly string[];
}

export function createSearchIndex(model: Model): SearchIndex {
  const { tests, findings, scenarios, strings } = model.data;
  return {
    tests: tests.title.map((title, test) =>
      `${title}\n${placeOfTest(model, test)}\n${strings[tests.project[test] ?? -1] ?? ''}`.toLowerCase(),
    ),
    findings: findings.map((finding) => {
      const { kind, scope, summary, fingerprint, hint, evidence } = finding;
      const words = [kind, scope, standingOf(finding), summary, fingerprint, placeOfFinding(model, finding) ?? '', strings[hint] ?? ''];
      return [...words, ...evidence.map(([, value]) => value)].join('\n').toLowerCase();
    }),
    scenarios: scenarios.map(({ name, verdict, shape, metrics }) =>
      [name, verdict, shape, ...metrics.map((metric) => metric.name)].join('\n').toLowerCase(),
    ),
  };
}

export function isFiltered(filter: Filter): boolean {
  return Object.values(filter).some((value: string) => value.trim() !== '');
}

/** Applies the filter. One pass over tests and findings. */
export function select(model: Model, index: SearchIndex, filter: Filter): Selection {
  const { data, findingsOf, findingsOfWorker, testsOf } = model;
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matches = (text: string | undefined): boolean => words.every((word) => text?.includes(word) === true);
  const isPlaced = (test: number): boolean =>
    (filter.project === '' || data.strings[data.tests.project[test] ?? -1] === filter.project) &&
    (filter.file === '' || data.strings[data.tests.file[test] ?? -1] === filter.file);

  // A group passes by what it is; where it was found decides about project and file, and may bring the words.
  const suits = data.findings.map(
    (finding) => (filter.kind === '' || finding.kind === filter.kind) && (filter.status === '' || standingOf(finding) === filter.status),
  );
  const findings = indices(data.findings.length, (group) => {
    const finding = data.findings[group];
    if (finding === undefined || suits[group] !== true) return false;
    const here = filter.file !== '' && finding.origin !== null && data.strings[finding.origin.file] === filter.file;
    const places = finding.owners.flatMap(({ test }) => (test === undefined ? [] : [test]));
    const placed = filter.project === '' && (filter.file === '' || here) ? true : places.some(isPlaced);
    return placed && (matches(index.findings[group]) || places.some((test) => isPlaced(test) && matches(index.tests[test])));
  });

  const needsFinding = filter.kind !== '' || (filter.status !== '' && filter.status !== 'inconclusive');
  const passes = (test: number): boolean => {
    if (!isPlaced(test)) return false;
    if (filter.status === 'inconclusive' && data.tests.verdict[test] !== 'inconclusive') return false;
    const own = findingsOf[test] ?? [];
    if (needsFinding && !own.some((group) => suits[group] === true)) return false;
    return matches(index.tests[test]) || own.some((group) => suits[group] === true && matches(index.findings[group]));
  };
  const shown = isFiltered(filter) ? testsOf.map((tests) => tests.filter(passes)) : testsOf;
  const found = new Set(findings);
  const byPlace = filter.project !== '' || filter.file !== '';
  return {
    findings,
    testsOf: shown,
    tests: shown.reduce((sum, tests) => sum + tests.length, 0),
    workers: indices(
      data.workers.length,
      (worker) =>
        !isFiltered(filter) ||
        (shown[worker]?.length ?? 0) > 0 ||
        (!byPlace && (findingsOfWorker[worker] ?? []).some((group) => found.has(group))),
    ),
    scenarios: indices(data.scenarios.length, (scenario) => {
      const { test = null, verdict = 'pass', failed = false } = data.scenarios[scenario] ?? {};
      // No baseline knows a scenario: one that failed is new.
      const statusFits = filter.status === '' || (filter.status === 'new' ? failed : filter.status === verdict);
      const textFits = matches(index.scenarios[scenario]) || (test !== null && matches(index.tests[test]));
      return filter.kind === '' && statusFits && textFits && (test === null ? !byPlace : isPlaced(test));
    }),
  };
}

function indices(length: number, keep: (index: number) => boolean): number[] {
  const kept: number[] = [];
  for (let index = 0; index < length; index += 1) if (keep(index)) kept.push(index);
  return kept;
}
