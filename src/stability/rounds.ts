import { createInjection, type Injection } from './injection.ts';
import type { RunPlan } from './runPlan.ts';

/** What an iteration is given. */
export interface Round {
  /** From 0 on; warm-up iterations have numbers of their own, which are negative: -50 … -1. */
  readonly iteration: number;
  /** Aborted when the run is given up or the iteration's time is over. */
  readonly signal: AbortSignal;
  readonly inject: Injection;
}

export type Body = (round: Round) => unknown;

/** Time as the runner needs it; passed in so that tests decide how it passes. */
export interface RunClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back after `ms` milliseconds, unless what it returns is called before. */
  after(ms: number, callback: () => void): () => void;
}

/** How an iteration ended. */
export type Outcome =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly ms: number; readonly error: unknown; readonly injected: boolean };

export interface RoundsParts {
  readonly body: Body;
  readonly plan: RunPlan;
  readonly clock: RunClock;
  /** Aborted when the run is given up. */
  readonly signal: AbortSignal;
  /** Runs after each iteration, outside of its latency. */
  readonly afterEach?: (() => Promise<void>) | undefined;
  onOutcome(outcome: Outcome): void;
}

/** Runs iterations, up to `concurrency` at a time, with nothing between two of them but what an iteration needs. */
export class Rounds {
  readonly #parts: RoundsParts;
  #running = 0;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Iterations that have begun and not ended: more than none after a stop means that some never end. */
  get running(): number {
    return this.#running;
  }

  /** Begins iterations while `next` gives their numbers; resolves when it has given `null` and all have ended. */
  async run(next: () => number | null): Promise<void> {
    const lane = async (): Promise<void> => {
      for (let iteration = next(); iteration !== null; iteration = next()) await this.#round(iteration);
    };
    await Promise.all(Array.from({ length: this.#parts.plan.concurrency }, lane));
  }

  async #round(iteration: number): Promise<void> {
    const { body, plan, clock, signal, afterEach, onOutcome } = this.#parts;
    let injected = false;
    const inject = createInjection(plan.errorRate, plan.seed, iteration, () => (injected = true));
    const started = clock.now();
    this.#running += 1;
    try {
      if (plan.iterationTimeoutMs === 0) await body({ iteration, signal, inject });
      else await this.#timed(iteration, inject);
      onOutcome({ ok: true, ms: clock.now() - started });
    } catch (error) {
      // After the run was given up, what its iterations throw is the doing of the abort.
      if (!signal.aborted) onOutcome({ ok: false, ms: clock.now() - started, error, injected });
    } finally {
      this.#running -= 1;
    }
    if (afterEach !== undefined && !signal.aborted) await afterEach();
  }

  /** Leaves an iteration that takes too long to itself: its signal is aborted, and what becomes of it is not waited for. */
  async #timed(iteration: number, inject: Injection): Promise<void> {
    const { body, plan, clock, signal } = this.#parts;
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    let cancel = (): void => undefined;
    try {
      const timeout = new Promise<never>((_, reject) => {
        cancel = clock.after(plan.iterationTimeoutMs, () => {
          const error = new Error(`the iteration did not end within ${String(plan.iterationTimeoutMs)} ms`);
          controller.abort(error);
          reject(error);
        });
      });
      await Promise.race([Promise.resolve(body({ iteration, signal: controller.signal, inject })), timeout]);
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
    }
  }
}
