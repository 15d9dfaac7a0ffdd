import { type Fields, finite, isFields, parseFinding, text, texts } from './findingCodec.ts';
import { decodeCounts, decodeDetector, isVerdict } from './recordCodec.ts';
import type { Course, LeakReport, ReportTest, ReportTotals, ReportWorker } from './report.ts';
import { parseBudgetOutcome, parseReportBaseline, parseReportScenario } from './reportCodec.ts';

/** A file that is no report this release can read. The message is one sentence with what to do. */
export class ReportFormatError extends Error {
  override readonly name = 'ReportFormatError';
}

/**
 * Reads the text of a `report.json`. Fields that are missing get the weakest true value; what makes it a report must be there.
 *
 * @throws ReportFormatError for a cut file, another file, or a report of a newer release
 */
export function parseReport(source: string): LeakReport {
  return reportFrom(parse(source.replace(/^\uFEFF/, '')));
}

/**
 * Reads a report that is parsed already.
 *
 * @throws ReportFormatError for something else, or a report of a newer release
 */
export function reportFrom(value: unknown): LeakReport {
  if (!isFields(value)) throw new ReportFormatError('this is JSON, but no report of leak: an object was expected');
  const { schemaVersion, verdict } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > 1) {
    throw new ReportFormatError(
      `this report has schema version ${String(schemaVersion)}, this release reads version 1: update leak to show it`,
    );
  }
  if (schemaVersion !== 1 || !isVerdict(verdict) || !Array.isArray(value['tests'])) {
    throw new ReportFormatError('this is JSON, but no report of leak: "schemaVersion": 1, "verdict" and "tests" were expected');
  }
  const environment = fields(value['environment']);
  const gate = fields(value['gate']);
  const run = fields(value['run']);
  return {
    schemaVersion: 1,
    verdict,
    gate: { failed: gate['failed'] === true, reasons: texts(gate['reasons']), failOn: text(gate['failOn'], 'leak') },
    environment: {
      node: text(environment['node']),
      playwright: text(environment['playwright']),
      platform: text(environment['platform']),
      detectors: list(environment['detectors']).flatMap(decodeDetector),
    },
    run: {
      status: runStatus(run['status']),
      durationMs: finite(run['durationMs']) ?? 0,
      outsideView: run['outsideView'] === true,
      // An older report does not say.
      partial: run['partial'] === null ? null : text(run['partial'], 'it is not known whether all tests ran'),
    },
    baseline: parseReportBaseline(value['baseline']),
    budgets: list(value['budgets']).flatMap(parseBudgetOutcome),
    totals: parseTotals(fields(value['totals'])),
    tests: list(value['tests']).filter(isFields).map(parseTest),
    workers: list(value['workers']).filter(isFields).map(parseWorker),
    scenarios: list(value['scenarios']).flatMap(parseReportScenario),
    notes: texts(value['notes']),
  };
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (cause) {
    const cut = /^\s*[{[]/.test(source) && !/[}\]]\s*$/.test(source);
    throw new ReportFormatError(
      cut ? 'the report is cut off: run the tests again to write a whole one' : 'this is no JSON file, so it is no report of leak',
      { cause },
    );
  }
}

function parseTest(value: Fields): ReportTest {
  return {
    id: text(value['id']),
    title: text(value['title']),
    titlePath: texts(value['titlePath']),
    file: text(value['file']),
    line: finite(value['line']) ?? 1,
    project: text(value['project']),
    workerIndex: finite(value['workerIndex']) ?? -1,
    retry: finite(value['retry']) ?? 0,
    status: text(value['status']),
    verdict: isVerdict(value['verdict']) ? value['verdict'] : 'inconclusive',
    overheadMs: finite(value['overheadMs']),
    counts: isFields(value['counts']) ? decodeCounts(value['counts']) : null,
    findings: findings(value),
    notes: texts(value['notes']),
  };
}

function parseWorker(value: Fields): ReportWorker {
  const courses = fields(value['courses']);
  const named = (['fds', 'processes', 'handles', 'heapBytes'] as const).flatMap((name) => {
    const course = parseCourse(courses[name]);
    return course === null ? [] : [[name, course] as const];
  });
  const ended = value['ended'];
  return {
    workerIndex: finite(value['workerIndex']) ?? -1,
    pid: finite(value['pid']),
    ended: ended === 'in order' || ended === 'died' ? ended : 'unknown',
    findings: findings(value),
    courses: Object.fromEntries(named),
    notes: texts(value['notes']),
  };
}

function parseCourse(value: unknown): Course | null {
  if (!isFields(value)) return null;
  const first = finite(value['first']);
  const last = finite(value['last']);
  if (first === null || last === null) return null;
  return { first, last, samples: list(value['samples']).flatMap((sample) => finite(sample) ?? []) };
}

function parseTotals(value: Fields): ReportTotals {
  const count = (name: string): number => finite(value[name]) ?? 0;
  return {
    results: count('results'),
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    flaky: count('flaky'),
    errors: count('errors'),
    new: count('new'),
    known: count('known'),
    allowed: count('allowed'),
    late: count('late'),
    inconclusive: count('inconclusive'),
    overheadMs: finite(value['overheadMs']),
  };
}

function findings(owner: Fields): ReportTest['findings'] {
  return list(owner['findings']).flatMap((item) => parseFinding(item) ?? []);
}

function runStatus(value: unknown): LeakReport['run']['status'] {
  return value === 'failed' || value === 'timedout' || value === 'interrupted' ? value : 'passed';
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
