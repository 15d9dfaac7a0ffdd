import { describeGone } from '../core/describeGone.ts';
import { leakKey, type Finding } from '../core/finding.ts';
import type { ReadSource } from '../core/readSource.ts';
import type { LeakReport, ReportTest } from '../core/report.ts';
import type { Json } from '../core/resource.ts';
import type { Scenario } from '../core/scenario.ts';
import { thin } from '../core/thin.ts';
import { codeFrame } from './codeFrame.ts';
import type { PageData, PageFinding, PageOwner, PageScenario, PageSummary, PageTests, StringIndex } from './pageData.ts';
import { plainText, shorten } from './plainText.ts';

const MAX_TITLE = 300;
const MAX_TEXT = 600;
const MAX_STACK = 20;
const MAX_EVIDENCE = 30;
const MAX_NOTES = 200;
const MAX_SERIES = 400;
const FRAME_LINES = 2;
const FRAME_LENGTH = 2000;

/** What gates comes first. */
const ORDER = ['new', 'known', 'late', 'allowed'];

/**
 * Turns a report into what the HTML page shows: groups findings by fingerprint, adds code frames, and makes every text harmless and
 * short. Linear in tests and findings.
 *
 * @param source the lines of a source file named as in the report; `undefined` when it cannot be read
 */
export function buildPageData(report: LeakReport, source: ReadSource): PageData {
  const texts = new Texts();
  const grouped = new Groups(texts, source);
  report.tests.forEach((test, index) => test.findings.forEach((finding) => grouped.add(finding, { test: index })));
  report.workers.forEach((worker, index) => worker.findings.forEach((finding) => grouped.add(finding, { worker: index })));
  const workers = report.workers.map(({ workerIndex, pid, ended, notes }) => ({ workerIndex, pid, ended, notes: notes.map(sentence) }));
  const workerOf = new Map(workers.map(({ workerIndex }, index) => [workerIndex, index]));
  const testOf = new Map(report.tests.map(({ id }, index) => [id, index]));
  const tests = columns(report.tests, texts, workerOf);
  const scenarios = report.scenarios.map((scenario) => pageScenario(scenario, testOf.get(scenario.testId) ?? null, texts, source));
  return { summary: summaryOf(report), findings: grouped.sorted(), tests, workers, scenarios, strings: texts.all };
}

/** Texts that are kept once, and their numbers. */
class Texts {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, StringIndex>();

  add(text: string): StringIndex {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

/** Findings that are the same leak: one fingerprint, one severity and one status, wherever they were found. */
class Groups {
  readonly #texts: Texts;
  readonly #source: ReadSource;
  readonly #groups = new Map<string, { first: Finding; id: string; count: number; owners: PageOwner[] }>();
  readonly #alike = new Map<string, number>();

  constructor(texts: Texts, source: ReadSource) {
    this.#texts = texts;
    this.#source = source;
  }

  add(finding: Finding, owner: PageOwner): void {
    const key = leakKey(finding);
    const group = this.#groups.get(key);
    const more = finding.count > 1 ? { ...owner, count: finding.count } : owner;
    if (group === undefined) {
      const same = (this.#alike.get(finding.fingerprint) ?? 0) + 1;
      this.#alike.set(finding.fingerprint, same);
      const name = plainText(finding.fingerprint, 80);
      this.#groups.set(key, { first: finding, id: same === 1 ? name : `${name}-${same}`, count: finding.count, owners: [more] });
      return;
    }
    group.count += finding.count;
    const differs = finding.summary !== group.first.summary;
    group.owners.push(differs ? { ...more, summary: plainText(finding.summary, MAX_TITLE) } : more);
  }

  sorted(): PageFinding[] {
    const rank = ({ first }: { first: Finding }): number => ORDER.indexOf(standing(first));
    return [...this.#groups.values()]
      .sort((a, b) => rank(a) - rank(b))
      .map(({ first, id, count, owners }) => this.#pageFinding(first, { id, count, owners }));
  }

  #pageFinding(finding: Finding, group: Pick<PageFinding, 'id' | 'count' | 'owners'>): PageFinding {
    const { kind, severity, status, scope, bytes, origin, stack, evidence } = finding;
    const frame = origin === null ? '' : frameOf(this.#source(origin.file), origin);
    return {
      ...group,
      ...{ kind, severity, status, scope, bytes },
      fingerprint: plainText(finding.fingerprint, 80),
      summary: plainText(finding.summary, MAX_TEXT),
      hint: this.#texts.add(plainText(finding.hint, MAX_TEXT)),
      origin: origin === null ? null : { ...origin, file: this.#texts.add(plainText(origin.file, MAX_TEXT)) },
      frame: frame === '' ? null : shorten(frame, FRAME_LENGTH),
      stack: stack.slice(0, MAX_STACK).map((line) => this.#texts.add(plainText(line, MAX_TEXT))),
      evidence: Object.entries(evidence)
        .slice(0, MAX_EVIDENCE)
        .map(([name, value]) => [this.#texts.add(plainText(name, 80)), plainText(readable(value), MAX_TEXT)] as const),
    };
  }
}

function standing({ severity, status }: Finding): string {
  return severity === 'late' && status !== 'allowed' ? 'late' : status;
}

/** Two lines around it; where one of those is too long to show, one. */
function frameOf(source: ReturnType<ReadSource>, origin: NonNullable<Finding['origin']>): string {
  const frame = codeFrame(source, origin, false, FRAME_LINES);
  return frame === '' ? codeFrame(source, origin, false) : frame;
}

function columns(tests: readonly ReportTest[], texts: Texts, workerOf: ReadonlyMap<number, number>): PageTests {
  return {
    title: tests.map(({ titlePath, title }) => plainText(titlePath.length > 1 ? titlePath.slice(1).join(' › ') : title, MAX_TITLE)),
    file: tests.map(({ file }) => texts.add(plainText(file, MAX_TITLE))),
    line: tests.map(({ line }) => line),
    project: tests.map(({ project }) => texts.add(plainText(project, 80))),
    worker: tests.map(({ workerIndex }) => workerOf.get(workerIndex) ?? -1),
    retry: tests.map(({ retry }) => retry),
    status: tests.map(({ status }) => texts.add(plainText(status, 40))),
    verdict: tests.map(({ verdict }) => verdict),
    overheadMs: tests.map(({ overheadMs }) => (overheadMs === null ? null : Math.round(overheadMs * 10) / 10)),
    note: tests.map(({ notes }) => texts.add(plainText(notes.join(' '), MAX_TEXT))),
    fds: tests.map(({ counts }) => counts?.fds ?? null),
    processes: tests.map(({ counts }) => counts?.processes ?? null),
    handles: tests.map(({ counts }) => counts?.handles ?? null),
    heapKb: tests.map(({ counts }) => kilobytes(counts?.heapBytes ?? null)),
  };
}

function kilobytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / 1000);
}

function pageScenario(scenario: Scenario, test: number | null, texts: Texts, source: ReadSource): PageScenario {
  const groups = new Groups(texts, source);
  scenario.findings.forEach((finding) => groups.add(finding, {}));
  return {
    ...scenario,
    test,
    name: plainText(scenario.name, MAX_TITLE),
    metrics: scenario.metrics.map((metric) => ({ ...metric, name: plainText(metric.name, 120), reason: sentence(metric.reason) })),
    series: thin(scenario.series, MAX_SERIES).map(({ iteration, ...metrics }) => ({
      ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [plainText(name, 120), value])),
      iteration,
    })),
    errors: { ...scenario.errors, messages: scenario.errors.messages.map(sentence) },
    outcomes: scenario.outcomes.map((outcome) => ({ ...outcome, name: plainText(outcome.name, 120) })),
    reasons: scenario.reasons.map(sentence),
    notes: scenario.notes.map(sentence),
    findings: groups.sorted(),
  };
}

function summaryOf({ verdict, gate, environment, run, totals, notes, baseline }: LeakReport): PageSummary {
  return {
    ...{ verdict, run, totals },
    gate: { ...gate, reasons: gate.reasons.map(sentence) },
    environment: {
      node: plainText(environment.node, 80),
      playwright: plainText(environment.playwright, 80),
      platform: plainText(environment.platform, 80),
      detectors: environment.detectors.map(({ name, available, reason }) => ({
        name: plainText(name, 80),
        available,
        ...(reason === undefined ? {} : { reason: sentence(reason) }),
      })),
    },
    notes: notes.slice(0, MAX_NOTES).map(sentence),
    gone: baseline === null ? null : describeGone(baseline),
  };
}

function sentence(text: string): string {
  return plainText(text, MAX_TEXT);
}

/** Evidence is JSON; people read texts and lists of texts as they are. */
function readable(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) return value.join(' ');
  return JSON.stringify(value);
}
