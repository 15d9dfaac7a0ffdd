import type { Browser, BrowserType, LaunchOptions } from '@playwright/test';
import { BrowserPool } from 'leak/resilience';

/** Launches a browser for each task, closes the page, and forgets the browser. */
export async function leakyTask(browserType: BrowserType, launchOptions: LaunchOptions, url: string): Promise<string> {
  const browser = await browserType.launch(launchOptions);
  const page = await browser.newPage();
  await page.goto(url);
  const title = await page.title();
  await page.close();
  return title;
}

/** The tasks share a few browsers that belong to a pool, and are closed with it. */
export class Tasks implements AsyncDisposable {
  readonly #pool: BrowserPool<Browser>;
  readonly #url: string;

  constructor(browserType: BrowserType, launchOptions: LaunchOptions, url: string) {
    this.#pool = new BrowserPool({ browserType, launchOptions, max: 1 });
    this.#url = url;
  }

  async run(): Promise<string> {
    return this.#pool.withPage(async (page) => {
      await page.goto(this.#url);
      return page.title();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }
}
