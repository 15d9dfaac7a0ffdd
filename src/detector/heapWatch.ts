import { testName, type Place } from '../core/assemble.ts';
import { heapFinding, type HeapGrowth } from '../core/heapFinding.ts';
import { judgeHeapTrend } from '../core/heapTrend.ts';
import type { Point } from '../core/statistics.ts';
import type { AllocationSites, HeapProbe, HeapReading } from '../probes/probe.ts';
import { CollectionBudget, type Urgency } from './collectionBudget.ts';
import type { HeapCheck, HeapJudge } from './heapJudge.ts';
import type { Clock } from './settle.ts';

export interface HeapWatchParts {
  readonly probe: HeapProbe;
  readonly clock: Pick<Clock, 'now'>;
  /** Tells where living memory was allocated; without it a finding has no origin, and module loading counts as growth. */
  readonly sites?: AllocationSites | undefined;
}

/** Bytes that may be garbage or not, from which on it pays to know before a test what lives. */
const PILE_BYTES = 10_000_000;

/** Live growth since the allocation sites were last looked at from which on they are looked at again. */
const SITES_BYTES = 2_000_000;

/** Growth per test, in bytes, that the runner may account for: Playwright 1.65 keeps 0.5 to 2 kB of each test. */
const RUNNER_BYTES_PER_TEST = 10_000;

const CLEAR: HeapCheck = { findings: [], undecided: false, notes: [] };

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
  /** Bytes that cleared tests were seen to add since the last collection. */
  #visible = 0;
  /** Tests since the last collection that could not be cleared: what they may have kept is in none of the bounds. */
  #doubted: string[] = [];
  /** Growth that one of several tests kept for certain, told when the worker ends. */
  readonly #unassigned: { readonly bytes: number; readonly stack: HeapGrowth['stack']; readonly tests: readonly string[] }[] = [];
  /** What had to be left open, as a sentence. */
  #open: string | undefined;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  /** Bytes explained already: charged to a test, or by modules that were loaded. */
  #explained = 0;
  #chargedBytes: number | undefined;
  #sitesSeenAt = 0;

  constructor(parts: HeapWatchParts) {
    this.#parts = parts;
    this.#budget = new CollectionBudget(parts.clock);
  }

  start(): void {
    this.#budget.start();
    this.#collect('growth');
    this.#sitesSeenAt = total(this.#live);
  }

  begin(): void {
    this.#tests += 1;
    let now = this.#read();
    const pile = old(now) - old(this.#live) + Math.min(now.youngBytes, this.#visible);
    if (this.#budget.affords('sample') || (pile > PILE_BYTES && this.#budget.affords('pile'))) {
      now = this.#collect('pile');
      if (total(now) - this.#sitesSeenAt > SITES_BYTES) this.#explain(0);
    }
    this.#begun = now;
    // What has been collected until now says nothing about this test.
    this.#parts.probe.naturalCollections();
    this.#collectedWithin = false;
  }

  end(thresholdBytes: number, place: Place): HeapCheck {
    const now = this.#read();
    if (total(now) - this.#floor <= thresholdBytes || this.#mostKept(now) <= thresholdBytes) {
      this.#visible += Math.max(0, total(now) - total(this.#begun));
      return CLEAR;
    }
    const urgency = total(now) - total(this.#begun) > thresholdBytes ? 'growth' : 'suspicion';
    if (!this.#budget.affords(urgency)) {
      // Its growth is looked for at the next collection that can be afforded, at the latest when the worker ends.
      this.#thresholdBytes = Math.min(this.#thresholdBytes, thresholdBytes);
      this.#doubted.push(testName(place));
      return CLEAR;
    }
    const doubtful = Math.min(this.#begun.youngBytes, this.#doubted.length > 0 ? Number.POSITIVE_INFINITY : this.#visible);
    const before = Math.min(total(this.#begun), this.#livedAtBegin() + doubtful);
    const least = Math.min(total(this.#begun), this.#livedAtBegin());
    const known = total(this.#live);
    const others = this.#doubted.splice(0);
    const visible = this.#visible;
    const after = this.#collect(urgency);
    if (total(after) - known <= thresholdBytes) return CLEAR;
    // So much had piled up before the test that it can neither be charged nor cleared, or so little that it is cleared.
    if (total(after) - least <= thresholdBytes && least - known <= thresholdBytes) return CLEAR;
    if (total(after) - before <= thresholdBytes) {
      this.#leaveUnassigned(total(after) - known - visible, thresholdBytes, [...others, testName(place)]);
      this.#open = `live memory grew by more than the threshold until "${testName(place)}" ended, but it cannot be told in which test`;
      return CLEAR;
    }
    const growth = this.#explain(total(after) - before);
    if (growth.bytes <= thresholdBytes) return CLEAR;
    this.#chargedBytes = growth.bytes;
    this.#explained += growth.bytes;
    return { findings: [heapFinding(growth, thresholdBytes, place)], undecided: false, notes: [] };
  }

  retracts(): boolean {
    const bytes = this.#chargedBytes;
    if (bytes === undefined) return false;
    this.#chargedBytes = undefined;
    const held = total(this.#live);
    const freed = held - total(this.#collect('growth'));
    if (freed < bytes / 2) return false;
    this.#explained -= bytes;
    return true;
  }

  finish(thresholdBytes: number, place: Place): HeapCheck {
    const first = this.#samples[0]?.y ?? 0;
    const isBelow = total(this.#read()) - this.#explained - first <= thresholdBytes;
    if (isBelow && this.#doubted.length === 0) return this.#told(thresholdBytes, place);
    this.#collect('growth');
    const trend = judgeHeapTrend(this.#samples, { thresholdBytes, bytesPerTest: RUNNER_BYTES_PER_TEST });
    const { findings } = this.#told(thresholdBytes, place);
    if (findings.length > 0 || isBelow) return { ...CLEAR, findings };
    if (trend.verdict === 'pass') return this.#open === undefined ? CLEAR : undecided(this.#open);
    if (trend.verdict === 'inconclusive') return undecided(trend.reason);
    const growth = { ...this.#explain(trend.bytes), bytes: trend.bytes, bytesPerTest: Math.round(trend.slope) };
    return { findings: [heapFinding(growth, thresholdBytes, place)], undecided: false, notes: [] };
  }

  /** @param bytes Growth that tests which were cleared cannot have brought about, even if they kept all they were seen to add. */
  #leaveUnassigned(bytes: number, thresholdBytes: number, tests: readonly string[]): void {
    if (bytes <= thresholdBytes) return;
    const growth = this.#explain(bytes);
    if (growth.bytes <= thresholdBytes) return;
    this.#explained += growth.bytes;
    this.#unassigned.push({ ...growth, tests });
  }

  #told(thresholdBytes: number, place: Place): HeapCheck {
    const findings = this.#unassigned.map(({ tests, ...growth }) => {
      const finding = heapFinding(growth, thresholdBytes, place);
      return { ...finding, scope: 'worker' as const, evidence: { ...finding.evidence, keptByOneOf: [...tests] } };
    });
    return { ...CLEAR, findings };
  }

  usedBytes(): number {
    return total(this.#parts.probe.read());
  }

  collect(): HeapReading {
    this.#collectedWithin = true;
    this.#parts.probe.pause();
    return this.#parts.probe.collect();
  }

  allocationStack(bytes: number): HeapGrowth['stack'] {
    const growth = this.#parts.sites?.peek();
    return growth === undefined || growth.siteBytes * 2 < bytes ? [] : growth.stack;
  }

  /**
   * The most this test can have kept: what it added, and what collections may have made room for meanwhile out of garbage older than
   * the test. A minor collection frees nothing but what was young; after a major one nothing is known.
   */
  #mostKept(now: HeapReading): number {
    if (this.#collectedWithin) return Number.POSITIVE_INFINITY;
    let freedYoung = 0;
    for (const collection of this.#parts.probe.naturalCollections()) {
      if (collection.generation === 'major') return Number.POSITIVE_INFINITY;
      freedYoung += Math.max(0, collection.beforeBytes - collection.afterBytes);
    }
    const heap = now.usedBytes - this.#begun.usedBytes + Math.min(freedYoung, this.#begun.youngBytes);
    return heap + now.externalBytes - Math.min(this.#begun.externalBytes, this.#externalFloor);
  }

  /** What lived when the test began, as far as it had left the young generation: part of the rest may have lived as well. */
  #livedAtBegin(): number {
    return total(this.#live) + Math.max(0, old(this.#begun) - old(this.#live));
  }

  #explain(bytes: number): HeapGrowth {
    const { sites } = this.#parts;
    if (sites === undefined) return { bytes, stack: [] };
    const { moduleBytes, siteBytes, stack } = sites.sinceLast();
    this.#sitesSeenAt = total(this.#live);
    this.#explained += moduleBytes;
    // Buffers are not on the JavaScript heap: then the sites know little of what grew, and whatever they name is not its origin.
    return { bytes: bytes - moduleBytes, stack: siteBytes * 2 < bytes - moduleBytes ? [] : stack };
  }

  #read(): HeapReading {
    const now = this.#parts.probe.read();
    this.#floor = Math.min(this.#floor, total(now));
    this.#externalFloor = Math.min(this.#externalFloor, now.externalBytes);
    return now;
  }

  #collect(urgency: Urgency): HeapReading {
    const before = total(this.#live);
    const visible = this.#visible;
    this.#live = this.#budget.spend(urgency, () => this.#parts.probe.collect());
    this.#floor = total(this.#live);
    this.#externalFloor = this.#live.externalBytes;
    this.#visible = 0;
    const doubted = this.#doubted.splice(0);
    if (doubted.length > 0) this.#leaveUnassigned(total(this.#live) - before - visible, this.#thresholdBytes, doubted);
    this.#samples.push({ x: this.#tests, y: total(this.#live) - this.#explained });
    return this.#live;
  }
}

function undecided(reason: string): HeapCheck {
  return { findings: [], undecided: true, notes: [`heap: ${reason}`] };
}

const NOTHING: HeapReading = { usedBytes: 0, externalBytes: 0, youngBytes: 0 };

function total(reading: HeapReading): number {
  return reading.usedBytes + reading.externalBytes;
}

function old(reading: HeapReading): number {
  return total(reading) - reading.youngBytes;
}
