import { AsyncResource } from 'node:async_hooks';
import type { Clock, Timer } from '../../../src/resilience/clock.ts';

interface Pending extends Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test lets it go on. */
export class FakeTime implements Clock {
  readonly #pending = new Set<Pending>();
  #now = 1_000;

  /** How many timers are running. */
  get timers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const cancel = (): void => {
      this.#pending.delete(timer);
    };
    // As real timers do, they run in the async context in which they were set.
    const timer: Pending = { at: this.#now + delayMs, callback: AsyncResource.bind(callback), cancel, [Symbol.dispose]: cancel };
    this.#pending.add(timer);
    return timer;
  }

  /** Lets `ms` pass in which nothing is called, as when a program computes. */
  block(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass; what is due is called in its order, and promises get to run in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await microtasks();
    for (;;) {
      const [next] = [...this.#pending].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#now = next.at;
      next.callback();
      await microtasks();
    }
    this.#now = end;
  }
}

/** Its timers come a little early, as Node's do. */
export class EarlyTime extends FakeTime {
  override setTimeout(callback: () => void, delayMs: number): Timer {
    return super.setTimeout(callback, Math.max(delayMs - 1, Math.min(delayMs, 1)));
  }
}

/** Lets everything that waits for promises only come to its end. */
export async function microtasks(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
