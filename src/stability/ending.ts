import type { RunClock } from './rounds.ts';

/** Milliseconds that running iterations have to come to an end, so that `leak soak` still gets a last reading before it interrupts. */
const GRACE_MS = 3000;

/** The same once the run is abandoned. */
const SHORT_GRACE_MS = 1000;

const NOTHING = (): void => undefined;

/** Why and how a run ends before its time. Until somebody ends it, it says nothing. */
export class Ending {
  /** Resolves when the run is abandoned. */
  readonly abandoned: Promise<void>;
  readonly #clock: RunClock;
  readonly #controller = new AbortController();
  #isAbandoned = false;
  #tell: () => void = NOTHING;
  #reason: string | null = null;
  /** Lets the iterations that are waited for take so many milliseconds more. */
  #limit: (ms: number) => void = NOTHING;

  constructor(clock: RunClock) {
    this.#clock = clock;
    this.abandoned = new Promise((resolve) => (this.#tell = resolve));
  }

  /** What the iterations are given: aborted when the run ends before its time. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** One sentence; `null`: nobody has ended it. */
  get reason(): string | null {
    return this.#reason;
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Ends it for this reason, unless it ends already. It may still be measured. */
  begin(reason: string): void {
    if (this.#reason === null) this.#end(reason, GRACE_MS);
  }

  /** Ends it at once: what its iterations work with is about to be closed. */
  abandon(reason: string): void {
    this.#end(reason, SHORT_GRACE_MS);
    this.#isAbandoned = true;
    this.#tell();
  }

  /** Waits for iterations, and when the run ends meanwhile only as long as those may take that are running. */
  async waitFor(iterate: () => Promise<void>): Promise<void> {
    const cancels: (() => void)[] = [];
    const over = new Promise<void>((resolve) => {
      this.#limit = (ms) => cancels.push(this.#clock.after(ms, resolve));
    });
    try {
      // An iteration that never ends must not hold the verdict back; one that heeds its signal may clean up.
      await Promise.race([iterate(), over]);
    } finally {
      this.#limit = NOTHING;
      for (const cancel of cancels) cancel();
    }
  }

  /** Notes that so many iterations have not ended. */
  leave(hung: number): void {
    this.#reason = `${this.#reason ?? 'given up'}; ${String(hung)} ${hung === 1 ? 'iteration has' : 'iterations have'} not ended`;
  }

  #end(reason: string, graceMs: number): void {
    this.#reason ??= reason;
    this.#limit(graceMs);
    this.#controller.abort(new Error(this.#reason));
  }
}
