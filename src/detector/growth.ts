import { groupAlike, toFinding, type Place } from '../core/assemble.ts';
import type { Finding } from '../core/finding.ts';
import { fold, type FoldedResource } from '../core/fold.ts';
import { DEFAULT_SETTINGS, type AllowRule } from '../core/options.ts';
import { applyPolicy } from '../core/policy.ts';
import type { ResourceKey } from '../core/resource.ts';
import { appeared, type Snapshot } from '../core/snapshot.ts';
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
 * How much more is open than at a baseline, by identity: a count is what was open at the baseline plus what appeared since then and is
 * still open, so that a resource of the baseline that closes hides no leak. What the detector would not accuse (pooled, opened once by
 * the runtime, Playwright's own) is left out of the growth.
 *
 * Of a resource that counts or does not, nothing but its key is kept: what measures must not grow by what it measures.
 */
export class Growth {
  readonly #parts: GrowthParts;
  readonly #sightings = new Sightings();
  /** The verdict about each newcomer, and how often it was looked at. */
  readonly #newcomers = new Map<ResourceKey, { readonly counts: boolean; readonly looks: number }>();
  /** What the runtime should have opened once, but keeps opening. */
  readonly #repeated = new Set<ResourceKey>();
  #baseline: Snapshot = [];
  /** How many of each kind the baseline holds, by the first part of its key. */
  #before = new Map<string, number>();
  #metrics: readonly (keyof typeof COUNTED)[] = [];
  #serial = 0;

  constructor(parts: GrowthParts) {
    this.#parts = parts;
  }

  /** Takes the baseline. */
  async start(): Promise<void> {
    await graceTurns(this.#parts.clock);
    this.#newcomers.clear();
    this.#repeated.clear();
    this.#baseline = this.#parts.survey.read();
    this.#before = tally(this.#baseline.flatMap((keys) => [...keys]));
    this.#metrics = METRICS.filter((metric) => this.#isMeasured(COUNTED[metric]));
  }

  /** Counts now: about a millisecond while little appears. */
  async count(): Promise<GrowthCounts> {
    await graceTurns(this.#parts.clock);
    return this.#count(this.#appeared());
  }

  /** Counts after everything that has appeared since the baseline had its time to close; looks at all of it anew. */
  async settledCount(settleTimeout: number): Promise<GrowthCounts> {
    const { survey, clock } = this.#parts;
    await graceTurns(clock);
    this.#newcomers.clear();
    this.#count(this.#appeared());
    await settle(() => survey.stillOpen(new Set(this.#counted())), settleTimeout, clock);
    this.#newcomers.clear();
    return this.#count(this.#appeared());
  }

  /** What has appeared since the baseline, is open now and counts: one finding per leak and place, each with its count. */
  async survivors(): Promise<readonly Finding[]> {
    const { survey, place } = this.#parts;
    const leaks = fold(survey.describe(new Set(this.#appeared()))).filter((folded) => this.#isGrowth(folded));
    const processes = leaks.filter(({ root }) => root.kind === 'process').slice(0, MAX_REFINED);
    const refined = new Map((await survey.refine(processes.map(({ root }) => root))).map((root) => [root.key, root]));
    return groupAlike(this.#ruled(leaks.map(({ root, parts }) => toFinding({ root: refined.get(root.key) ?? root, parts }, place, null))));
  }

  /** Children that have ended since the baseline and were not waited for. */
  zombies(): number {
    const processes = this.#appeared().filter((key) => key.startsWith('process:'));
    return this.#parts.survey.describe(new Set(processes)).filter(({ type }) => type === 'zombie').length;
  }

  #appeared(): ResourceKey[] {
    return appeared(this.#baseline, this.#parts.survey.read())
      .flat()
      .filter((key) => KNOWN.has(prefixOf(key)));
  }

  #count(open: readonly ResourceKey[]): GrowthCounts {
    const known = new Set(open);
    for (const key of this.#newcomers.keys()) if (!known.has(key)) this.#newcomers.delete(key);
    const pending = open.filter((key) => (this.#newcomers.get(key)?.looks ?? 0) < LOOKS);
    if (pending.length > 0) this.#examine(pending);
    const grown = tally(this.#counted());
    return Object.fromEntries(this.#metrics.map((metric) => [metric, this.#countOf(COUNTED[metric], grown)]));
  }

  #isMeasured(prefixes: readonly string[]): boolean {
    return prefixes.every((prefix) => this.#parts.survey.count(this.#baseline, prefix) !== null);
  }

  #countOf(prefixes: readonly string[], grown: ReadonlyMap<string, number>): number | null {
    if (!this.#isMeasured(prefixes)) return null;
    return prefixes.reduce((sum, prefix) => sum + (this.#before.get(prefix) ?? 0) + (grown.get(prefix) ?? 0), 0);
  }

  #counted(): ResourceKey[] {
    return [...this.#newcomers].filter(([, { counts }]) => counts).map(([key]) => key);
  }

  #examine(keys: readonly ResourceKey[]): void {
    const { survey } = this.#parts;
    const folded = fold(survey.describe(new Set(keys)));
    const once = folded.filter((candidate) => isAccusable(candidate) && candidate.root.standing === 'shared');
    const repeated = this.#sightings.add(
      (this.#serial += 1),
      once.map(({ root }) => root).filter(({ key }) => !this.#repeated.has(key)),
      (seen) => survey.stillOpen(seen),
    );
    for (const { key } of repeated) this.#repeated.add(key);
    const growing = new Set(
      folded
        .filter((candidate) => this.#isGrowth(candidate) && !this.#isAllowed(candidate))
        .flatMap(({ root, parts }) => [root.key, ...parts.map(({ key }) => key)]),
    );
    for (const key of keys) this.#newcomers.set(key, { counts: growing.has(key), looks: (this.#newcomers.get(key)?.looks ?? 0) + 1 });
    for (const { key } of repeated) this.#newcomers.set(key, { counts: true, looks: LOOKS });
  }

  #isGrowth(folded: FoldedResource): boolean {
    return isAccusable(folded) && (folded.root.standing === 'counts' || this.#repeated.has(folded.root.key));
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

function prefixOf(key: ResourceKey): string {
  return key.slice(0, key.indexOf(':'));
}

function tally(keys: readonly ResourceKey[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const prefix = prefixOf(key);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return counts;
}
