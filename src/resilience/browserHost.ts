import { withinLimits } from './abort.ts';
import { killGroup, killLeftBehind } from './browserProcess.ts';
import type { BrowserServerLike } from './browserTypes.ts';
import type { Clock } from './clock.ts';

/** How long Playwright may take to tidy up after a process that is gone (profile, sockets), in milliseconds. */
const TIDY_TIME = 2_000;

/**
 * A browser's process and the server in front of it, until nothing is left of either. To be made in the turn in which the server is
 * there: both may end before anybody has connected, and say so only once.
 */
export class BrowserHost {
  readonly id: string;
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  readonly #server: BrowserServerLike;
  readonly #child: ReturnType<BrowserServerLike['process']>;
  readonly #clock: Clock;
  readonly #tidied: Promise<void>;

  constructor(id: string, server: BrowserServerLike, clock: Clock) {
    this.id = id;
    this.#server = server;
    this.#child = server.process();
    this.#clock = clock;
    this.pid = this.#child.pid ?? 0;
    this.#tidied = new Promise((resolve) => {
      server.on('close', resolve);
    });
    this.exited = new Promise((resolve) => {
      if (!this.isRunning) return resolve();
      this.#child.once('exit', () => {
        // Now or never: its number, which is its group's, will be somebody else's.
        killLeftBehind(this.pid);
        resolve();
      });
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Closes the browser the polite way and waits until its process is gone. It takes as long as it takes. */
  async close(): Promise<void> {
    await this.#server.close();
    await this.#gone();
  }

  /** Ends the process with its group, whatever state it is in. */
  async kill(): Promise<void> {
    if (this.isRunning) killGroup(this.pid);
    await this.#gone();
    await this.#server.kill();
  }

  async #gone(): Promise<void> {
    await this.exited;
    const tidied = withinLimits(this.#tidied, { timeout: TIDY_TIME }, { clock: this.#clock, what: 'Playwright to tidy up' });
    await tidied.catch((error: unknown) => {
      process.emitWarning(`${this.id} left something behind: ${String(error)}`, 'BrowserPoolWarning');
    });
  }
}
