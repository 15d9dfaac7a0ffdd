import { existsSync } from 'node:fs';
import type { BrowserType, Page } from '@playwright/test';
import { firstLineOf } from '../../core/messageOf.ts';
import { BrowserPool } from '../../resilience/browserPool.ts';
import { loadPlaywright } from '../playwrightModule.ts';
import type { Benchmark, BenchPlace, Prepared } from './benchmark.ts';

/** How to launch Chromium here. The Lifecycle deals with signals, not Playwright, which would end the process before all is closed. */
interface Launcher {
  readonly chromium: BrowserType;
  readonly launchOptions: { readonly executablePath?: string; readonly handleSIGINT: false; readonly handleSIGTERM: false };
}

/** The smallest task that proves that the page works. */
const task = async (page: Page): Promise<unknown> => page.evaluate('1 + 1');

/** The project's own Playwright and its Chromium, or the reason why there is none. */
function findLauncher({ folder, chromium: given }: BenchPlace): Launcher | string {
  const playwright = loadPlaywright(folder);
  if (playwright instanceof Error) return `@playwright/test cannot be loaded from ${folder} (npm i -D @playwright/test)`;
  const { chromium } = playwright;
  const executable = given ?? chromium.executablePath();
  if (!existsSync(executable)) return `no Chromium at ${executable} (npx playwright install chromium, or name one with --chromium)`;
  const signals = { handleSIGINT: false, handleSIGTERM: false } as const;
  return { chromium, launchOptions: given === undefined ? signals : { executablePath: given, ...signals } };
}

/** Runs one round to begin with: a browser that does not start is a reason, not a failure. */
async function prepare(
  place: BenchPlace,
  create: (launcher: Launcher) => { round(): Promise<unknown>; close(): Promise<unknown> },
): Promise<Prepared> {
  const launcher = findLauncher(place);
  if (typeof launcher === 'string') return { ready: false, reason: launcher };
  const { round, close } = create(launcher);
  let last: Promise<unknown> = Promise.resolve();
  const tracked = async (): Promise<unknown> => {
    const current = round();
    last = current.catch(() => {});
    return current;
  };
  const closeAfterLast = async (): Promise<void> => {
    await last;
    await close();
  };
  const forget = place.lifecycle.add('browsers', { close: closeAfterLast });
  const done = async (): Promise<void> => {
    await closeAfterLast();
    forget();
  };
  try {
    await tracked();
    return { ready: true, round: tracked, close: done };
  } catch (error) {
    await done();
    return { ready: false, reason: `Chromium does not start here: ${firstLineOf(error)}` };
  }
}

const launchPerTask = async (place: BenchPlace): Promise<Prepared> =>
  prepare(place, ({ chromium, launchOptions }) => ({
    async round() {
      const browser = await chromium.launch(launchOptions);
      try {
        return await task(await browser.newPage());
      } finally {
        await browser.close();
      }
    },
    close: async () => {},
  }));

const warmPool = async (place: BenchPlace): Promise<Prepared> =>
  prepare(place, ({ chromium, launchOptions }) => {
    const pool = new BrowserPool({ browserType: chromium, launchOptions, max: 1, maxAge: Infinity, maxUses: Infinity });
    return { round: async () => pool.withPage(task), close: async () => pool.close() };
  });

/** Real Chromium: a task on a page of its own, in a browser of its own and in one that is kept. */
export const browserBenchmarks: readonly Benchmark[] = [
  { group: 'browser', name: 'a launch per task', baseline: true, operations: 1, rounds: 5, prepare: launchPerTask },
  { group: 'browser', name: 'withPage, warm pool', operations: 1, prepare: warmPool },
];
