import type { Finding } from './finding.ts';
import { fingerprint, normalizeLabel } from './fingerprint.ts';
import { groupBy } from './groupBy.ts';
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

  /** Looks before the first test: what is there belongs to the worker. */
  begin(resources: readonly OutsideResource[], seenAt: number): void {
    for (const resource of resources) this.#sightings.set(resource.key, { resource, test: -1, seenAt, looks: 1 });
  }

  /** Takes a look right after a test. Returns the keys seen for the first time, which may still be closing. */
  endTest(test: OutsideTest, resources: readonly OutsideResource[], seenAt: number): ResourceKey[] {
    const index = this.#tests.push(test) - 1;
    const fresh: ResourceKey[] = [];
    const present = new Set<ResourceKey>();
    for (const resource of resources) {
      present.add(resource.key);
      const sighting = this.#sightings.get(resource.key);
      if (sighting === undefined) {
        this.#sightings.set(resource.key, { resource, test: index, seenAt, looks: 1 });
        fresh.push(resource.key);
      } else {
        sighting.looks += 1;
      }
    }
    for (const key of this.#sightings.keys()) if (!present.has(key)) this.#sightings.delete(key);
    return fresh;
  }

  /** A further look at fresh resources, some milliseconds later: what is gone was only closing. */
  lookAgain(fresh: readonly ResourceKey[], present: ReadonlySet<ResourceKey>): ResourceKey[] {
    for (const key of fresh) {
      const sighting = this.#sightings.get(key);
      if (sighting !== undefined && present.has(key)) sighting.looks += 1;
      else this.#sightings.delete(key);
    }
    return fresh.filter((key) => this.#sightings.has(key));
  }

  /** What survived to the last look and was seen at least twice, as findings. */
  findings(): TimelineFindings {
    const lasting = [...this.#sightings.values()].filter(({ looks }) => looks >= 2);
    const byTest = groupBy(lasting, (sighting) => this.#testOf(sighting));
    const byResult = new Map<number, Finding[]>();
    const ofWorker: Finding[] = [];
    for (const [index, test] of this.#tests.entries()) {
      const survivors = byTest.get(index) ?? [];
      const charged = browserFindings(test, survivors.filter(isBrowser));
      for (const sighting of survivors) {
        if (isBrowser(sighting)) continue;
        const { resource, seenAt } = sighting;
        const others = resource.bornAt === null ? this.#begunBy(index, seenAt) : [];
        if ([test, ...others].some((candidate) => candidate.lastingFixture)) continue;
        const [next] = others;
        if (next === undefined) charged.push(toFinding(resource, null));
        else if (others.length === 1 && isSmallLag(seenAt - next.startedAt, next.startedAt - test.startedAt))
          charged.push(inDoubt(toFinding(resource, null), [next], 'test'));
        else ofWorker.push(inDoubt(toFinding(resource, null), [test, ...others], 'worker'));
      }
      if (charged.length > 0) byResult.set(test.result, charged);
    }
    return { byResult, ofWorker };
  }

  /** A birth tells the test exactly; without one it is the test after which the resource was first seen. */
  #testOf({ test, resource }: Sighting): number {
    const { bornAt } = resource;
    if (bornAt === null || test < 0) return test;
    return this.#tests.findLastIndex(({ startedAt }) => startedAt <= bornAt + BIRTH_CORRECTION_MS);
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

function isSmallLag(lagMs: number, durationMs: number): boolean {
  return lagMs <= Math.max(MAX_LAG_MS, durationMs * MAX_LAG_SHARE);
}

function isBrowser({ resource }: Sighting): boolean {
  return resource.type === 'browser';
}

/** A finding whose test is not certain says which others it may have been opened in. */
function inDoubt(finding: Finding, tests: readonly OutsideTest[], scope: 'test' | 'worker'): Finding {
  const titles = tests.map(({ title }) => title);
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
