import { setImmediate } from 'node:timers/promises';
import { leakyTask, Tasks } from './browserPerTask.ts';
import { leakyVisit, repairedVisit } from './firedCleanup.ts';
import { LeakyQueue, RepairedQueue, type ReceiptQueue } from './lostPermit.ts';
import { LeakyScanner, Scanner } from './reusedPage.ts';
import { BROWSERS, RUN, test } from './test.ts';
import { leakyRead, Reader } from './unclosedClient.ts';
import { launchOptions } from '../chromium.ts';

// The stability run finds what is leaky: those tests fail. Their repaired twins pass.

test('one page for ever: leaky', async ({ browser, market, leak }) => {
  const scanner = await LeakyScanner.open(browser, market.url);
  try {
    await leak.stability('one page for ever', async () => scanner.scan(), RUN);
  } finally {
    await scanner.close();
  }
});

test('one page for ever: repaired', async ({ browser, market, leak }) => {
  const scanner = new Scanner(browser, market.url);
  await leak.stability('a page for each search', async () => scanner.scan(), RUN);
});

test('a browser per task: leaky', async ({ playwright, market, leak }) => {
  const task = async (): Promise<string> => leakyTask(playwright.chromium, launchOptions, market.url);
  await leak.stability('a browser per task', task, BROWSERS);
});

test('a browser per task: repaired', async ({ playwright, market, leak }) => {
  await using tasks = new Tasks(playwright.chromium, launchOptions, market.url);
  await leak.stability('a page per task', async () => tasks.run(), RUN);
});

test('a clean-up that nobody awaits: leaky', async ({ browser, market, leak }) => {
  await leak.stability('fired', async () => leakyVisit(browser, market.url), RUN);
});

test('a clean-up that nobody awaits: repaired', async ({ browser, market, leak }) => {
  await leak.stability('awaited', async () => repairedVisit(browser, market.url), RUN);
});

test('a client that nobody closes: leaky', async ({ playwright, market, leak }) => {
  await leak.stability('a client per request', async () => leakyRead(playwright.request, market.url), RUN);
});

test('a client that nobody closes: repaired', async ({ playwright, market, leak }) => {
  await using reader = await Reader.open(playwright.request);
  await leak.stability('one client', async () => reader.read(market.url), RUN);
});

test('a permit lost to an exception: leaky', async ({ leak }) => {
  const queue = new LeakyQueue();
  await leak.stability('lost', async ({ iteration }) => digestOne(queue, iteration), RUN);
});

test('a permit lost to an exception: repaired', async ({ leak }) => {
  const queue = new RepairedQueue();
  await leak.stability('given back', async ({ iteration }) => digestOne(queue, iteration), RUN);
});

/** Every tenth receipt is damaged. */
async function digestOne(queue: ReceiptQueue, iteration: number): Promise<void> {
  queue.submit(Buffer.alloc(10_000, iteration % 10 === 0 ? 0 : 1));
  await setImmediate();
}
