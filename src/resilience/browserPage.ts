import { abortReason, isAborted, TimeoutError, withinLimits, type WaitOptions } from './abort.ts';
import type { BrowserLike, ContextLike, ContextOf, ContextOptionsOf, PageOf } from './browserTypes.ts';
import type { Clock } from './clock.ts';
import type { PooledBrowser } from './pooledBrowser.ts';

/** What the work on a page gets beside the page. */
export interface PageWork<B extends BrowserLike> {
  readonly browser: B;
  readonly context: ContextOf<B>;
  /** Aborts with the caller's signal, when the browser dies, and when a shutdown runs out of patience. */
  readonly signal: AbortSignal;
}

export interface PageLimits<B extends BrowserLike> {
  readonly contextOptions: ContextOptionsOf<B> | undefined;
  readonly signal: AbortSignal;
  readonly openTimeout: number;
  readonly closeTimeout: number;
  readonly clock: Clock;
  readonly onClosed: (durationMs: number) => void;
}

/**
 * Opens a context and a page for one operation and closes them again, page first, whatever happens. A browser in which either takes too
 * long is marked as hung, so that it is replaced and its slot is not lost.
 */
export async function onPage<B extends BrowserLike, R>(
  pooled: PooledBrowser<B>,
  work: (page: PageOf<B>, extra: PageWork<B>) => R | PromiseLike<R>,
  limits: PageLimits<B>,
): Promise<Awaited<R>> {
  const { contextOptions, signal, openTimeout, closeTimeout, clock, onClosed } = limits;
  const answers = async <V>(promise: Promise<V>, what: string, wait: WaitOptions): Promise<V> => {
    try {
      return await withinLimits(promise, wait, { clock, what });
    } catch (error) {
      if (error instanceof TimeoutError && !isAborted(wait.signal)) pooled.hung = true;
      throw error;
    }
  };
  const context = await answers(pooled.browser.newContext(contextOptions), 'a browser context', { timeout: openTimeout });
  let page: PageOf<B> | undefined;
  try {
    if (signal.aborted) throw abortReason(signal);
    // On abort the context is closed, and Playwright then leaves a page that is being opened in it pending for ever. (Its types and this
    // folder's description of them agree on what `newContext` and `newPage` return.)
    page = (await answers(context.newPage(), 'a page', { timeout: openTimeout, signal })) as PageOf<B>;
    return await work(page, { browser: pooled.browser, context: context as ContextOf<B>, signal });
  } finally {
    const begun = clock.now();
    await closeBoth(page, context, async (closing, what) => answers(closing, what, { timeout: closeTimeout }));
    onClosed(clock.now() - begun);
  }
}

/** What fails to close is left to the browser's clean-up between two holders, which knows what to do with it. */
async function closeBoth(
  page: { close(): Promise<void> } | undefined,
  context: ContextLike,
  answers: (closing: Promise<void>, what: string) => Promise<void>,
): Promise<void> {
  if (page !== undefined) await Promise.allSettled([answers(page.close(), 'the page to close')]);
  await Promise.allSettled([answers(context.close(), 'the context to close')]);
}
