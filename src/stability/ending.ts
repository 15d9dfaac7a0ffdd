import type { RunClock } from './rounds.ts';

/** Milliseconds that running iterations have to come to an end once the run is abandoned. */
const GRACE_MS = 1000;

/** Why and how a run ends before its time. Until somebody ends it, it says nothing. */
export class Ending {
  readonly #clock: RunClock;
  readonly #controller = new AbortController();
  readonly #abandoned: Promise<void>;
  #reason: string | null = null;

  constructor(clock: RunClock) {
    this.#clock = clock;
    this.#abandoned = new Promise((resolve) => {
      this.#controller.signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  /** What the iterations are given. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** One sentence; `null`: nobody has ended it. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Ends it for this reason, unless it ends already. */
  begin(reason: string): void {
    this.#reason ??= reason;
  }

  /** Ends it at once: what its iterations work with is about to be closed. */
  abandon(reason: string): void {
    this.begin(reason);
    this.#controller.abort(new Error(reason));
  }

  /** Waits for the run, and no longer than iterations may take that have begun when it is abandoned. */
  async waitFor(run: Promise<void>, running: () => number): Promise<void> {
    // An iteration that never ends must not hold the verdict back; one that heeds its signal may clean up.
    await Promise.race([run, this.#abandoned]);
    if (running() === 0) return;
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => (cancel = this.#clock.after(GRACE_MS, resolve)));
    await Promise.race([run, over]);
    cancel();
  }

  /** Notes that so many iterations have not ended. */
  leave(hung: number): void {
    this.#reason = `${this.#reason ?? 'given up'}; ${String(hung)} ${hung === 1 ? 'iteration has' : 'iterations have'} not ended`;
  }
}
