import { constants } from 'node:os';
import { milliseconds } from './checks.ts';
import type { Clock } from './clock.ts';

/** See {@link listenForSignals}. */
export interface SignalOptions {
  /** SIGTERM and SIGINT by default. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
  /**
   * Milliseconds within which a further signal is the same one delivered twice: a terminal sends SIGINT to the whole group, and `npx`
   * passes on what it got. 250 by default.
   */
  readonly duplicateWindow?: number | undefined;
  /** Ends the process, with 128 + the signal's number as shells have it; `process.exit` by default. */
  readonly exit?: ((code: number) => void) | undefined;
}

/** What a signal ends. */
export interface Stoppable {
  shutdown(reason: string): Promise<unknown>;
  force(reason: string): Promise<unknown>;
}

/**
 * On the first signal shuts down and then ends the process; on a second one that is meant, forces the shutdown, waits for what that
 * takes (within a second), and ends the process. The same signal delivered twice within milliseconds counts once.
 *
 * @returns What takes the listeners away again.
 */
export function listenForSignals(target: Stoppable, clock: Clock, options: SignalOptions = {}): Disposable {
  const { signals = ['SIGTERM', 'SIGINT'], exit = exitProcess } = options;
  const duplicateWindow = milliseconds('duplicateWindow', options.duplicateWindow ?? 250);
  let firstAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = clock.now();
    if (firstAt !== undefined && now - firstAt < duplicateWindow) return;
    if (firstAt !== undefined) {
      // Its end is the shutdown's, which is awaited below.
      void target.force(signal).catch(() => {});
      return;
    }
    firstAt = now;
    const end = (): void => {
      exit(128 + constants.signals[signal]);
    };
    void target.shutdown(signal).then(end, end);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}

function exitProcess(code: number): void {
  process.exit(code);
}
