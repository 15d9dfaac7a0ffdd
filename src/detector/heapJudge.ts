import type { Place } from '../core/assemble.ts';
import type { Finding } from '../core/finding.ts';
import type { Frame } from '../core/stack.ts';
import type { HeapReading } from '../probes/probe.ts';

/** What a test or a worker did to the heap, as findings. */
export interface HeapCheck {
  readonly findings: readonly Finding[];
  /** Whether a leak could be hidden that the budget for collections did not allow to rule out. */
  readonly undecided: boolean;
  readonly notes: readonly string[];
}

export const CLEAR: HeapCheck = { findings: [], undecided: false, notes: [] };

/** The part of the detector that judges the heap, which has no identities. */
export interface HeapJudge {
  start(): void;
  begin(): void;
  end(thresholdBytes: number, place: Place): HeapCheck;
  /** What `end` would say now of the test that goes on. Nobody is charged: `end` says it again. */
  peek(thresholdBytes: number, place: Place): HeapCheck;
  /**
   * Whether what the last `end` charged was freed once its test was over: a runner holds a test's steps and attachments until then.
   * To be asked before the next `begin` or `finish`; collects garbage only when something was charged.
   */
  retracts(): boolean;
  finish(thresholdBytes: number, place: Place): HeapCheck;
  /** Bytes in use when the last test or the worker ended, garbage included; `null` when nothing measures them. */
  usedBytes(): number | null;
  /**
   * Collects garbage in the middle of a test, for somebody who measures in it, on request of the young generation only; `null` when
   * nothing measures the heap.
   */
  collect(generation?: 'young'): HeapReading | null;
  /** Where most of what lives, and has come since somebody was last charged, was allocated; empty when that is not known. */
  allocationStack(bytes: number): readonly Frame[];
}

/** Stands in where the heap is not measured: it has nothing to say, and says so through `usedBytes`. */
export class UnmeasuredHeap implements HeapJudge {
  start(): void {
    return;
  }
  begin(): void {
    return;
  }
  end(): HeapCheck {
    return CLEAR;
  }
  peek(): HeapCheck {
    return this.end();
  }
  retracts(): boolean {
    return false;
  }
  finish(): HeapCheck {
    return this.end();
  }
  usedBytes(): number | null {
    return null;
  }
  collect(): HeapReading | null {
    return null;
  }
  allocationStack(): readonly Frame[] {
    return [];
  }
}

/** Resources that are open at the same time from which on it matters what leak keeps of each. */
const MANY = 100;

/** Bytes that leak keeps of a resource that is open and was looked at, stack and finding: 4.5 kB measured, of timers left by a test. */
const KEPT_OF_EACH = 6_000;

/** What may be kept: a threshold, and on top of it what leak itself keeps of so many resources. */
export function heapLimit(thresholdBytes: number, resources: number): number {
  return thresholdBytes + (resources < MANY ? 0 : resources * KEPT_OF_EACH);
}

/** Names of the tests of which one has kept this memory, where it is not known which. */
export function suspectsOf({ evidence }: Finding): readonly unknown[] {
  return Array.isArray(evidence['keptByOneOf']) ? evidence['keptByOneOf'] : [];
}
