import type { Browser, Page } from '@playwright/test';

/** Searches in one page for ever. The site keeps every result, and each search adds a listener to the page: both stay. */
export class LeakyScanner {
  readonly #page: Page;
  #requests = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  static async open(browser: Browser, url: string): Promise<LeakyScanner> {
    const page = await browser.newPage();
    await page.goto(url);
    return new LeakyScanner(page);
  }

  async scan(): Promise<string> {
    this.#page.on('request', () => (this.#requests += 1));
    await this.#page.getByRole('button').click();
    return this.#page.getByRole('list').last().innerText();
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}

/** A page for each search: what the site keeps, and what listens, goes with it. */
export class Scanner {
  readonly #browser: Browser;
  readonly #url: string;

  constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  async scan(): Promise<string> {
    const context = await this.#browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(this.#url);
      await page.getByRole('button').click();
      return await page.getByRole('list').innerText();
    } finally {
      await context.close();
    }
  }
}
