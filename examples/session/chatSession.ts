import type { Browser, Page } from '@playwright/test';
import { Lifecycle, type BrowserPool, type Clock, type Logger, type ShutdownReport } from 'leak/resilience';

export interface ChatSessionOptions {
  readonly pool: BrowserPool<Browser>;
  /** Where the chat is. */
  readonly url: string;
  /** Keeps what was said; called first when a session that was open ends. */
  readonly save?: (lines: readonly string[]) => unknown;
  /** Milliseconds that ending may take in all. Default 5,000. */
  readonly timeout?: number;
  /** Hears what could not be cleaned up. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * One visitor's chat in a page of its own. Chat frameworks say that a visitor left by calling a function and do not wait for what it
 * returns: {@link ChatSession.onDisconnect} is that function. Whoever calls {@link ChatSession.end} afterwards awaits the same clean-up.
 *
 * @example
 * const session = new ChatSession({ pool, url });
 * framework.on('disconnect', session.onDisconnect);
 * await session.open();
 * await session.ask('hello');
 * await session.end();
 */
export class ChatSession implements AsyncDisposable {
  readonly #options: ChatSessionOptions;
  readonly #resources: Lifecycle;
  readonly #leaving = new AbortController();
  readonly #lines: string[] = [];
  #page: Page | undefined = undefined;
  #opening: Promise<void> | undefined = undefined;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    const { timeout = 5_000, logger, clock } = options;
    this.#resources = new Lifecycle({ timeout, logger, clock });
  }

  /**
   * Opens the page, once.
   *
   * @throws what went wrong, or why the session ended meanwhile; then there is nothing to end
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Says something and waits for the reply. @throws Error where the session is not open, Playwright's where its page is gone */
  async ask(text: string): Promise<string> {
    if (this.#page === undefined) throw new Error('The session is not open');
    const replies = this.#page.getByRole('listitem');
    const earlier = await replies.count();
    await this.#page.getByLabel('Message').fill(text);
    await this.#page.getByRole('button').click();
    const reply = (await replies.nth(earlier).textContent()) ?? '';
    this.#lines.push(text, reply);
    return reply;
  }

  /** For a synchronous callback: begins the clean-up, returns at once, never throws. */
  readonly onDisconnect = (): void => {
    void this.end('disconnected');
  };

  /** Cleans up; at any moment, any number of times, also with nothing to clean up. It never rejects: what failed is in the report. */
  end(reason = 'ended'): Promise<ShutdownReport> {
    this.#leaving.abort(new Error(`The session is over: ${reason}`));
    return this.#resources.shutdown(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #open(): Promise<void> {
    const { pool, url, save } = this.#options;
    const { signal } = this.#leaving;
    signal.throwIfAborted();
    const page = await new Promise<Page>((resolve, reject) => {
      const visit = pool.withPage(
        async (page, held) => {
          await page.goto(url);
          resolve(page);
          // The page is this session's until it ends, or the browser does.
          await aborted(held.signal);
        },
        { signal },
      );
      // Rejecting a promise that was resolved does nothing.
      const left = visit.then(() => {}, reject);
      this.#resources.add('page', async () => left);
    });
    signal.throwIfAborted();
    this.#page = page;
    if (save !== undefined) this.#resources.add('transcript', async () => save(this.#lines));
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
