import { constants } from 'node:os';
import { callable, milliseconds, shown } from './checks.ts';
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
 * @throws TypeError or RangeError for a wrong option, signals that nobody can listen to among them; then nothing listens
 */
export function listenForSignals(target: Stoppable, clock: Clock, options: SignalOptions = {}): Disposable {
  const { signals = ['SIGTERM', 'SIGINT'], exit = exitProcess } = options;
  checkSignals(signals);
  callable('exit', exit);
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
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  for (const signal of signals) {
    try {
      process.on(signal, onSignal);
    } catch (cause) {
      stop();
      throw new TypeError(`signals must be signals that a process can listen to, got ${shown(signal)}`, { cause });
    }
  }
  return { [Symbol.dispose]: stop };
}

function checkSignals(signals: unknown): void {
  if (!Array.isArray(signals)) throw new TypeError(`signals must be an array of signals, got ${shown(signals)}`);
  for (const signal of signals as readonly unknown[]) {
    if (typeof signal !== 'string' || !Object.hasOwn(constants.signals, signal)) {
      throw new TypeError(`signals must be signals of this system, got ${shown(signal)}`);
    }
  }
}

function exitProcess(code: number): void {
  process.exit(code);
}
