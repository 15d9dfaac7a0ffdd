import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type LaunchOptions, type Page } from '@playwright/test';
import { expect, it } from 'vitest';
import { readPageCode } from '../../src/assets/pageCode.ts';
import { renderHtml } from '../../src/render/html.ts';
import { launchOptions } from '../e2e/runPlaywright.ts';
import { largeReport } from '../unit/render/sampleReports.ts';

const ROUNDS = 7;
const SOURCE = Array.from({ length: 300 }, (_, index) => `  const fd = fs.openSync(name, 'r'); // line ${index + 1}`);
const QUERIES = ['orders', 'customer 77', 'export-4', 'handle', 'area-3 firefox', 'nothing like it'];

/** From the start of the navigation until the page's last frame is drawn and it takes input: the first idle moment after both. */
async function timeToInteractive(page: Page, url: string): Promise<number> {
  await page.goto(url);
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        requestAnimationFrame(() => requestIdleCallback(() => resolve(performance.now())));
      }),
  );
}

/** From the keystroke until the frame with the result is drawn. */
async function timeToSearch(page: Page, query: string): Promise<number> {
  return page.getByRole('searchbox').evaluate(
    (input: HTMLInputElement, text) =>
      new Promise<number>((resolve) => {
        const started = performance.now();
        input.value = text;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve(performance.now() - started);
          channel.port2.postMessage(null);
        });
      }),
    query,
  );
}

/** Scrolls the page and the first list of tests through, and returns the longest time between two frames. */
async function longestFrame(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const rows = document.querySelector('.worker > details');
    if (rows instanceof HTMLDetailsElement) rows.open = true;
    await frame();
    const list = document.querySelector('.rows');
    let longest = 0;
    let before = await frame();
    for (let step = 0; step < 120; step += 1) {
      if (step < 60) scrollBy(0, 400);
      else if (list !== null) list.scrollTop += 700;
      const now = await frame();
      longest = Math.max(longest, now - before);
      before = now;
    }
    return longest;
  });
}

it('the page for 10,000 tests and 2,000 findings is small, opens in a second and searches at once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'leak-html-bench-'));
  const browser = await chromium.launch(JSON.parse(launchOptions()) as LaunchOptions);
  try {
    const began = performance.now();
    const html = renderHtml(largeReport(10_000, 2000), { code: readPageCode(), source: () => SOURCE });
    const renderMs = performance.now() - began;
    const file = path.join(folder, 'index.html');
    writeFileSync(file, html);
    const url = pathToFileURL(file).href;
    const opened: number[] = [];
    const searched: number[] = [];
    const frames: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      opened.push(await timeToInteractive(page, url));
      // The first search makes the index; it counts as well.
      for (const query of QUERIES) searched.push(await timeToSearch(page, query));
      await timeToSearch(page, '');
      frames.push(await longestFrame(page));
      await page.close();
    }
    const megabytes = Buffer.byteLength(html) / 1e6;
    console.table([
      { what: 'size, MB', median: megabytes.toFixed(2), worst: megabytes.toFixed(2), bar: 5 },
      { what: 'written by the reporter in, ms', median: renderMs.toFixed(0), worst: renderMs.toFixed(0), bar: '' },
      { what: 'interactive after, ms', median: median(opened).toFixed(0), worst: Math.max(...opened).toFixed(0), bar: 1000 },
      { what: 'search, ms', median: median(searched).toFixed(1), worst: Math.max(...searched).toFixed(1), bar: 50 },
      { what: 'longest frame while scrolling, ms', median: median(frames).toFixed(0), worst: Math.max(...frames).toFixed(0), bar: '' },
    ]);
    expect(megabytes).toBeLessThanOrEqual(5);
    expect(median(opened)).toBeLessThanOrEqual(1000);
    expect(median(searched)).toBeLessThanOrEqual(50);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
