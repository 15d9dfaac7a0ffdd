import type { ReportTest } from './report.ts';

const NONE: readonly never[] = Object.freeze([]);

/** Keeps one copy of each text that many tests share, and of each empty list: reports of a hundred shards are parsed one by one. */
export class TextPool {
  readonly #texts = new Map<string, string>();

  test(test: ReportTest): ReportTest {
    const { findings, notes, titlePath } = test;
    const path = titlePath.map((title) => (title === test.title ? test.title : this.share(title)));
    return {
      ...test,
      titlePath: path,
      file: this.share(test.file),
      project: this.share(test.project),
      status: this.share(test.status),
      verdict: this.share(test.verdict),
      findings: findings.length === 0 ? NONE : findings,
      notes: notes.length === 0 ? NONE : notes,
    };
  }

  /** The copy that is kept of a text. */
  share<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    // The texts are equal, so their types are.
    if (known !== undefined) return known as T;
    this.#texts.set(text, text);
    return text;
  }
}
