import type { Clock, Timer } from 'leak/resilience';

interface Pending {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock for tests: its time passes when it is told to. */
export class ManualClock implements Clock {
  readonly #pending = new Set<Pending>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = { dueAt: this.#now + delayMs, callback };
    this.#pending.add(timer);
    const cancel = (): void => void this.#pending.delete(timer);
    return { cancel, [Symbol.dispose]: cancel };
  }

  /** Lets so many milliseconds pass: what is due by then is called. */
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of this.#pending) {
      if (timer.dueAt > this.#now) continue;
      this.#pending.delete(timer);
      timer.callback();
    }
  }
}
