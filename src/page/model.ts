import type { PageData, PageFinding } from '../render/pageData.ts';

/** What a finding is called when one filters: `late` whatever its status is, unless it is allowed. */
export type Standing = 'new' | 'known' | 'late' | 'allowed';

/** The data of the page, and what is looked up in it again and again. */
export interface Model {
  readonly data: PageData;
  /** Results of each worker, in order; by index into `data.workers`. */
  readonly testsOf: readonly (readonly number[])[];
  /** Findings (indices of groups) of each test and of each worker itself. */
  readonly findingsOf: readonly (readonly number[])[];
  readonly findingsOfWorker: readonly (readonly number[])[];
  /** The result before each in its worker, -1 for the first. */
  readonly previous: Int32Array;
  readonly projects: readonly string[];
  readonly files: readonly string[];
  readonly kinds: readonly string[];
}

/** Reads the page's data once. Linear. */
export function createModel(data: PageData): Model {
  const { tests, workers, findings, strings } = data;
  const testsOf = workers.map((): number[] => []);
  const previous = new Int32Array(tests.title.length).fill(-1);
  tests.worker.forEach((worker, test) => {
    const before = testsOf[worker];
    if (before === undefined) return;
    previous[test] = before.at(-1) ?? -1;
    before.push(test);
  });
  const findingsOf: number[][] = tests.title.map(() => []);
  const findingsOfWorker: number[][] = workers.map(() => []);
  findings.forEach(({ owners }, index) => {
    for (const { test, worker } of owners) {
      const list = test === undefined ? findingsOfWorker[worker ?? -1] : findingsOf[test];
      if (list !== undefined && list.at(-1) !== index) list.push(index);
    }
  });
  const named = (indices: Iterable<number>): string[] => [...new Set(indices)].flatMap((index) => strings[index] ?? []).sort();
  return {
    ...{ data, testsOf, findingsOf, findingsOfWorker, previous },
    projects: named(tests.project).filter((name) => name !== ''),
    files: named(tests.file),
    kinds: [...new Set(findings.map(({ kind }) => kind))].sort(),
  };
}

export function standingOf({ severity, status }: Pick<PageFinding, 'severity' | 'status'>): Standing {
  return severity === 'late' && status !== 'allowed' ? 'late' : status;
}

/** `checkout.spec.ts:41`. */
export function placeOfTest({ data: { tests, strings } }: Model, test: number): string {
  return `${strings[tests.file[test] ?? -1] ?? ''}:${String(tests.line[test] ?? 0)}`;
}

/** `checkout.spec.ts:45:17`, `null` without an origin. */
export function placeOfFinding({ data: { strings } }: Model, { origin }: PageFinding): string | null {
  return origin === null ? null : `${strings[origin.file] ?? ''}:${String(origin.line)}:${String(origin.column)}`;
}

/** `worker 3`, or what is said of index -1. */
export function nameOfWorker({ data }: Model, worker: number): string {
  const index = data.workers[worker]?.workerIndex ?? -1;
  return index < 0 ? 'the run itself' : `worker ${String(index)}`;
}
