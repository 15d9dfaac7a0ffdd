import type { Suite, TestCase } from '@playwright/test/reporter';

/** Knows which tests are the last of their file, once per `--repeat-each`: after those Playwright may stop the worker. */
export class LastTests {
  readonly #lastOf = new WeakMap<Suite, ReadonlySet<TestCase>>();

  has(test: TestCase): boolean {
    let suite = test.parent;
    while (suite.type !== 'file' && suite.parent !== undefined) suite = suite.parent;
    let last = this.#lastOf.get(suite);
    if (last === undefined) {
      const byRepeat = new Map(suite.allTests().map((candidate) => [candidate.repeatEachIndex, candidate]));
      last = new Set(byRepeat.values());
      this.#lastOf.set(suite, last);
    }
    return last.has(test);
  }
}
