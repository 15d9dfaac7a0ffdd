import { groupAlike, toFinding, type Place } from '../core/assemble.ts';
import type { Finding } from '../core/finding.ts';
import { fold, type FoldedResource } from '../core/fold.ts';
import { DEFAULT_SETTINGS, type AllowRule } from '../core/options.ts';
import { applyPolicy } from '../core/policy.ts';
import type { Resource, ResourceKey } from '../core/resource.ts';
import { appeared, type Snapshot } from '../core/snapshot.ts';
import { Newcomers, type Sort } from './newcomers.ts';
import { graceTurns, settle, type Clock } from './settle.ts';
import { Sightings } from './sightings.ts';
import { isAccusable } from './standing.ts';
import type { Survey } from './survey.ts';

/** What is counted, by the first part of its keys. A listener for signals counts as a handle, as everywhere. */
const COUNTED = {
  fds: ['fd'],
  processes: ['process'],
  handles: ['handle', 'listener'],
  browsers: ['browser'],
  contexts: ['context'],
  pages: ['page'],
  requests: ['request'],
} as const;

const METRICS = Object.keys(COUNTED) as (keyof typeof COUNTED)[];

/** Tracked objects are none of them: they may live until their test ends. */
const KNOWN: ReadonlySet<string> = new Set(Object.values(COUNTED).flat());

/** What is open, by metric. Missing: nothing measured it at the baseline. `null`: nothing measures it any more. */
export type GrowthCounts = Readonly<Partial<Record<keyof typeof COUNTED, number | null>>>;

export interface GrowthParts {
  readonly survey: Survey;
  readonly clock: Clock;
  /** What an allow rule covers does not count as growth; it still stands among the survivors, as `allowed`. */
  readonly allow: readonly AllowRule[];
  /** Told of every rule that matches something. */
  readonly onMatch?: ((rule: AllowRule) => void) | undefined;
  readonly place: Place;
  /** Today as `YYYY-MM-DD` in UTC, for allow rules that expire. */
  today(): string;
}

/** Processes about which the facts that take a while are asked for, at most. */
const MAX_REFINED = 20;

/** In how many readings a newcomer is looked at before its case is closed: a socket's descriptor may come after its handle. */
const LOOKS = 2;

/**
 * How much more is open than at a baseline, by identity: a count is what was open at the baseline plus what appeared since then, is still
 * open and takes nobody's place. A newcomer takes the place of a resource of its sort that was open at the baseline and was closed: a pool
 * that is renewed and a log that is rotated do not grow. Whatever else of the baseline closes hides no leak, and a leak of the same sort
 * only until more has come than has gone.
 *
 * What the detector would not accuse (pooled, opened once by the runtime, Playwright's own) is left out of the growth, and leaves no place
 * but where it was only opened once.
 */
export class Growth {
  readonly #parts: GrowthParts;
  readonly #sightings = new Sightings();
  readonly #newcomers = new Newcomers();
  /** What the runtime should have opened once, but keeps opening. */
  readonly #repeated = new Set<ResourceKey>();
  /** `null` before the baseline: nothing has appeared yet. */
  #baseline: Snapshot | null = null;
  /** How many of each kind the baseline holds, by the first part of its key. */
  #before = new Map<string, number>();
  /** What of the baseline leaves a place when it closes. */
  #places: ReadonlyMap<ResourceKey, Sort> = new Map();
  #metrics: readonly (keyof typeof COUNTED)[] = [];
  #serial = 0;

  constructor(parts: GrowthParts) {
    this.#parts = parts;
  }

  /** @see Newcomers.recordBytes */
  get recordBytes(): number {
    return this.#newcomers.recordBytes;
  }

  /** Takes the baseline. */
  async start(): Promise<void> {
    await graceTurns(this.#parts.clock);
    this.#newcomers.clear();
    this.#repeated.clear();
    const baseline = this.#parts.survey.read();
    this.#baseline = baseline;
    const keys = baseline.flatMap((some) => [...some]);
    this.#before = tally(keys.map(prefixOf));
    this.#places = sortsOf(this.#described(keys).filter((folded) => isScenarios(folded) && !this.#isAllowed(folded)));
    this.#metrics = METRICS.filter((metric) => this.#isMeasured(COUNTED[metric]));
  }

  /** Counts now: about a millisecond while little appears. */
  async count(): Promise<GrowthCounts> {
    await graceTurns(this.#parts.clock);
    return this.#count();
  }

  /** Counts after everything that has appeared since the baseline had its time to close; looks at all of it anew. */
  async settledCount(settleTimeout: number): Promise<GrowthCounts> {
    const { survey, clock } = this.#parts;
    await graceTurns(clock);
    this.#newcomers.clear();
    this.#count();
    const counted = this.#newcomers.counted();
    const known = new Set([...counted.keys(), ...this.#places.keys()]);
    const look = (): readonly Sort[] => [...this.#surplus(counted, new Set(survey.stillOpen(known))).keys()];
    await settle(look, settleTimeout, clock);
    this.#newcomers.clear();
    return this.#count();
  }

  /**
   * What has appeared since the baseline, is open now and counts: one finding per leak and place, each with its count. Of a sort of which
   * more has come than has gone, all that has come: nothing tells what took whose place. None when there is no baseline.
   */
  async survivors(): Promise<readonly Finding[]> {
    const { survey, place } = this.#parts;
    const open = survey.read();
    const grown = this.#described(this.#appeared(open)).filter((folded) => this.#isGrowth(folded));
    const allowed = new Set(grown.filter((folded) => this.#isAllowed(folded)));
    const surplus = this.#surplus(sortsOf(grown.filter((folded) => !allowed.has(folded))), new Set(open.flatMap((keys) => [...keys])));
    const leaks = grown.filter((folded) => allowed.has(folded) || [...sortsOf([folded]).values()].some((sort) => surplus.has(sort)));
    const processes = leaks.filter(({ root }) => root.kind === 'process').slice(0, MAX_REFINED);
    const refined = new Map((await survey.refine(processes.map(({ root }) => root))).map((root) => [root.key, root]));
    return groupAlike(this.#ruled(leaks.map(({ root, parts }) => toFinding({ root: refined.get(root.key) ?? root, parts }, place, null))));
  }

  /** Children that have ended since the baseline and were not waited for; `null` when there is no baseline. */
  zombies(): number | null {
    if (this.#baseline === null) return null;
    const processes = this.#appeared(this.#parts.survey.read()).filter((key) => key.startsWith('process:'));
    return this.#parts.survey.describe(new Set(processes)).filter(({ type }) => type === 'zombie').length;
  }

  #appeared(open: Snapshot): ResourceKey[] {
    return appeared(this.#baseline ?? open, open)
      .flat()
      .filter((key) => KNOWN.has(prefixOf(key)));
  }

  #described(keys: readonly ResourceKey[]): FoldedResource[] {
    return fold(this.#parts.survey.describe(new Set(keys.filter((key) => KNOWN.has(prefixOf(key))))));
  }

  #count(): GrowthCounts {
    const open = this.#parts.survey.read();
    const appeared = this.#appeared(open);
    this.#newcomers.keep(new Set(appeared));
    const pending = appeared.filter((key) => this.#newcomers.looksAt(key) < LOOKS);
    if (pending.length > 0) this.#examine(pending);
    const surplus = this.#surplus(this.#newcomers.counted(), new Set(open.flatMap((keys) => [...keys])));
    return Object.fromEntries(this.#metrics.map((metric) => [metric, this.#countOf(COUNTED[metric], surplus)]));
  }

  /** How many more of each sort have come than have gone since the baseline; sorts without such are left out. */
  #surplus(newcomers: ReadonlyMap<ResourceKey, Sort>, open: ReadonlySet<ResourceKey>): Map<Sort, number> {
    const come = tally([...newcomers].filter(([key]) => open.has(key)).map(([, sort]) => sort));
    const gone = tally([...this.#places].filter(([key]) => !open.has(key) && this.#leavesPlace(key)).map(([, sort]) => sort));
    return new Map([...come].map(([sort, count]) => [sort, count - (gone.get(sort) ?? 0)] as const).filter(([, count]) => count > 0));
  }

  #isMeasured(prefixes: readonly string[]): boolean {
    const baseline = this.#baseline;
    return baseline !== null && prefixes.every((prefix) => this.#parts.survey.count(baseline, prefix) !== null);
  }

  #countOf(prefixes: readonly string[], surplus: ReadonlyMap<Sort, number>): number | null {
    if (!this.#isMeasured(prefixes)) return null;
    const before = prefixes.map((prefix) => this.#before.get(prefix) ?? 0);
    const grown = [...surplus].filter(([sort]) => prefixes.includes(prefixOf(sort))).map(([, count]) => count);
    return [...before, ...grown].reduce((sum, count) => sum + count, 0);
  }

  #examine(keys: readonly ResourceKey[]): void {
    const { survey } = this.#parts;
    const folded = this.#described(keys);
    const once = folded.filter((candidate) => isAccusable(candidate) && candidate.root.standing === 'shared');
    const repeated = this.#sightings.add(
      (this.#serial += 1),
      once.map(({ root }) => root).filter(({ key }) => !this.#repeated.has(key)),
      (seen) => survey.stillOpen(seen),
    );
    for (const { key } of repeated) this.#repeated.add(key);
    const growing = sortsOf(folded.filter((candidate) => this.#isGrowth(candidate) && !this.#isAllowed(candidate)));
    for (const key of keys) this.#newcomers.found(key, growing.get(key) ?? null, this.#newcomers.looksAt(key) + 1);
    for (const resource of repeated) this.#newcomers.found(resource.key, sortOf(resource), LOOKS);
  }

  /** A timer that merely fired does not: nothing had to be opened in its stead. */
  #leavesPlace(gone: ResourceKey): boolean {
    return this.#parts.survey.closedBy(gone) !== 'nobody';
  }

  #isGrowth(folded: FoldedResource): boolean {
    return isScenarios(folded) && (folded.root.standing === 'counts' || this.#repeated.has(folded.root.key));
  }

  #isAllowed(folded: FoldedResource): boolean {
    const { allow, place } = this.#parts;
    return allow.length > 0 && this.#ruled([toFinding(folded, place, null)]).some(({ status }) => status === 'allowed');
  }

  /** Rules only: how much may stay of each kind is the scenario's to say, by its criteria, and what keeps coming is told whosever it is. */
  #ruled(findings: readonly Finding[]): Finding[] {
    const { allow, onMatch, today } = this.#parts;
    return applyPolicy(findings, { ...DEFAULT_SETTINGS, libraryLeaks: false, allow }, today(), onMatch);
  }
}

/** A page in a context of Playwright's fixtures is closed with it, which is when the test ends: to the scenario that is too late. */
function isScenarios(folded: FoldedResource): boolean {
  return isAccusable(folded) || prefixOf(folded.root.key) === 'page';
}

function prefixOf(text: string): string {
  return text.slice(0, text.indexOf(':'));
}

function sortOf({ key, type }: Resource): Sort {
  return `${prefixOf(key)}:${type}`;
}

/** The sort of each resource and of its parts, by key. */
function sortsOf(folded: readonly FoldedResource[]): Map<ResourceKey, Sort> {
  return new Map(folded.flatMap(({ root, parts }) => [root, ...parts].map((resource) => [resource.key, sortOf(resource)] as const)));
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
