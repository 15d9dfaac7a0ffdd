import { executionAsyncId } from 'node:async_hooks';
import { originOf } from '../core/stack.ts';
import type { HandleEntry } from './handleRegistry.ts';

/** Timers of one callback that are asked whether they look like the one that fired: to ask means to format a stack. */
const MAX_COMPARED = 16;

/**
 * Which timers are one timer that arms itself again: of those that a timer's callback makes, the one that is like it, or else the first.
 * Further ones are new, and so is every one that does not hold the process: a time limit of a request, `AbortSignal.timeout`.
 */
export class TimerChains {
  /** By the first timer of a chain, the latest one. */
  readonly #links = new Map<number, HandleEntry>();
  /** How many were made in the callback that runs, for as long as the successor of its timer may still be another. */
  #firing: { readonly asyncId: number; made: number } | undefined;

  clear(): void {
    this.#links.clear();
    this.#firing = undefined;
  }

  /** The latest timer of the chain that has this id. */
  latest(chainId: number): HandleEntry | undefined {
    return this.#links.get(chainId);
  }

  /**
   * Takes a new timer into the chain of the one in whose callback it is made, if it goes on there.
   *
   * @param entryOf What is known under an async id.
   */
  join(entry: HandleEntry, entryOf: (asyncId: number) => HandleEntry | undefined): void {
    const fired = entryOf(executionAsyncId());
    if (fired?.type !== 'Timeout' || typeof fired.handle.deref()?._repeat === 'number') return;
    if (entry.handle.deref()?.hasRef?.() === false) return;
    const successor = this.#links.get(fired.chainId);
    if (successor === undefined || successor === fired) {
      this.#firing = isSameCallback(entry, fired) ? undefined : { asyncId: fired.asyncId, made: 1 };
      this.#link(entry, fired.chainId);
    } else if (this.#firing?.asyncId === fired.asyncId) {
      this.#firing.made += 1;
      const isLikelier = isAlike(entry, fired) && !isAlike(successor, fired);
      if (isLikelier || this.#firing.made >= MAX_COMPARED) this.#firing = undefined;
      if (!isLikelier) return;
      successor.chainId = successor.asyncId;
      this.#link(entry, fired.chainId);
    }
  }

  /** A timer that is over ends its chain, unless that has gone on. */
  end(entry: HandleEntry): void {
    if (this.#links.get(entry.chainId) === entry) this.#links.delete(entry.chainId);
  }

  #link(entry: HandleEntry, chainId: number): void {
    entry.chainId = chainId;
    this.#links.set(chainId, entry);
  }
}

function isAlike(entry: HandleEntry, fired: HandleEntry): boolean {
  if (isSameCallback(entry, fired)) return true;
  const [made, before] = [originOf(entry.stack.frames()), originOf(fired.stack.frames())];
  return made !== null && before !== null && made.file === before.file && made.line === before.line && made.column === before.column;
}

function isSameCallback(entry: HandleEntry, fired: HandleEntry): boolean {
  return entry.callback === fired.callback || entry.handle.deref() === fired.handle.deref();
}
