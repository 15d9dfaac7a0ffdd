import { testName, type Place } from '../core/assemble.ts';
import { heapFinding, type HeapGrowth } from '../core/heapFinding.ts';
import { judgeHeapTrend } from '../core/heapTrend.ts';
import type { Point } from '../core/statistics.ts';
import type { AllocationSites, HeapProbe, HeapReading, ModuleMemories } from '../probes/probe.ts';
import { CollectionBudget, type Urgency } from './collectionBudget.ts';
import { ExplainedGrowth } from './explainedGrowth.ts';
import { addedBetween, mostKept, NOTHING, old, total } from './heapBounds.ts';
import { doubt, undecided } from './heapDoubt.ts';
import { CLEAR, type HeapCheck, type HeapJudge } from './heapJudge.ts';
import type { Clock } from './settle.ts';
import { UnassignedGrowth } from './unassignedGrowth.ts';

export interface HeapWatchParts {
  readonly probe: HeapProbe;
  readonly clock: Pick<Clock, 'now'>;
  /** Tell where living memory was allocated, and what modules hold in memories of their own. */
  readonly sites?: AllocationSites | undefined;
  readonly memories?: ModuleMemories | undefined;
}

/** Bytes that may be garbage or not, from which on it pays to know before a test what lives. */
const PILE_BYTES = 10_000_000;

/** Bytes that came to be between two tests from which on it pays to know before the second what lives. */
const BETWEEN_BYTES = 5_000_000;

/** Young bytes, perhaps kept by earlier tests and so not charged to the next, from which on the young generation is collected before it. */
const DOUBTFUL_BYTES = 2_500_000;

/** Growth per test, in bytes, that the runner may account for: Playwright 1.65 keeps 0.5 to 2 kB of each test. */
const RUNNER_BYTES_PER_TEST = 10_000;

/**
 * Judges what tests do to the heap without collecting garbage after each of them. Live memory is never more than used memory, and a
 * test cannot have kept more than it allocated: where one of these bounds clears it, no collection is owed. Otherwise one is forced
 * within a budget, and a test is charged only with growth that cannot be anybody else's.
 *
 * What grows too slowly to be seen in one test is judged over all tests of the worker in {@link HeapWatch.finish}.
 */
export class HeapWatch implements HeapJudge {
  readonly #parts: HeapWatchParts;
  readonly #budget: CollectionBudget;
  readonly #samples: Point[] = [];
  #tests = 0;
  /** What lived at the last collection. */
  #live: HeapReading = NOTHING;
  /** The least that has been in use since then: an upper bound of what lives. */
  #floor = 0;
  #externalFloor = 0;
  #begun: HeapReading = NOTHING;
  /** Somebody else had garbage collected since the test began: what was freed then is in none of the bounds. */
  #collectedWithin = false;
  /** What was in use when the last test had ended. */
  #ended: HeapReading = NOTHING;
  /** Bytes that cleared tests were seen to add since the last collection. */
  #visible = 0;
  /** The same of what ran between tests: files that were loaded, hooks, fixtures of the worker. */
  #between = 0;
  /** Young bytes that tests may have kept since a collection, be it of the young generation only. */
  #suspect = 0;
  /** Tests since the last collection that could not be cleared: what they may have kept is in none of the bounds. */
  #doubted: string[] = [];
  /** What had to be left open, as a sentence. */
  #open: string | undefined;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  readonly #explained: ExplainedGrowth;
  readonly #unassigned: UnassignedGrowth;
  #chargedBytes: number | undefined;

  constructor(parts: HeapWatchParts) {
    this.#parts = parts;
    this.#budget = new CollectionBudget(parts.clock);
    this.#explained = new ExplainedGrowth(parts.sites, parts.memories);
    this.#unassigned = new UnassignedGrowth(this.#explained);
  }

  start(): void {
    this.#budget.start();
    this.#collect('growth');
    this.#explained.start(this.#live);
  }

  begin(): void {
    this.#tests += 1;
    let now = this.#read();
    // The collections until now are done with by this: they say nothing about the test that begins.
    const between = addedBetween(this.#ended, now, this.#parts.probe.naturalCollections());
    this.#between += between;
    const pile = old(now) - old(this.#live) + this.#doubtful(now);
    const urgency = this.#worthKnowing(pile, between);
    if (urgency !== undefined) {
      now = this.#collect(urgency);
      this.#explained.look(now);
    } else if (this.#doubtful(now) > DOUBTFUL_BYTES && this.#budget.affords('young')) {
      now = this.#collectYoung();
    }
    this.#begun = now;
    this.#collectedWithin = false;
  }

  end(thresholdBytes: number, place: Place): HeapCheck {
    const now = this.#read();
    this.#ended = now;
    const most = this.#mostKept(now);
    if (total(now) - this.#floor <= thresholdBytes || most <= thresholdBytes) {
      const added = Math.max(0, total(now) - total(this.#begun));
      this.#visible += added;
      this.#suspect += added;
      return CLEAR;
    }
    const urgency = total(now) - total(this.#begun) > thresholdBytes ? 'growth' : 'suspicion';
    if (!this.#budget.affords(urgency)) {
      // Its growth is looked for at the next collection that can be afforded, at the latest when the worker ends.
      this.#thresholdBytes = Math.min(this.#thresholdBytes, thresholdBytes);
      this.#doubted.push(testName(place));
      this.#suspect = Number.POSITIVE_INFINITY;
      return CLEAR;
    }
    const before = this.#mostLivedAtBegin();
    const least = Math.min(total(this.#begun), this.#livedAtBegin());
    const known = total(this.#live);
    const others = this.#doubted.splice(0);
    const seen = this.#visible + this.#between;
    const after = this.#collect(urgency);
    if (total(after) - known <= thresholdBytes) return CLEAR;
    // So much had piled up before the test that it can neither be charged nor cleared.
    if (total(after) - before <= thresholdBytes) {
      // It and the tests before may each have stayed below the threshold: then nobody kept too much for certain.
      const mayBeNobodys = total(after) - least <= thresholdBytes && least - known <= thresholdBytes;
      if (!mayBeNobodys) this.#unassigned.add(total(after) - known - seen, after, thresholdBytes, [...others, testName(place)]);
      else if (this.#explained.explain(total(after) - known, after).bytes <= thresholdBytes) return CLEAR;
      this.#open = doubt(total(after) - known, before - known + thresholdBytes, place);
      return CLEAR;
    }
    const growth = this.#explained.explain(total(after) - before, after);
    if (growth.bytes <= thresholdBytes) return CLEAR;
    this.#chargedBytes = growth.bytes;
    this.#explained.add(growth.bytes);
    return { findings: [heapFinding(growth, thresholdBytes, place)], undecided: false, notes: [] };
  }

  peek(thresholdBytes: number, place: Place): HeapCheck {
    if (total(this.#read()) - this.#floor <= thresholdBytes) return CLEAR;
    const living = this.collect();
    const growth = this.#explained.peek(total(living) - this.#mostLivedAtBegin(), living);
    return growth.bytes <= thresholdBytes ? CLEAR : { ...CLEAR, findings: [heapFinding(growth, thresholdBytes, place)] };
  }

  retracts(): boolean {
    const bytes = this.#chargedBytes;
    if (bytes === undefined) return false;
    this.#chargedBytes = undefined;
    const held = total(this.#live);
    const freed = held - total(this.#collect('growth'));
    if (freed < bytes / 2) return false;
    this.#explained.add(-bytes);
    return true;
  }

  finish(thresholdBytes: number, place: Place): HeapCheck {
    const first = this.#samples[0]?.y ?? 0;
    const isBelow = (reading: HeapReading): boolean => total(reading) - this.#explained.bytes - first <= thresholdBytes;
    const now = (this.#ended = this.#read());
    const settled = isBelow(now) && this.#doubted.length === 0 ? now : this.#collect('growth');
    const findings = this.#unassigned.findings(thresholdBytes, place);
    // What was in doubt was given back, and a trend has nothing to go by.
    if (findings.length > 0 || isBelow(settled)) return { ...CLEAR, findings };
    const trend = judgeHeapTrend(this.#samples, { thresholdBytes, bytesPerTest: RUNNER_BYTES_PER_TEST });
    if (trend.verdict === 'pass') return this.#open === undefined ? CLEAR : undecided(this.#open);
    if (trend.verdict === 'inconclusive') return undecided(this.#open ?? trend.reason);
    const growth = { ...this.#explained.explain(trend.bytes, this.#live), bytes: trend.bytes, bytesPerTest: Math.round(trend.slope) };
    return { findings: [heapFinding(growth, thresholdBytes, place)], undecided: false, notes: [] };
  }

  usedBytes(): number {
    return total(this.#ended);
  }

  collect(generation?: 'young'): HeapReading {
    this.#collectedWithin = true;
    this.#parts.probe.pause();
    return generation === undefined ? this.#parts.probe.collect() : this.#parts.probe.collectYoung();
  }

  allocationStack(bytes: number): HeapGrowth['stack'] {
    return this.#explained.stackOf(bytes);
  }

  /** Bound of what this test, which ends now, has kept; infinite when it is not known. */
  #mostKept(now: HeapReading): number {
    const collections = this.#parts.probe.naturalCollections();
    return this.#collectedWithin ? Number.POSITIVE_INFINITY : mostKept(this.#begun, now, collections, this.#externalFloor);
  }

  /** Why to collect before a test, if at all. */
  #worthKnowing(pile: number, between: number): Urgency | undefined {
    if (this.#budget.affords('sample')) return 'sample';
    if (pile > PILE_BYTES && this.#budget.affords('pile')) return 'pile';
    return between > BETWEEN_BYTES && this.#budget.affords('suspicion') ? 'suspicion' : undefined;
  }

  #doubtful({ youngBytes }: HeapReading): number {
    return Math.min(youngBytes, this.#suspect);
  }

  /** What lived when the test began, as far as it had left the young generation: part of the rest may have lived as well. */
  #livedAtBegin(): number {
    return total(this.#live) + Math.max(0, old(this.#begun) - old(this.#live));
  }

  /** What can have lived when the test began. */
  #mostLivedAtBegin(): number {
    return Math.min(total(this.#begun), this.#livedAtBegin() + this.#doubtful(this.#begun));
  }

  #read(): HeapReading {
    const now = this.#parts.probe.read();
    this.#floor = Math.min(this.#floor, total(now));
    this.#externalFloor = Math.min(this.#externalFloor, now.externalBytes);
    return now;
  }

  #collectYoung(): HeapReading {
    this.#budget.spend('young', () => {
      this.#parts.probe.collectYoung();
    });
    const now = this.#read();
    this.#suspect = Math.min(this.#suspect, now.youngBytes);
    return now;
  }

  #collect(urgency: Urgency): HeapReading {
    const before = total(this.#live);
    const seen = this.#visible + this.#between;
    this.#live = this.#budget.spend(urgency, () => this.#parts.probe.collect());
    this.#floor = total(this.#live);
    this.#externalFloor = this.#live.externalBytes;
    this.#ended = this.#live;
    this.#visible = 0;
    this.#suspect = 0;
    this.#between = 0;
    const doubted = this.#doubted.splice(0);
    if (doubted.length > 0) this.#unassigned.add(total(this.#live) - before - seen, this.#live, this.#thresholdBytes, doubted);
    this.#samples.push({ x: this.#tests, y: total(this.#live) - this.#explained.bytes });
    return this.#live;
  }
}
