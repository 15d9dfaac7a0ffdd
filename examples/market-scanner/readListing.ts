import type { Page } from '@playwright/test';
import { MarketplaceError } from './errors.ts';

export interface Offer {
  readonly title: string;
  readonly price: number;
}

/** What a marketplace offers at this moment. */
export interface Listing {
  readonly url: string;
  readonly name: string;
  readonly offers: readonly Offer[];
}

/**
 * Opens a marketplace and reads its offers. It sets no time limit of its own: who calls it closes the page when it takes too long.
 *
 * @throws MarketplaceError for an answer that is none
 */
export async function readListing(page: Page, url: string): Promise<Listing> {
  const response = await page.goto(url, { timeout: 0 });
  if (response !== null && !response.ok()) {
    const status = response.status();
    throw new MarketplaceError(url, 'status', `${url} answered with ${status}`, { transient: status >= 500 });
  }
  const offers = await page.locator('[data-price]').evaluateAll((items) =>
    items.map((item) => ({
      title: item.textContent?.trim() ?? '',
      price: Number(item.getAttribute('data-price')),
    })),
  );
  return { url, name: await page.title(), offers };
}
