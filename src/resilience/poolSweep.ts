import type { Timer } from './clock.ts';
import type { Entry } from './poolEntry.ts';
import type { ReplaceCause } from './poolEvents.ts';
import type { ResolvedPoolOptions } from './poolOptions.ts';

/** What becomes of a resting resource. Each is off the list of idle ones before it is reported. */
export interface SweepListener<T> {
  onWorn(entry: Entry<T>, cause: ReplaceCause): void;
  onSurplus(entry: Entry<T>): void;
  onCheck(entry: Entry<T>): void;
}

/** Looks after resting resources in the background: one timer, set for when the next of them is due, and none while nothing rests. */
export class Sweep<T> {
  readonly #options: ResolvedPoolOptions<T>;
  readonly #idle: Entry<T>[];
  readonly #listener: SweepListener<T>;
  #timer: Timer | undefined = undefined;

  /** @param idle the pool's own list, of which the sweep takes out what is due */
  constructor(options: ResolvedPoolOptions<T>, idle: Entry<T>[], listener: SweepListener<T>) {
    this.#options = options;
    this.#idle = idle;
    this.#listener = listener;
  }

  /** To be called after a resource was put to rest. Costs nothing while the timer is set. */
  arm(delayMs?: number): void {
    if (this.#timer !== undefined) return;
    const { idleTimeout, maxAge, superviseInterval, clock } = this.#options;
    const wait = delayMs ?? Math.min(idleTimeout, maxAge, superviseInterval);
    if (wait !== Infinity) this.#timer = clock.setTimeout(() => this.#sweep(), wait);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const { idleTimeout, superviseInterval, clock } = this.#options;
    const now = clock.now();
    let next = Infinity;
    const resting = this.#idle.splice(0);
    const due: (() => void)[] = [];
    for (const entry of resting) {
      const cause = entry.worn(now, this.#options);
      const surplusAt = entry.idleSince + idleTimeout;
      const checkAt = entry.usedAt + superviseInterval;
      if (cause !== undefined) due.push(() => this.#listener.onWorn(entry, cause));
      else if (now >= surplusAt) due.push(() => this.#listener.onSurplus(entry));
      else if (now >= checkAt) due.push(() => this.#listener.onCheck(entry));
      else this.#idle.push(entry);
      next = Math.min(next, surplusAt, checkAt, entry.dueAt);
    }
    for (const act of due) act();
    if (this.#idle.length > 0) this.arm(Math.max(next - now, 1));
  }
}
