import { groupAlike, testName, toFinding, type Place } from '../core/assemble.ts';
import type { Finding, Verdict } from '../core/finding.ts';
import { fold, type FoldedResource } from '../core/fold.ts';
import type { AllowRule, ResolvedSettings } from '../core/options.ts';
import { applyPolicy, verdictOf } from '../core/policy.ts';
import type { Counts, RecordedFinding } from '../core/record.ts';
import type { Resource, ResourceKey } from '../core/resource.ts';
import { appeared, type Snapshot } from '../core/snapshot.ts';
import { Accusations, type Closure, type Survivor } from './accusations.ts';
import { heapLimit, suspectsOf, type HeapJudge } from './heapJudge.ts';
import { graceTurns, settle, type Clock } from './settle.ts';
import { Sightings } from './sightings.ts';
import { canBeLate, isAccusable, isHeld } from './standing.ts';
import type { Survey } from './survey.ts';

/** What a detector is made of; everything impure is passed in. */
export interface DetectorParts {
  readonly survey: Survey;
  readonly heap: HeapJudge;
  readonly clock: Clock;
  /** Prefix of the ids of this detector's findings, unique in the run. */
  readonly idPrefix: string;
  /** Today as `YYYY-MM-DD` in UTC, for allow rules that expire. */
  today(): string;
  /** Told of every allow rule that matches what a test or a worker left. */
  readonly onMatch?: ((rule: AllowRule) => void) | undefined;
}

/** A test under observation: what {@link LeakDetector.begin} returns and {@link LeakDetector.end} takes. */
export interface Bracket {
  readonly before: Snapshot;
  readonly spentMs: number;
}

/** What was found about one test. */
export interface Check {
  readonly verdict: Verdict;
  readonly findings: readonly RecordedFinding[];
  readonly counts: Counts;
  /** Milliseconds of this process's time the check took, waiting for accused resources to settle left out. */
  readonly overheadMs: number;
  readonly notes: readonly string[];
}

/** What was found when the worker ended. */
export type FinalCheck = Pick<Check, 'findings' | 'counts' | 'notes'>;

/**
 * Decides what leaked, test by test, within one process: baseline, exact difference of identities, settling, folding, attribution.
 * What appears between two brackets belongs to hooks or worker fixtures and is judged in {@link LeakDetector.finish}; what a test
 * left behind is watched until then, and whatever becomes of it is told through `onClosed`.
 */
export class LeakDetector {
  readonly #parts: DetectorParts;
  readonly #accusations: Accusations;
  readonly #sightings = new Sightings();
  /** What appeared outside of tests; described at once where it may go down with its parent before anybody can ask. */
  readonly #between = new Map<ResourceKey, Resource | undefined>();
  readonly #onClosed: (closure: Closure) => void;
  #heapCharge: { readonly ids: readonly string[]; readonly since: number } = { ids: [], since: 0 };
  readonly #leakingTests = new Set<string>();
  #last: Snapshot = [];
  #serial = 0;
  /** Resources that tests were suspected of, all in all. */
  #described = 0;

  /** @param onClosed Told of every accused resource that was closed after its test. */
  constructor(parts: DetectorParts, onClosed: (closure: Closure) => void) {
    this.#parts = parts;
    this.#onClosed = onClosed;
    this.#accusations = new Accusations(parts.survey, onClosed);
  }

  /** Takes the baseline: everything open now belongs to nobody. */
  start(): void {
    this.#last = this.#parts.survey.read();
    this.#parts.heap.start();
  }

  /** Opens the bracket around a test. What appeared since the last bracket is a hook's or a worker fixture's. */
  begin(): Bracket {
    const started = this.#parts.clock.now();
    const before = this.#parts.survey.read();
    this.#noteBetween(before);
    this.#accusations.review('hook', started);
    this.#reviewHeap();
    this.#parts.heap.begin();
    this.#last = before;
    return { before, spentMs: this.#parts.clock.now() - started };
  }

  /** Closes the bracket: settles, judges, and charges what survived to this test, once. */
  async end(bracket: Bracket, settings: ResolvedSettings, place: Place): Promise<Check> {
    const { survey, heap, clock } = this.#parts;
    const started = clock.now();
    this.#accusations.review('itself', started);
    const after = survey.read();
    const accused = appeared(bracket.before, after).flat();
    this.#last = after;
    let spentMs = bracket.spentMs + clock.now() - started;
    const survivors = accused.length === 0 ? [] : await this.#judge(new Set(accused), settings, place);
    // What the probes have just looked at through weak references lives until this job ends: the test does not keep it.
    await clock.turn();
    const judged = clock.now();
    this.#described += accused.length;
    const heapCheck = heap.end(heapLimit(settings.thresholds.heapBytes, accused.length), place);
    const ruled = this.#ruled([...survivors.map((survivor) => survivor.finding), ...heapCheck.findings], settings);
    const findings = this.#number(groupAlike(ruled));
    const charged = survivors.map((survivor, index) => ({ ...survivor, finding: ruled[index] ?? survivor.finding }));
    this.#accusations.add(findings, charged, clock.now());
    if (findings.some(({ severity }) => severity === 'leak')) this.#leakingTests.add(testName(place));
    this.#heapCharge = { ids: findings.filter(({ kind }) => kind === 'heap').map(({ id }) => id), since: clock.now() };
    spentMs += clock.now() - judged;
    return {
      verdict: verdictOf(findings, heapCheck.undecided || survey.failures().length > 0),
      findings,
      counts: this.#counts(after),
      overheadMs: spentMs,
      notes: [...survey.failures(), ...heapCheck.notes],
    };
  }

  /** Closes the bracket of a test that is not checked: what it left behind is charged to nobody. */
  ignore(): void {
    this.#accusations.review('itself', this.#parts.clock.now());
    this.#last = this.#parts.survey.read();
  }

  /** What the test holds open right now and did not before, tracked objects left out, without waiting and without charging anybody. */
  async peek(bracket: Bracket, settings: ResolvedSettings, place: Place): Promise<Finding[]> {
    const { survey } = this.#parts;
    await graceTurns(this.#parts.clock);
    const open = new Set(appeared(bracket.before, survey.read()).flat());
    const found = fold(survey.describe(open)).filter(isHeld);
    return groupAlike(
      this.#ruled(
        found.map((folded) => toFinding(folded, place, null)),
        settings,
      ),
    );
  }

  /** Judges what hooks, worker fixtures and the worker itself leave behind, and tells what became of what tests left behind. */
  async finish(settings: ResolvedSettings, place: Place): Promise<FinalCheck> {
    const { survey, heap, clock } = this.#parts;
    const now = survey.read();
    this.#noteBetween(now);
    this.#last = now;
    await graceTurns(clock);
    await this.#accusations.conclude(settings.settleTimeout, clock);
    this.#reviewHeap();
    const opened = new Set([...this.#between.keys()].filter((key) => !this.#accusations.knows(key)));
    const open = opened.size === 0 ? [] : await this.#judge(opened, settings, place);
    const left = [...open, ...this.#abandoned(place)].map(({ finding }) => finding);
    const leaks = left.filter(({ severity }) => severity === 'leak');
    const heapCheck = heap.finish(heapLimit(settings.thresholds.heapBytes, this.#described), place);
    // What a leaked resource keeps alive, such as the body of a response nobody reads, is part of that leak.
    const kept = heapCheck.findings.filter(
      (finding) => !suspectsOf(finding).some((name) => typeof name === 'string' && this.#leakingTests.has(name)),
    );
    return {
      findings: this.#number(groupAlike(this.#ruled([...leaks, ...kept], settings))),
      counts: this.#counts(now),
      notes: [...survey.failures(), ...heapCheck.notes],
    };
  }

  #ruled(findings: readonly Finding[], settings: ResolvedSettings): Finding[] {
    return applyPolicy(findings, settings, this.#parts.today(), this.#parts.onMatch);
  }

  #noteBetween(now: Snapshot): void {
    const { survey } = this.#parts;
    const keys = appeared(this.#last, now).flat();
    const mortal = new Map(survey.describe(new Set(keys.filter((key) => survey.diesWithOthers(key)))).map((r) => [r.key, r]));
    for (const key of keys) this.#between.set(key, mortal.get(key));
  }

  /** What hooks opened and nobody closed, although it is gone: a context that went down with the shared browser. */
  #abandoned(place: Place): Survivor[] {
    const { survey } = this.#parts;
    const described = [...this.#between.values()].filter((resource) => resource !== undefined);
    const open = new Set(survey.stillOpen(new Set(described.map((resource) => resource.key))));
    return fold(described)
      .filter((folded) => isAccusable(folded) && !open.has(folded.root.key) && survey.closedBy(folded.root.key) === 'parent')
      .map((folded) => survivor(folded, place, null));
  }

  async #judge(accused: ReadonlySet<ResourceKey>, settings: ResolvedSettings, place: Place): Promise<Survivor[]> {
    const { survey, clock } = this.#parts;
    const ended = clock.now();
    await graceTurns(clock);
    const first = fold(survey.describe(accused)).filter(isAccusable);
    const suspects = first.filter((folded) => folded.root.standing === 'counts');
    const late = new Map<ResourceKey, number>();
    await settle(
      () => {
        const open = new Set(survey.surelyOpen(new Set(suspects.filter(({ root }) => !late.has(root.key)).map(({ root }) => root.key))));
        for (const { root } of suspects) if (!open.has(root.key) && !late.has(root.key)) late.set(root.key, clock.now() - ended);
        return [...open];
      },
      settings.mode === 'fail' ? settings.settleTimeout : this.#accusations.patience(suspects, settings.settleTimeout),
      clock,
    );

    // Settling changes more than what is open: a busy socket becomes an idle pooled one, a closing server lets go of its parts.
    const final = fold(survey.describe(new Set(survey.stillOpen(accused)))).filter(isAccusable);
    const repeated = this.#sightings.add(
      (this.#serial += 1),
      final.filter((folded) => folded.root.standing === 'shared').map((folded) => folded.root),
      (keys) => survey.stillOpen(keys),
    );
    const leaks = [...final.filter((folded) => folded.root.standing === 'counts'), ...repeated.map((root) => ({ root, parts: [] }))];
    const refined = new Map((await survey.refine(leaks.map((leak) => leak.root))).map((root) => [root.key, root]));
    return [
      ...leaks.map(({ root, parts }) => survivor({ root: refined.get(root.key) ?? root, parts }, place, null)),
      ...suspects
        .filter(({ root }) => late.has(root.key) && canBeLate(root))
        .map((folded) => survivor(folded, place, late.get(folded.root.key) ?? 0)),
    ];
  }

  /** Memory that the runner held only until the test was over was nobody's leak. */
  #reviewHeap(): void {
    const { heap, clock } = this.#parts;
    if (!heap.retracts()) return;
    for (const id of this.#heapCharge.ids) this.#onClosed({ id, by: 'hook', afterMs: clock.now() - this.#heapCharge.since });
  }

  #number(findings: readonly Finding[]): RecordedFinding[] {
    return findings.map((finding) => ({ ...finding, id: `${this.#parts.idPrefix}${String((this.#serial += 1))}` }));
  }

  #counts(snapshot: Snapshot): Counts {
    const { survey, heap } = this.#parts;
    return {
      fds: survey.count(snapshot, 'fd'),
      processes: survey.count(snapshot, 'process'),
      handles: survey.count(snapshot, 'handle'),
      heapBytes: heap.usedBytes(),
    };
  }
}

function survivor(folded: FoldedResource, place: Place, late: number | null): Survivor {
  return { key: folded.root.key, finding: toFinding(folded, place, late) };
}
