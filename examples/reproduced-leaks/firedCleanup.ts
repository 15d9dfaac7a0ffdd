import type { Browser, BrowserContext } from '@playwright/test';

/** A visitor's session. `connection` is the visitor's; it aborts when the visitor has gone. */
interface Visit {
  readonly context: BrowserContext;
  readonly url: string;
  readonly connection: AbortController;
}

async function open(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  return { context, url, connection: new AbortController() };
}

async function sayGoodbye({ url, connection }: Visit): Promise<void> {
  const answer = await fetch(`${url}goodbye`, { method: 'POST', signal: connection.signal });
  await answer.arrayBuffer();
}

/**
 * The clean-up is fired and not awaited. The program goes on and takes the connection away, the goodbye fails, nobody hears of it, and
 * the line that closes the context is never reached.
 */
export async function leakyVisit(browser: Browser, url: string): Promise<void> {
  const visit = await open(browser, url);
  const cleanUp = async (): Promise<void> => {
    await sayGoodbye(visit);
    await visit.context.close();
  };
  const onDisconnect = (): void => {
    cleanUp().catch(() => {});
  };
  onDisconnect();
  visit.connection.abort();
}

/** The callback keeps the promise, the program awaits it before it takes anything away, and no step depends on the one before. */
export async function repairedVisit(browser: Browser, url: string): Promise<void> {
  const visit = await open(browser, url);
  let cleanedUp: Promise<unknown> = Promise.resolve();
  const onDisconnect = (): void => {
    cleanedUp = Promise.allSettled([sayGoodbye(visit), visit.context.close()]);
  };
  onDisconnect();
  await cleanedUp;
  visit.connection.abort();
}
