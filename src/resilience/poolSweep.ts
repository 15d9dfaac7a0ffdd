import { detached, type Clock, type Timer } from './clock.ts';
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
  readonly #clock: Clock;
  #timer: Timer | undefined = undefined;
  #firesAt = Infinity;

  /** @param idle the pool's own list, of which the sweep takes out what is due */
  constructor(options: ResolvedPoolOptions<T>, idle: Entry<T>[], listener: SweepListener<T>) {
    this.#options = options;
    this.#idle = idle;
    this.#listener = listener;
    this.#clock = detached(options.clock);
  }

  /** To be called after this resource was put to rest. Costs next to nothing unless it is due before the others. */
  arm(entry: Entry<T>): void {
    const dueAt = this.#dueAt(entry);
    if (dueAt < this.#firesAt) this.#set(dueAt);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  /** When something is to be done about a resource, if it goes on resting. */
  #dueAt({ idleSince, usedAt, dueAt }: Entry<T>): number {
    const { idleTimeout, superviseInterval } = this.#options;
    return Math.min(idleSince + idleTimeout, usedAt + superviseInterval, dueAt);
  }

  #set(dueAt: number): void {
    this.stop();
    this.#firesAt = dueAt;
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.max(dueAt - this.#clock.now(), 1));
  }

  #sweep(): void {
    this.stop();
    const { idleTimeout, superviseInterval } = this.#options;
    const now = this.#clock.now();
    const resting = this.#idle.splice(0);
    const due: (() => void)[] = [];
    for (const entry of resting) {
      const cause = entry.worn(now, this.#options);
      if (cause !== undefined) due.push(() => this.#listener.onWorn(entry, cause));
      else if (now >= entry.idleSince + idleTimeout) due.push(() => this.#listener.onSurplus(entry));
      else if (now >= entry.usedAt + superviseInterval) due.push(() => this.#listener.onCheck(entry));
      else this.#idle.push(entry);
    }
    for (const act of due) act();
    for (const entry of this.#idle) this.arm(entry);
  }
}
