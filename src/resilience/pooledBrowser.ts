import { BrowserHost } from './browserHost.ts';
import { killMarked } from './browserProcess.ts';
import type { BrowserLike, BrowserTypeLike } from './browserTypes.ts';
import type { Clock } from './clock.ts';
import type { CreateContext } from './poolOptions.ts';

/** In the environment of every browser process, so that one can be found before Playwright tells its pid. */
const MARK = 'LEAK_BROWSER_POOL';
/** How often a launch that nobody wants any more is looked for, in milliseconds. */
const HUNT_INTERVAL = 100;

const LAUNCH = {
  // A signal is the Lifecycle's business: Playwright's own handlers would end the process before anything else is closed.
  handleSIGINT: false,
  handleSIGTERM: false,
  handleSIGHUP: false,
  // For "localhost" a resolver is asked, and a browser that dies meanwhile leaves Playwright with a server that nothing closes.
  host: '127.0.0.1',
};

/** A browser with its process: a BrowserServer and the one connection to it. */
export class PooledBrowser<B extends BrowserLike> {
  readonly browser: B;
  /** Something in it did not answer in time. */
  hung = false;
  /** Whether its descriptors were above the threshold when last looked at. */
  fdsAlerted = false;
  readonly #host: BrowserHost;
  /** Whether its holder was told to stop, and may have begun to open what is not there yet. */
  #interrupted = false;
  /** Contexts that are closing. To close one a second time resolves at once, long before it is closed. */
  #closing: Promise<void> = Promise.resolve();

  /** @param lost Called when the process ends, or the connection to it, whichever comes first; then perhaps once more. */
  constructor(browser: B, host: BrowserHost, lost: () => void) {
    this.browser = browser;
    this.#host = host;
    browser.on('disconnected', lost);
    // The connection may look alive for a while yet, and nobody is to get a browser that is known to be dead.
    if (host.isRunning) void host.exited.then(lost);
    else lost();
  }

  get id(): string {
    return this.#host.id;
  }

  get pid(): number {
    return this.#host.pid;
  }

  /** Closes it the polite way and waits until its process is gone. It takes as long as it takes. */
  async close(): Promise<void> {
    await this.#host.close();
  }

  /** Ends the process with its group, whatever state it is in. */
  async kill(): Promise<void> {
    await this.#host.kill();
  }

  /** Closes every context, and with them every page. */
  async closeContexts(): Promise<void> {
    if (this.hung) throw new Error(`${this.id} does not answer`);
    this.#closing = this.#closeAll(this.#closing);
    await this.#closing;
  }

  /** Makes the work of a holder who is to stop fail soon. What cannot be closed now is found again by {@link tidy}. */
  interrupt(): void {
    this.#interrupted = true;
    this.closeContexts().catch(() => {});
  }

  /** Leaves nothing open for the next holder, also not what the last one asked for and never saw. */
  async tidy(): Promise<void> {
    if (!this.#interrupted) return this.closeContexts();
    this.#interrupted = false;
    await this.isHealthy();
  }

  /** A page opens and closes, and with it whatever a former holder has left: what was asked for earlier is there by then. */
  async isHealthy(): Promise<boolean> {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    await page.close();
    await this.closeContexts();
    return true;
  }

  async #closeAll(earlier: Promise<void>): Promise<void> {
    await Promise.all([earlier, ...this.browser.contexts().map(async (context) => context.close())]);
  }
}

/**
 * Starts a browser as a server and connects to it. When the context's signal aborts in between, the process is found by its mark and killed:
 * a launch that hangs gives away no pid.
 *
 * @param onKilled Called with the pid of a browser that was killed so, once.
 */
export async function launchBrowser<B extends BrowserLike>(
  { id, signal, lost }: CreateContext,
  browserType: BrowserTypeLike<B>,
  launchOptions: { readonly env?: unknown },
  clock: Clock,
  onKilled: (pid: number) => void,
): Promise<PooledBrowser<B>> {
  const given = typeof launchOptions.env === 'object' && launchOptions.env !== null ? launchOptions.env : process.env;
  let hunt = (): void => {};
  let killed = false;
  const onAbort = (): void => {
    const timer = clock.setTimeout(onAbort, HUNT_INTERVAL, { keepAlive: true });
    hunt = () => timer.cancel();
    const [pid] = killMarked(MARK, id);
    if (pid === undefined || killed) return;
    killed = true;
    onKilled(pid);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const server = await browserType.launchServer({ ...LAUNCH, ...launchOptions, env: { ...given, [MARK]: id } });
    const host = new BrowserHost(id, server, clock);
    try {
      const browser = await browserType.connect(server.wsEndpoint());
      return new PooledBrowser(browser, host, lost);
    } catch (error) {
      await host.kill();
      throw error;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    hunt();
  }
}
