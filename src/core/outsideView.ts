import type { Finding } from './finding.ts';
import { fingerprint, normalizeLabel } from './fingerprint.ts';
import { groupBy } from './groupBy.ts';
import { redactTitle } from './redact.ts';
import type { Evidence, ResourceKey } from './resource.ts';
import type { Location } from './stack.ts';

/** Something a worker holds, as seen from another process. */
export interface OutsideResource {
  readonly key: ResourceKey;
  readonly kind: 'fd' | 'process';
  /** `file`, `directory`, `server`, `process`, `browser` … */
  readonly type: string;
  readonly label: string;
  /** When a process was started, milliseconds since the epoch, at most a clock tick (10 ms) too early; `null` when that is not known. */
  readonly bornAt: number | null;
  readonly evidence: Evidence;
}

/** What a test's steps tell about it; times are milliseconds since the epoch, by the worker's clock. */
export interface OutsideTest {
  /** Index into the run's results. */
  readonly result: number;
  readonly title: string;
  readonly startedAt: number;
  /** A fixture was set up and not torn down again with the test: it lives as long as the worker and what it opened is its own. */
  readonly lastingFixture: boolean;
  /** Browsers launched by such fixtures, Playwright's own `browser` among them. */
  readonly fixtureLaunches: number;
  /** Places where the test's own code launched a browser. */
  readonly launches: readonly Location[];
  /** Times the test's own code closed a browser, or began to. */
  readonly closes: number;
}

interface Sighting {
  readonly resource: OutsideResource;
  /** Index into the tests of the worker; -1: it was there before the first test. */
  readonly test: number;
  readonly seenAt: number;
  looks: number;
}

/** Milliseconds from a test's start until its own code can run: fixtures come first (measured: 2–10 ms). */
const HEAD_START_MS = 2;
/** Half a clock tick, by which a birth is too early on average, and the least head start. */
const BIRTH_CORRECTION_MS = 7;
/** How far a look may lag into the next test while what it sees is still far more likely the test's before: this long at least, or a tenth of that. */
const MAX_LAG_MS = 20;
const MAX_LAG_SHARE = 0.1;

/** What one worker's tests are charged with, by result, and what cannot be told apart between several tests. */
export interface TimelineFindings {
  readonly byResult: ReadonlyMap<number, readonly Finding[]>;
  readonly ofWorker: readonly Finding[];
}

/**
 * What one worker held at the end of each of its tests, and what of it counts. Accused is only what a test cannot have been meant to
 * leave: regular files, directories, listening sockets, child processes, browsers beyond the shared one. Connections, pipes and the
 * runtime's own descriptors are not: from outside, a pooled connection looks like a forgotten one.
 */
export class WorkerTimeline {
  readonly #tests: OutsideTest[] = [];
  readonly #sightings = new Map<ResourceKey, Sighting>();
  #lastSeenAt = 0;

  /** Looks before the first test: what is there belongs to the worker. */
  begin(resources: readonly OutsideResource[], seenAt: number): void {
    for (const resource of resources) this.#sightings.set(resource.key, { resource, test: -1, seenAt, looks: 1 });
  }

  /** Takes a look right after a test. */
  endTest(test: OutsideTest, resources: readonly OutsideResource[], seenAt: number): void {
    const index = this.#tests.push(test) - 1;
    for (const resource of resources) {
      if (!this.#sightings.has(resource.key)) this.#sightings.set(resource.key, { resource, test: index, seenAt, looks: 0 });
    }
    this.lookAgain(new Set(resources.map(({ key }) => key)), seenAt);
  }

  /** A further look, some milliseconds later: what is gone was only closing. */
  lookAgain(present: ReadonlySet<ResourceKey>, seenAt: number): void {
    this.#lastSeenAt = seenAt;
    for (const [key, sighting] of this.#sightings) {
      if (present.has(key)) sighting.looks += 1;
      else this.#sightings.delete(key);
    }
  }

  /** Whether something would count if it stayed. */
  hasSuspects(): boolean {
    const { byResult, ofWorker } = this.#charge(1, NOTHING_ENDED);
    return byResult.size > 0 || ofWorker.length > 0;
  }

  /** Processes that outlived the last look, and may have been about to end. Browsers, which end with their worker, are left out. */
  processes(): ResourceKey[] {
    return [...this.#sightings.values()].filter(isProcess).map(({ resource }) => resource.key);
  }

  /**
   * What survived to the last look and was seen at least twice, as findings.
   *
   * @param ended When processes had ended that outlived the last look, milliseconds since the epoch: those are only late.
   */
  findings(ended: ReadonlyMap<ResourceKey, number> = NOTHING_ENDED): TimelineFindings {
    return this.#charge(2, ended);
  }

  #charge(minLooks: number, ended: ReadonlyMap<ResourceKey, number>): TimelineFindings {
    const lasting = [...this.#sightings.values()].filter(({ looks }) => looks >= minLooks);
    const byTest = groupBy(lasting, (sighting) => this.#testOf(sighting));
    const byResult = new Map<number, Finding[]>();
    const ofWorker: Finding[] = [];
    for (const [index, survivors] of [...byTest].sort(([a], [b]) => a - b)) {
      const test = this.#tests[index];
      if (test === undefined) continue;
      const charged = browserFindings(test, survivors.filter(isBrowser));
      for (const sighting of survivors) {
        if (isBrowser(sighting)) continue;
        const { resource, seenAt } = sighting;
        const others = resource.bornAt === null ? this.#begunBy(index, seenAt) : [];
        if ([test, ...others].some((candidate) => candidate.lastingFixture)) continue;
        const [next] = others;
        const endedAt = ended.get(resource.key);
        if (endedAt !== undefined) charged.push(toLateFinding(resource, endedAt - this.#lastSeenAt));
        else if (next === undefined) charged.push(toFinding(resource, null));
        else if (others.length === 1 && isSmallLag(seenAt - next.startedAt, next.startedAt - test.startedAt))
          charged.push(inDoubt(toFinding(resource, null), [next], 'test'));
        else ofWorker.push(inDoubt(toFinding(resource, null), [test, ...others], 'worker'));
      }
      if (charged.length > 0) byResult.set(test.result, charged);
    }
    return { byResult, ofWorker };
  }

  /** A birth tells the test exactly, mostly that after which the resource was first seen, as it is without one. */
  #testOf({ test, resource }: Sighting): number {
    const { bornAt } = resource;
    if (bornAt === null || test < 0) return test;
    const hadBegun = (index: number): boolean => (this.#tests[index]?.startedAt ?? Infinity) <= bornAt + BIRTH_CORRECTION_MS;
    let index = test;
    while (hadBegun(index + 1)) index += 1;
    while (index >= 0 && !hadBegun(index)) index -= 1;
    return index;
  }

  /** The worker does not wait for the reporter: tests after this one whose code could already run when the look was taken. */
  #begunBy(index: number, seenAt: number): OutsideTest[] {
    const begun: OutsideTest[] = [];
    for (let next = index + 1; next < this.#tests.length; next += 1) {
      const test = this.#tests[next];
      if (test === undefined || test.startedAt + HEAD_START_MS >= seenAt) break;
      begun.push(test);
    }
    return begun;
  }
}

/**
 * Browsers of lasting fixtures are theirs; of the rest, as many as the test launched more than it closed. A browser without any step was
 * started by `launchServer`, which makes none.
 */
function browserFindings(test: OutsideTest, browsers: readonly Sighting[]): Finding[] {
  const { launches, closes, fixtureLaunches, lastingFixture, title } = test;
  const beyond = browsers.length - fixtureLaunches;
  const stepless = launches.length === 0 && closes === 0 && !lastingFixture;
  const open = stepless ? beyond : Math.min(beyond, launches.length - closes);
  if (open <= 0) return [];
  const [first] = launches;
  const oneLine = launches.every((place) => place.file === first?.file && place.line === first.line);
  const certain = open === launches.length;
  return browsers
    .slice(-open)
    .map(({ resource }, index) => toFinding(resource, certain ? (launches[index] ?? null) : oneLine ? (first ?? null) : null, title));
}

const NOTHING_ENDED: ReadonlyMap<ResourceKey, number> = new Map();

function isSmallLag(lagMs: number, durationMs: number): boolean {
  return lagMs <= Math.max(MAX_LAG_MS, durationMs * MAX_LAG_SHARE);
}

function isBrowser({ resource }: Sighting): boolean {
  return resource.type === 'browser';
}

function isProcess({ resource }: Sighting): boolean {
  return resource.type === 'process';
}

/** A finding whose test is not certain says which others it may have been opened in. */
function inDoubt(finding: Finding, tests: readonly OutsideTest[], scope: 'test' | 'worker'): Finding {
  const titles = tests.map(({ title }) => redactTitle(title));
  const names = titles.slice(0, 3).map((title) => `“${title}”`);
  const places = `${names.join(', ')}${titles.length > 3 ? ` or ${String(titles.length - 3)} more` : ''}`;
  const remark =
    scope === 'test'
      ? `it may have been opened in ${places} instead`
      : `it was opened in one of ${places}, which ran too fast to tell from outside`;
  return { ...finding, scope, hint: `${finding.hint}; ${remark}`, evidence: { ...finding.evidence, openedInOneOf: titles } };
}

function toFinding(resource: OutsideResource, origin: Location | null, name = resource.label): Finding {
  const { type, label } = resource;
  const kind = type === 'browser' ? 'browser' : resource.kind;
  return {
    kind,
    severity: 'leak',
    status: 'new',
    fingerprint: fingerprint({ kind, type, file: null, place: null, source: null, label: `outside ${normalizeLabel(name)}` }),
    summary: summarize(type, label),
    hint: HINTS[type] ?? HINTS[kind] ?? '',
    count: 1,
    bytes: null,
    scope: 'test',
    origin,
    stack: [],
    evidence: { type, label, view: 'outside', ...resource.evidence },
  };
}

function toLateFinding(resource: OutsideResource, lateMs: number): Finding {
  const { evidence, ...finding } = toFinding(resource, null);
  return {
    ...finding,
    severity: 'late',
    summary: `process ${resource.label} ended at most ${String(Math.round(lateMs))} ms after the last test of its worker`,
    hint: 'await its exit event after kill()',
    evidence: { ...evidence, lateMs: Math.round(lateMs) },
  };
}

const HINTS: Readonly<Record<string, string>> = {
  browser: 'await browser.close() in a finally block, or use the browser fixture',
  server: 'close the server in a finally block or an afterEach hook',
  process: 'kill() it in a finally block and await its exit event',
  fd: 'close it in a finally block, or use fs.promises.readFile and writeFile, which close for you',
};

function summarize(type: string, label: string): string {
  if (type === 'browser') return `a browser is still running (${label})`;
  if (type === 'process') return `process ${label} is still running`;
  return type === 'server' ? `server ${label} is still listening` : `${type === 'file' ? '' : `${type} `}${label} is still open`;
}
