import { tmpdir } from 'node:os';
import type { PageGrowth } from '../core/pageGrowth.ts';
import { pageNames } from '../core/pageName.ts';
import { text, type PlaywrightObject } from './browserShapes.ts';
import { MeasuredPage } from './measuredPage.ts';
import { ANSWER_TIMEOUT_MS, openPageSession, type PageFigures, type PageSession } from './pageSession.ts';

export interface PageMeterOptions {
  /** Milliseconds a page may take to answer. */
  readonly timeoutMs?: number;
  /** Pages that have metrics of their own; those of the rest are added up. */
  readonly maxNamed?: number;
  /** Where heap snapshots lie until they are compared. Default: the temporary folder. */
  readonly scratch?: string | undefined;
}

/** Name of the rest. */
const REST = 'otherPages';

const METRICS = ['domNodes', 'documents', 'listeners', 'heapBytes', 'arrayBufferBytes'] as const satisfies readonly (keyof PageFigures)[];

/**
 * The inside of pages: DOM nodes, documents, event listeners, JavaScript heap. Measured are the pages that are open at the start, for as
 * long as they live; a page that a scenario opens and does not close is the browser probe's. Needs Chromium.
 *
 * Chromium keeps these figures per renderer process. Pages that share one (a popup and its opener, frames of one site) are measured once,
 * under the name of the first, and frames of other sites, which have a process of their own, not at all.
 */
export class PageMeter {
  readonly #timeoutMs: number;
  readonly #maxNamed: number;
  readonly #scratch: string;
  readonly #notes = new Set<string>();
  #named: readonly MeasuredPage[] = [];
  #rest: readonly MeasuredPage[] = [];
  /** Those that this Chromium knows, from the first reading on. */
  #metrics: readonly (keyof PageFigures)[] | undefined;

  constructor({ timeoutMs = ANSWER_TIMEOUT_MS, maxNamed = 10, scratch = tmpdir() }: PageMeterOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#maxNamed = maxNamed;
    this.#scratch = scratch;
  }

  /** @param pages Oldest first. */
  async start(pages: readonly PlaywrightObject[]): Promise<void> {
    const names = pageNames(pages.map((page) => text(page, 'url')));
    const opened = await Promise.all(pages.map((page) => openPageSession(page, this.#timeoutMs)));
    const isolates = new Map<string, string>();
    const measured: MeasuredPage[] = [];
    for (const [index, session] of opened.entries()) {
      const name = names[index] ?? REST;
      if (typeof session === 'string') this.#notes.add(notMeasured(name, session));
      else if (await this.#isFirstOfProcess(session, name, isolates)) measured.push(new MeasuredPage(name, session, this.#scratch));
      else await session.close();
    }
    this.#named = measured.slice(0, this.#maxNamed);
    this.#rest = measured.slice(this.#maxNamed);
    await Promise.all(measured.map((page) => page.start()));
  }

  /** Collects the garbage of all pages, each process once, and counts: `shop.domNodes`. `null`: it could not be counted. */
  async read(): Promise<Record<string, number | null>> {
    const [named, rest] = await Promise.all([this.#readAll(this.#named), this.#readAll(this.#rest)]);
    this.#metrics ??= METRICS.filter((metric) => named.some(([, figures]) => typeof figures?.[metric] === 'number'));
    const reading: Record<string, number | null> = {};
    for (const metric of this.#metrics) {
      for (const [name, figures] of named) reading[`${name}.${metric}`] = figures?.[metric] ?? null;
      if (rest.length > 0) reading[`${REST}.${metric}`] = sum(rest.map(([, figures]) => figures?.[metric] ?? null));
    }
    return reading;
  }

  /**
   * What the pages have more of than at the start. Takes heap snapshots.
   *
   * @param metrics Names, as in the readings: only pages with one of these are asked.
   */
  async growth(metrics: readonly string[]): Promise<PageGrowth[]> {
    const isAsked = (name: string): boolean => metrics.some((metric) => metric.startsWith(`${name}.`));
    const grown: PageGrowth[] = [];
    for (const page of [...this.#named.filter(({ name }) => isAsked(name)), ...(isAsked(REST) ? this.#rest : [])]) {
      const growth = await page.growth();
      if (growth !== undefined) grown.push(growth);
    }
    return grown;
  }

  /** Names of the metrics of pages that a reading found closed. Those of the rest end with the first of them. */
  closed(): readonly string[] {
    const gone = this.#rest.filter(({ problem }) => problem !== undefined);
    const isRestClosed = gone.length > 0 && gone.every(({ foundClosed }) => foundClosed);
    const names = [...this.#named.filter(({ foundClosed }) => foundClosed).map(({ name }) => name), ...(isRestClosed ? [REST] : [])];
    return names.flatMap((name) => METRICS.map((metric) => `${name}.${metric}`));
  }

  notes(): readonly string[] {
    return [...this.#notes];
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#named, ...this.#rest].map((page) => page.stop()));
    this.#named = [];
    this.#rest = [];
  }

  async #isFirstOfProcess(session: PageSession, name: string, isolates: Map<string, string>): Promise<boolean> {
    const isolate = await session.isolate();
    // Where Chromium does not tell, each page is taken to be alone in its process.
    if (isolate === undefined) return true;
    const first = isolates.get(isolate);
    if (first === undefined) {
      isolates.set(isolate, name);
      return true;
    }
    this.#notes.add(`page ${name} shares its process with page ${first}: what both hold is counted under ${first}`);
    return false;
  }

  async #readAll(pages: readonly MeasuredPage[]): Promise<(readonly [string, PageFigures | undefined])[]> {
    return Promise.all(
      pages.map(async (page) => {
        const figures = await page.read();
        if (page.problem !== undefined) this.#notes.add(`page ${page.name} was measured no further: ${page.problem}`);
        return [page.name, figures] as const;
      }),
    );
  }
}

function notMeasured(name: string, reason: string): string {
  return reason.endsWith(': no CDP') ? `not measured: page heap (${reason})` : `not measured: page ${name} (${reason})`;
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);
}
