import { forgetOldest } from './forgetOldest.ts';
import type { NativeHandle } from './handleTypes.ts';
import type { Closer } from './probe.ts';
import { transparentCall, type CallObserver } from './transparentCall.ts';

/** A timer as the registry knows it now: one that armed itself again has another async id, and mostly another handle. */
export interface TimerLink {
  readonly asyncId: number;
  readonly handle: NativeHandle | undefined;
}

interface Watched {
  link: number;
  hasFired: boolean;
  readonly observer: CallObserver<undefined>;
}

/** Timers remembered; the oldest are forgotten. */
const MAX_WATCHED = 1000;

/**
 * Tells whether a timer was cleared or fired. Only timers that were described, hence accused, are watched: their callback is wrapped,
 * for neither its time nor the handle tells one that fired from one that was cleared, where callbacks clear their own timer.
 */
export class TimerEnds {
  readonly #linkOf: (id: number) => TimerLink | undefined;
  readonly #watched = new Map<number, Watched>();
  readonly #wrapped = new WeakSet<NativeHandle>();

  /** @param linkOf The latest timer known under this id. */
  constructor(linkOf: (id: number) => TimerLink | undefined) {
    this.#linkOf = linkOf;
  }

  /** Watches a pending timer from now on. What its callback keeps alive is not kept any longer by it. */
  watch(id: number): void {
    const link = this.#linkOf(id);
    if (link?.handle === undefined || this.#watched.has(id)) return;
    const observer: CallObserver<undefined> = {};
    const watched: Watched = { link: link.asyncId, hasFired: false, observer };
    observer.before = () => {
      watched.hasFired = true;
      return undefined;
    };
    observer.after = () => {
      const next = this.#linkOf(id);
      // It made another one, or refreshed itself.
      const goesOn = next !== undefined && (next.asyncId !== watched.link || Boolean(next.handle?._idleNext));
      if (!goesOn) return;
      watched.link = next.asyncId;
      watched.hasFired = false;
      this.#wrap(next.handle, observer);
    };
    this.#wrap(link.handle, observer);
    this.#watched.set(id, watched);
    forgetOldest(this.#watched, MAX_WATCHED, (key) => {
      this.#forget(key);
    });
  }

  /** `own`: it was cleared, or unreferenced. `nobody`: it fired. `undefined`: not watched. */
  closedBy(id: number): Closer {
    const watched = this.#watched.get(id);
    if (watched === undefined) return undefined;
    return watched.hasFired ? 'nobody' : 'own';
  }

  /** Wrappers that are in a timer still become plain passages. */
  clear(): void {
    for (const id of [...this.#watched.keys()]) this.#forget(id);
  }

  #forget(id: number): void {
    const observer = this.#watched.get(id)?.observer;
    if (observer !== undefined) observer.before = observer.after = undefined;
    this.#watched.delete(id);
  }

  #wrap(timer: NativeHandle | undefined, observer: CallObserver<undefined>): void {
    const callback = timer?._onTimeout;
    if (timer === undefined || typeof callback !== 'function' || this.#wrapped.has(timer)) return;
    if (Reflect.set(timer, '_onTimeout', transparentCall(callback, observer))) this.#wrapped.add(timer);
  }
}
