import { messageOf } from '../core/messageOf.ts';
import { createInjection, type Injection } from './injection.ts';
import type { RunPlan } from './runPlan.ts';

/** What an iteration is given. */
export interface Round {
  /** From 0 on; warm-up iterations have numbers of their own, which are negative: -50 … -1. */
  readonly iteration: number;
  /**
   * This iteration's own: aborted when its time is over, or the run is given up or stopped while it runs. Once the run ends, what the
   * iteration throws is no error of the scenario; it has three seconds to clean up.
   */
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
  /** Aborted when the run ends before its time. */
  readonly signal: AbortSignal;
  /** Moves the pages' clocks on, after each iteration and outside of its latency. What it throws is the iteration's error. */
  readonly moveClocks?: (() => Promise<void>) | undefined;
  onOutcome(outcome: Outcome): void;
}

/** Milliseconds that the clocks may take when iterations have no limit: a page that hangs is no reason to wait for ever. */
const CLOCKS_TIMEOUT_MS = 30_000;

/**
 * An iteration that runs. Its signal is made when it is asked for: the garbage of a controller for each iteration makes the heap seem to
 * grow, and each such suspicion costs a collection.
 */
class RunningRound implements Round {
  readonly iteration: number;
  readonly inject: Injection;
  #controller: AbortController | null = null;

  constructor(iteration: number, inject: Injection) {
    this.iteration = iteration;
    this.inject = inject;
  }

  get signal(): AbortSignal {
    return this.#own().signal;
  }

  abort(reason: unknown): void {
    this.#own().abort(reason);
  }

  #own(): AbortController {
    return (this.#controller ??= new AbortController());
  }
}

/** Where one iteration runs after the other. */
interface Lane {
  round: RunningRound | null;
}

/** Runs iterations, up to `concurrency` at a time, with nothing between two of them but what an iteration needs. */
export class Rounds {
  readonly #parts: RoundsParts;
  /** What ends the time limits that run. */
  readonly #limits = new Set<() => void>();
  #running = 0;
  #hasBrokenOff = false;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Iterations that have begun and not ended: more than none after a stop means that some never end. */
  get running(): number {
    return this.#running;
  }

  /** Whether an iteration runs, or was ended by the abort: what is open now may be what it had no chance to close. */
  get hasBrokenOff(): boolean {
    return this.#running > 0 || this.#hasBrokenOff;
  }

  /** Begins iterations while `next` gives their numbers; resolves when it has given `null` and all have ended. */
  async run(next: () => number | null): Promise<void> {
    const { plan, signal } = this.#parts;
    const lanes = Array.from({ length: plan.concurrency }, (): Lane => ({ round: null }));
    // One listener for all: a signal that outlives the iterations must not gather what each of them leaves on it.
    const abort = (): void => {
      for (const { round } of lanes) round?.abort(signal.reason);
    };
    const fill = async (lane: Lane): Promise<void> => {
      for (let iteration = next(); iteration !== null; iteration = next()) await this.#round(iteration, lane);
    };
    signal.addEventListener('abort', abort);
    try {
      await Promise.all(lanes.map(fill));
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Leaves those that have not ended to themselves: nothing of theirs is waited for, and no timer of theirs is kept.
   *
   * @returns How many they are.
   */
  leave(): number {
    for (const cancel of this.#limits) cancel();
    this.#limits.clear();
    return this.#running;
  }

  async #round(iteration: number, lane: Lane): Promise<void> {
    const { signal, moveClocks, onOutcome } = this.#parts;
    this.#running += 1;
    let outcome = await this.#perform(iteration, lane);
    if (moveClocks !== undefined && !signal.aborted) outcome = await this.#withClocks(moveClocks, outcome);
    this.#running -= 1;
    // Once the run ends, what its iterations throw is the doing of the abort.
    if (outcome.ok || !signal.aborted) onOutcome(outcome);
    else this.#hasBrokenOff = true;
  }

  async #perform(iteration: number, lane: Lane): Promise<Outcome> {
    const { body, plan, clock } = this.#parts;
    let injected = false;
    const round = new RunningRound(
      iteration,
      createInjection(plan.errorRate, plan.seed, iteration, () => (injected = true)),
    );
    lane.round = round;
    const started = clock.now();
    try {
      if (plan.iterationTimeoutMs === 0) await body(round);
      else {
        const onTimeout = (error: Error): void => {
          round.abort(error);
        };
        await this.#within(plan.iterationTimeoutMs, 'the iteration', () => body(round), onTimeout);
      }
      return { ok: true, ms: clock.now() - started };
    } catch (error) {
      return { ok: false, ms: clock.now() - started, error, injected };
    } finally {
      lane.round = null;
    }
  }

  /** What becomes of an iteration's outcome by the pages' timers. */
  async #withClocks(moveClocks: () => Promise<void>, outcome: Outcome): Promise<Outcome> {
    const { plan, signal } = this.#parts;
    try {
      await this.#within(plan.iterationTimeoutMs || CLOCKS_TIMEOUT_MS, 'moving it on', moveClocks);
      return outcome;
    } catch (cause) {
      if (!outcome.ok || signal.aborted) return outcome;
      const error = new Error(`the pages’ clock, after the iteration: ${messageOf(cause)}`, { cause });
      return { ok: false, ms: outcome.ms, error, injected: false };
    }
  }

  /** Leaves what takes too long to itself: what becomes of it is not waited for. */
  async #within(limitMs: number, what: string, begin: () => unknown, onTimeout?: (error: Error) => void): Promise<void> {
    let cancel = (): void => undefined;
    try {
      const timeout = new Promise<never>((_, reject) => {
        cancel = this.#parts.clock.after(limitMs, () => {
          const error = new Error(`${what} did not end within ${String(limitMs)} ms`);
          onTimeout?.(error);
          reject(error);
        });
        this.#limits.add(cancel);
      });
      await Promise.race([Promise.resolve(begin()), timeout]);
    } finally {
      cancel();
      this.#limits.delete(cancel);
    }
  }
}
