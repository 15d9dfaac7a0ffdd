import type { Finding } from '../../src/core/finding.ts';
import type { LeakReport, ReportTest } from '../../src/core/report.ts';
import type { Case, Corpus, Mark } from './expectations.ts';

/** What is wrong with one result of one case. A leak that was not seen, one that was made up, or a wrong statement about one. */
export interface Fault {
  readonly sort: 'missed' | 'false alarm' | 'origin' | 'other';
  readonly text: string;
}

/** Results of a case: one for each project, repetition and attempt. */
export function resultsOf(report: LeakReport, { file, line }: Case): readonly ReportTest[] {
  return report.tests.filter((test) => test.file === file && test.line === line);
}

/** Compares one result with the marks of its case. Nothing returned: all is as declared. */
export function judgeResult(test: ReportTest, { marks, file, line }: Case): Fault[] {
  const expected = marks.filter((mark) => mark.retry === null || mark.retry === test.retry);
  const { faults, unexplained } = matchAll(test.findings, expected, { file, line });
  for (const finding of unexplained) faults.push({ sort: 'false alarm', text: `nobody opened this: ${tell(finding)}` });
  const gating = expected.some((mark) => mark.required && mark.severity === 'leak' && mark.status !== 'allowed');
  const verdict = gating ? 'leak' : 'pass';
  if (test.verdict !== verdict) {
    faults.push({ sort: 'other', text: `verdict ${test.verdict}, expected ${verdict}; ${test.notes.join('; ')}` });
  }
  return faults;
}

/** Compares what workers left behind with what hooks and worker fixtures of the corpus are marked to leave. */
export function judgeWorkers(report: LeakReport, { workerMarks }: Pick<Corpus, 'workerMarks'>): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<Mark>();
  for (const worker of report.workers) {
    for (const finding of worker.findings) {
      const mark = workerMarks.find((candidate) => isAt(finding, candidate));
      if (mark === undefined) faults.push({ sort: 'false alarm', text: `worker ${String(worker.workerIndex)}: ${tell(finding)}` });
      else {
        seen.add(mark);
        faults.push(...compare(finding, mark));
      }
    }
  }
  for (const mark of workerMarks) {
    if (!seen.has(mark)) faults.push({ sort: 'missed', text: `no worker left ${mark.kind} of ${mark.file}:${String(mark.line)}` });
  }
  return faults;
}

function matchAll(
  findings: readonly Finding[],
  marks: readonly Mark[],
  test: Pick<Case, 'file' | 'line'>,
): { faults: Fault[]; unexplained: Finding[] } {
  const faults: Fault[] = [];
  const unexplained = [...findings];
  const take = (mark: Mark, fits: (finding: Finding) => boolean): Finding | undefined => {
    const index = unexplained.findIndex((finding) => finding.kind === mark.kind && finding.severity === mark.severity && fits(finding));
    return index < 0 ? undefined : unexplained.splice(index, 1)[0];
  };
  const unmet: Mark[] = [];
  for (const mark of marks) {
    const roughly = (finding: Finding) => finding.origin === null || isAt(finding, test);
    const found = take(mark, (finding) => isAt(finding, mark)) ?? (mark.originRequired ? undefined : take(mark, roughly));
    if (found !== undefined) faults.push(...compare(found, mark));
    else if (mark.required) unmet.push(mark);
  }
  for (const mark of unmet) {
    const place = `${mark.file}:${String(mark.line)}`;
    const elsewhere = take(mark, () => true);
    if (elsewhere === undefined) faults.push({ sort: 'missed', text: `${mark.severity} ${mark.kind} of ${place} was not found` });
    else faults.push({ sort: 'origin', text: `${mark.kind} of ${place} was put elsewhere: ${tell(elsewhere)}` });
  }
  return { faults, unexplained };
}

function compare(finding: Finding, mark: Mark): Fault[] {
  const faults: Fault[] = [];
  const check = (name: string, came: unknown, holds: boolean, expected: unknown): void => {
    if (!holds) faults.push({ sort: 'other', text: `${name} ${String(came)}, expected ${String(expected)}: ${tell(finding)}` });
  };
  check('kind', finding.kind, finding.kind === mark.kind, mark.kind);
  check('severity', finding.severity, finding.severity === mark.severity, mark.severity);
  check('count', finding.count, finding.count === mark.count, mark.count);
  check('status', finding.status, finding.status === mark.status, mark.status);
  check('scope', finding.scope, mark.scopes.includes(finding.scope), mark.scopes.join(' or '));
  check('column', finding.origin?.column, finding.origin === null || finding.origin.column > 0, 'above 0');
  return faults;
}

function isAt(finding: Finding, mark: { readonly file: string; readonly line: number }): boolean {
  return finding.origin?.file === mark.file && finding.origin.line === mark.line;
}

function tell({ kind, severity, summary, origin, stack, count, evidence }: Finding): string {
  const place = origin === null ? 'no origin' : `${origin.file}:${String(origin.line)}`;
  return `${severity} ${kind} x${String(count)} "${summary}" at ${place}; ${JSON.stringify(evidence)} ${stack.slice(0, 4).join(' | ')}`;
}
