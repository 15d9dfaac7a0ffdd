import type { TestCase, TestResult } from '@playwright/test/reporter';
import type { CollectedResult } from '../src/core/runPart.ts';
import { RECORD_ANNOTATION } from '../src/core/record.ts';
import { decodeRecord } from '../src/core/recordCodec.ts';

interface Annotation {
  readonly type: string;
  readonly description?: string;
}

/** Keeps of every test result what the report needs, and nothing of Playwright's objects: suites have tens of thousands of them. */
export class Collection {
  readonly results: CollectedResult[] = [];
  readonly #taken = new WeakSet<Annotation>();

  /** @returns the index of the result, and whether it brought a record */
  add(test: TestCase, result: TestResult): { index: number; hasRecord: boolean } {
    const annotation = this.#recordOf(test, result);
    const { value, problems } = annotation === undefined ? { value: null, problems: [] } : decodeRecord(annotation.description ?? '');
    this.results.push({
      id: test.id,
      title: test.title,
      titlePath: test.titlePath().slice(2),
      file: test.location.file,
      line: test.location.line,
      project: test.parent.project()?.name ?? '',
      workerIndex: result.workerIndex,
      retry: result.retry,
      status: result.status,
      record: value,
      problems,
    });
    if (annotation !== undefined) takeOutRecord(test, result);
    return { index: this.results.length - 1, hasRecord: annotation !== undefined };
  }

  /**
   * Annotations stand on the result since Playwright 1.52, before that on the test, where a retry that never got to report still shows
   * those of the attempt before: each is taken once.
   */
  #recordOf(test: TestCase, result: TestResult): Annotation | undefined {
    const annotations: readonly Annotation[] = Array.isArray(result.annotations) ? result.annotations : test.annotations;
    const annotation = annotations.findLast(({ type }) => type === RECORD_ANNOTATION);
    if (annotation === undefined || this.#taken.has(annotation)) return undefined;
    this.#taken.add(annotation);
    return annotation;
  }
}

/**
 * Takes the record, which is read now, out of what other reporters show: JUnit makes a property of every annotation, also of those that
 * begin with `_`. Not before all of them have heard of the test's end, since the blob reporter must take it along; and in a new list, for
 * one of them may hold the old one. A host that does not allow it keeps it.
 */
export function takeOutRecord(test: TestCase, result: TestResult): void {
  queueMicrotask(() => {
    for (const owner of [test, result]) {
      const { annotations } = owner as { readonly annotations?: readonly Annotation[] };
      if (!Array.isArray(annotations)) continue;
      Reflect.set(
        owner,
        'annotations',
        annotations.filter(({ type }) => type !== RECORD_ANNOTATION),
      );
    }
  });
}
