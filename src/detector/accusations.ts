import type { Finding } from '../core/finding.ts';
import type { RecordedFinding } from '../core/record.ts';
import type { FoldedResource } from '../core/fold.ts';
import type { ResourceKey } from '../core/resource.ts';
import { originOf } from '../core/stack.ts';
import { settle, type Clock } from './settle.ts';
import type { Survey } from './survey.ts';

/** A resource that outlived its test, with the finding made of it. */
export interface Survivor {
  readonly key: ResourceKey;
  readonly finding: Finding;
}

/** An accused resource is gone: who closed it, and how long after its test. */
export interface Closure {
  readonly id: string;
  /**
   * `hook`: an afterAll hook, a fixture's teardown or somebody else who owns it, so it was no leak. `itself`: during a later test, so it
   * was late.
   */
  readonly by: 'hook' | 'itself';
  readonly afterMs: number;
}

interface Accusation {
  readonly id: string;
  readonly open: Set<ResourceKey>;
  readonly since: number;
  /** Of which line it is a proof that it leaks; `null` when its origin is not known. */
  readonly line: string | null;
  /** Whether it comes to an end without anybody's doing: a timer that fires, a process that exits. */
  readonly expires: boolean;
  readonly isObject: boolean;
  /** Whether who lets go of it need not wait for its end: a timer, a listener, an object. */
  readonly endsAtOnce: boolean;
  /** Whether one of its resources was closed by somebody else, or by nobody: then it stays a leak. */
  abandoned: boolean;
  /** Whether all of its resources that are gone are known to have been closed by the code that opened them. */
  isOwned: boolean;
}

/** Milliseconds to wait for a resource from a line that has leaked, twice and to the very end of the settle time, before. */
const KNOWN_LEAK_PATIENCE_MS = 50;
const CONFIRMATIONS = 2;

/**
 * Everything tests were charged with, watched until the worker ends: charged once, and taken back when its owner closes it after all.
 */
export class Accusations {
  readonly #survey: Survey;
  readonly #onClosed: (closure: Closure) => void;
  readonly #open: Accusation[] = [];
  /** How often each line has leaked for all that is known now. */
  readonly #confirmed = new Map<string, number>();

  constructor(survey: Survey, onClosed: (closure: Closure) => void) {
    this.#survey = survey;
    this.#onClosed = onClosed;
  }

  /** Remembers what a test is charged with. One finding may stand for several resources that are alike. */
  add(findings: readonly RecordedFinding[], survivors: readonly Survivor[], now: number): void {
    for (const finding of findings) {
      if (finding.severity !== 'leak') continue;
      const alike = survivors.filter(
        ({ finding: other }) => other.fingerprint === finding.fingerprint && other.severity === 'leak' && isAlike(other, finding),
      );
      if (alike.length === 0) continue;
      const line = finding.origin === null ? null : lineKey(finding.kind, finding.origin);
      this.#open.push({
        id: finding.id,
        open: new Set(alike.map((survivor) => survivor.key)),
        since: now,
        line,
        expires: expires(finding),
        isObject: finding.kind === 'object',
        endsAtOnce: endsAtOnce(finding),
        abandoned: false,
        isOwned: true,
      });
      this.#confirm(line, 1);
    }
  }

  /** Whether a test has been charged with this resource. */
  knows(key: ResourceKey): boolean {
    return this.#open.some((accusation) => accusation.open.has(key));
  }

  /** Looks which accused resources are gone, and tells of every accusation that has nothing left. */
  review(by: Closure['by'], now: number): void {
    if (this.#open.length > 0) this.#settle(new Set(this.#survey.stillOpen(this.#keys())), by, now);
  }

  /** The same for the last time, when the worker ends: what its hooks and fixtures are just closing gets its time, at most `settleTimeout`. */
  async conclude(settleTimeout: number, clock: Clock): Promise<void> {
    this.#settle(new Set(this.#survey.surelyOpen(this.#keys())), 'hook', clock.now());
    const closing = this.#keys(({ endsAtOnce }) => !endsAtOnce);
    await settle(() => this.#survey.stillOpen(closing), settleTimeout, clock);
    if (closing.size > 0) this.#settle(new Set(this.#survey.stillOpen(this.#keys())), 'hook', clock.now(), true);
  }

  /** How long to wait for these suspects: a line that has leaked to the end before is not waited for again and again. */
  patience(suspects: readonly FoldedResource[], settleTimeout: number): number {
    const known = suspects.every(({ root }) => {
      const origin = originOf(root.stack);
      return origin !== null && (this.#confirmed.get(lineKey(root.kind, origin)) ?? 0) >= CONFIRMATIONS;
    });
    return known ? Math.min(settleTimeout, KNOWN_LEAK_PATIENCE_MS) : settleTimeout;
  }

  /** @param mayHaveExpired Whether it had the time to come to an end without anybody's doing. */
  #settle(open: ReadonlySet<ResourceKey>, by: Closure['by'], now: number, mayHaveExpired = by === 'itself'): void {
    for (let index = this.#open.length - 1; index >= 0; index -= 1) {
      const accusation = this.#open[index];
      if (accusation === undefined) continue;
      for (const key of accusation.open) {
        if (open.has(key)) continue;
        accusation.open.delete(key);
        // What died with its browser, was hung up on by its peer or merely ran out was not closed by the code that opened it.
        const closer = this.#survey.closedBy(key);
        if (closer === 'parent' || closer === 'peer' || closer === 'nobody') accusation.abandoned = true;
        if (closer !== 'own') accusation.isOwned = false;
      }
      if (accusation.open.size > 0) continue;
      this.#open.splice(index, 1);
      if (accusation.abandoned) continue;
      // It outlived its settle time and then merely ended, for all that is known.
      if (mayHaveExpired && accusation.expires && !accusation.isOwned) continue;
      this.#confirm(accusation.line, -1);
      // When an object goes says when the collector came, not who let go of it; and a timer or a child that is cleared or killed in a
      // later test has an owner that outlives tests, such as a pool.
      const isTakenBack = accusation.isObject || accusation.expires;
      this.#onClosed({ id: accusation.id, by: isTakenBack ? 'hook' : by, afterMs: now - accusation.since });
    }
  }

  #keys(isMeant: (accusation: Accusation) => boolean = () => true): Set<ResourceKey> {
    return new Set(this.#open.filter(isMeant).flatMap((accusation) => [...accusation.open]));
  }

  /** Adds a proof that a line leaks, or takes one back: what its owner closes after all proves nothing. */
  #confirm(line: string | null, proofs: 1 | -1): void {
    if (line !== null) this.#confirmed.set(line, (this.#confirmed.get(line) ?? 0) + proofs);
  }
}

function expires({ kind, evidence }: RecordedFinding): boolean {
  return kind === 'process' || evidence['type'] === 'timeout';
}

const ENDING_AT_ONCE: ReadonlySet<unknown> = new Set(['timeout', 'interval', 'signal listener']);

function endsAtOnce({ kind, evidence }: RecordedFinding): boolean {
  return kind === 'object' || ENDING_AT_ONCE.has(evidence['type']);
}

function lineKey(kind: string, origin: { readonly file: string; readonly line: number }): string {
  return `${kind} ${origin.file}:${String(origin.line)}`;
}

/** Of the same place, and judged for the same reason. */
function isAlike(a: Survivor['finding'], b: RecordedFinding): boolean {
  const sameReason = a.status === b.status && a.evidence['allowedBecause'] === b.evidence['allowedBecause'];
  return sameReason && a.origin?.line === b.origin?.line && a.origin?.column === b.origin?.column;
}
