import { withinLimits } from './abort.ts';
import { killGroup, killLeftBehind, killMarked } from './browserProcess.ts';
import type { BrowserLike, BrowserServerLike, BrowserTypeLike } from './browserTypes.ts';
import type { Clock } from './clock.ts';
import type { CreateContext } from './poolOptions.ts';

/** In the environment of every browser process, so that one can be found before Playwright tells its pid. */
const MARK = 'LEAK_BROWSER_POOL';
/** How often a launch that nobody wants any more is looked for, in milliseconds. */
const HUNT_INTERVAL = 100;
/** How long Playwright may take to tidy up after a process that is gone (profile, sockets), in milliseconds. */
const TIDY_TIME = 2_000;

/** A browser with its process: a BrowserServer and the one connection to it. */
export class PooledBrowser<B extends BrowserLike> {
  readonly id: string;
  readonly browser: B;
  readonly pid: number;
  /** Something in it did not answer in time. */
  hung = false;
  /** Whether its descriptors were above the threshold when last looked at. */
  fdsAlerted = false;
  readonly #server: BrowserServerLike;
  readonly #child: ReturnType<BrowserServerLike['process']>;
  readonly #clock: Clock;
  readonly #exited: Promise<void>;
  readonly #tidied: Promise<void>;
  /** Contexts that are closing. To close one a second time resolves at once, long before it is closed. */
  #closing: Promise<void> = Promise.resolve();

  /** @param lost Called when the process ends, or the connection to it, whichever comes first; then perhaps once more. */
  constructor(id: string, browser: B, server: BrowserServerLike, clock: Clock, lost: () => void) {
    const child = server.process();
    this.id = id;
    this.browser = browser;
    this.pid = child.pid ?? 0;
    this.#server = server;
    this.#clock = clock;
    this.#child = child;
    browser.on('disconnected', lost);
    this.#exited = new Promise((resolve) => {
      const onExit = (): void => {
        // The connection may look alive for a while yet, and nobody is to get a browser that is known to be dead.
        lost();
        resolve();
      };
      if (!this.#isRunning()) return onExit();
      child.once('exit', () => {
        // Now or never: its number, which is its group's, will be somebody else's.
        killLeftBehind(this.pid);
        onExit();
      });
    });
    this.#tidied = new Promise((resolve) => {
      server.on('close', resolve);
    });
  }

  /** Closes it the polite way and waits until its process is gone. It takes as long as it takes. */
  async close(): Promise<void> {
    await this.#server.close();
    await this.#gone();
  }

  /** Ends the process with its group, whatever state it is in. */
  async kill(): Promise<void> {
    if (this.#isRunning()) killGroup(this.pid);
    await this.#gone();
    await this.#server.kill();
  }

  /** Closes every context, and with them every page. */
  async closeContexts(): Promise<void> {
    if (this.hung) throw new Error(`${this.id} does not answer`);
    this.#closing = this.#closeAll(this.#closing);
    await this.#closing;
  }

  /** A page opens and closes. */
  async isHealthy(): Promise<boolean> {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    await page.close();
    await context.close();
    return true;
  }

  async #closeAll(earlier: Promise<void>): Promise<void> {
    await Promise.all([earlier, ...this.browser.contexts().map(async (context) => context.close())]);
  }

  #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #gone(): Promise<void> {
    await this.#exited;
    const tidied = withinLimits(this.#tidied, { timeout: TIDY_TIME }, { clock: this.#clock, what: 'Playwright to tidy up' });
    await tidied.catch((error: unknown) => {
      process.emitWarning(`${this.id} left something behind: ${String(error)}`, 'BrowserPoolWarning');
    });
  }
}

/**
 * Starts a browser as a server and connects to it. When the context's signal aborts in between, the process is found by its mark and killed:
 * a launch that hangs gives away no pid.
 */
export async function launchBrowser<B extends BrowserLike>(
  { id, signal, lost }: CreateContext,
  browserType: BrowserTypeLike<B>,
  launchOptions: { readonly env?: unknown },
  clock: Clock,
): Promise<PooledBrowser<B>> {
  const given = typeof launchOptions.env === 'object' && launchOptions.env !== null ? launchOptions.env : process.env;
  let hunt = (): void => {};
  const onAbort = (): void => {
    const timer = clock.setTimeout(onAbort, HUNT_INTERVAL, { keepAlive: true });
    hunt = () => timer.cancel();
    killMarked(MARK, id);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // A signal is the Lifecycle's business: Playwright's own handlers would end the process before anything else is closed.
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    const server = await browserType.launchServer({ ...signals, ...launchOptions, env: { ...given, [MARK]: id } });
    try {
      const browser = await browserType.connect(server.wsEndpoint());
      return new PooledBrowser(id, browser, server, clock, lost);
    } catch (error) {
      await server.kill();
      throw error;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    hunt();
  }
}
