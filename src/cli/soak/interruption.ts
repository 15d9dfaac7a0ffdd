import { constants } from 'node:os';

/** What a signal does to the run, in the order in which it is tried. */
export interface Interruptible {
  /** Asks the scenarios to come to their end. `false`: they cannot be asked. */
  requestStop(signal: NodeJS.Signals): boolean;
  /** Whether there are scenarios and all have, so that their tests and the report only need time. */
  hasStopped(): boolean;
  /** Asks Playwright to stop its tests. */
  interrupt(): void;
  /** Ends everything. */
  kill(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `npx` passes on the signal that the terminal has sent to the whole group already. */
const ECHO_MS = 500;

/** The scenarios take their last sample, and the reporter its time; a run must have ended, with its report, within ten seconds. */
const INTERRUPT_MS = 4_000;
/** What is still not over has other tests to run, or a long teardown. */
const INTERRUPT_ANYWAY_MS = 6_000;
const KILL_MS = 8_500;

/**
 * Ends a run on a signal: the scenarios are asked to stop, then Playwright is, once, then all is killed. Playwright is asked at once when
 * the scenarios cannot be. A second signal kills at once; the same one within half a second is an echo.
 */
export class Interruption implements Disposable {
  readonly #target: Interruptible;
  readonly #timers: NodeJS.Timeout[] = [];
  #first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  #second: NodeJS.Signals | undefined;
  #interrupted = false;
  #killing: Promise<void> | undefined;

  constructor(target: Interruptible) {
    this.#target = target;
  }

  listen(): void {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** The signal that ends the run. */
  get signal(): NodeJS.Signals | undefined {
    return this.#first?.signal;
  }

  /** Whether the run did not end by itself and was killed. */
  get wasKilled(): boolean {
    return this.#killing !== undefined;
  }

  /** 128 and the number of the second signal, as shells have it; `undefined` when there was none. */
  get exitCode(): number | undefined {
    return this.#second === undefined ? undefined : 128 + constants.signals[this.#second];
  }

  /** Resolves when a kill that has begun is done. */
  async settled(): Promise<void> {
    await this.#killing;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const at = performance.now();
    if (this.#first === undefined) {
      this.#first = { signal, at };
      this.#stop(signal);
    } else if (at - this.#first.at >= ECHO_MS) {
      this.#second ??= signal;
      this.#kill();
    }
  };

  #stop(signal: NodeJS.Signals): void {
    const target = this.#target;
    if (!target.requestStop(signal)) this.#interrupt();
    this.#timers.push(
      setTimeout(() => {
        if (!target.hasStopped()) this.#interrupt();
      }, INTERRUPT_MS),
      setTimeout(() => {
        this.#interrupt();
      }, INTERRUPT_ANYWAY_MS),
      setTimeout(() => {
        this.#kill();
      }, KILL_MS),
    );
  }

  /** A second one could end Playwright while it reports. */
  #interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    this.#target.interrupt();
  }

  #kill(): void {
    this.#killing ??= this.#target.kill();
  }
}
