import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../core/messageOf.ts';
import type { PageGrowth } from '../core/pageGrowth.ts';
import { grownClasses } from './heapSnapshot.ts';
import { allocationSites, watchAllocations } from './pageAllocations.ts';
import { PAGE_CLOSED, type PageFigures, type PageSession } from './pageSession.ts';
import { takePageSnapshot } from './pageSnapshot.ts';

/**
 * Readings in a row, each above the one before, after which a page is looked at more closely. A page that is new compiles what it runs
 * often, which takes some 200 kB of its heap.
 */
const RISES = 3;

/** Bytes of heap that a reading must rise by to count as one: below it, V8's own bookkeeping moves. */
const HEAP_NOISE_BYTES = 512;

/**
 * One page under measurement. A heap snapshot is dear, so the first is taken when the figures have risen a few times in a row, and the
 * second only when somebody asks what has grown; a page that does not grow is never stopped for one.
 */
export class MeasuredPage {
  readonly name: string;
  readonly #session: PageSession;
  readonly #scratch: string;
  #first: PageFigures | undefined;
  #last: PageFigures | undefined;
  #rises = 0;
  /** Folder with the first snapshot. */
  #folder: string | undefined;
  #withoutClasses: string | undefined;
  #problem: string | undefined;

  constructor(name: string, session: PageSession, scratch: string) {
    this.name = name;
    this.#session = session;
    this.#scratch = scratch;
  }

  async start(): Promise<void> {
    await watchAllocations(this.#session);
  }

  /** `undefined` when the page does not answer, from then on: what came after would be another page's. */
  async read(): Promise<PageFigures | undefined> {
    if (this.#problem !== undefined) return undefined;
    const figures = await this.#session.figures();
    if (figures === undefined) {
      this.#problem = this.#session.problem ?? 'it did not answer';
      return undefined;
    }
    this.#rises = this.#last !== undefined && hasRisen(this.#last, figures) ? this.#rises + 1 : 0;
    this.#first ??= figures;
    this.#last = figures;
    if (this.#rises >= RISES && this.#folder === undefined && this.#withoutClasses === undefined) await this.#takeFirst(figures);
    return figures;
  }

  /** Why the page is not measured any more; `undefined` while it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether it is not measured any more because a reading found it closed. */
  get foundClosed(): boolean {
    return this.#problem === PAGE_CLOSED;
  }

  /** What the page has more of than at the start; `undefined` when that is nothing, or when it cannot be asked any more. */
  async growth(): Promise<PageGrowth | undefined> {
    const first = this.#first;
    const last = this.#last;
    if (first === undefined || last === undefined || !hasRisen(first, last)) return undefined;
    const heapBytes = last.heapBytes - first.heapBytes + ((last.arrayBufferBytes ?? 0) - (first.arrayBufferBytes ?? 0));
    const sites = await allocationSites(this.#session);
    const classes = await this.#grownClasses(last);
    return {
      page: this.name,
      url: this.#session.url,
      domNodes: last.domNodes - first.domNodes,
      documents: last.documents - first.documents,
      listeners: last.listeners - first.listeners,
      heapBytes,
      classes,
      sites,
      withoutClasses: this.#withoutClasses,
    };
  }

  async stop(): Promise<void> {
    await this.#session.send('HeapProfiler.stopSampling');
    await this.#session.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #takeFirst(figures: PageFigures): Promise<void> {
    try {
      this.#folder = mkdtempSync(path.join(this.#scratch, 'leak-heap-'));
      this.#withoutClasses = await takePageSnapshot(this.#session, this.#file('before'), figures.heapBytes);
    } catch (error) {
      this.#withoutClasses = `no heap snapshot could be written: ${messageOf(error)}`;
    }
  }

  async #grownClasses(figures: PageFigures): Promise<PageGrowth['classes']> {
    if (this.#folder === undefined) this.#withoutClasses ??= 'it did not grow steadily enough for a heap snapshot before';
    if (this.#withoutClasses !== undefined) return [];
    try {
      this.#withoutClasses = await takePageSnapshot(this.#session, this.#file('after'), figures.heapBytes);
      if (this.#withoutClasses !== undefined) return [];
      return await grownClasses(this.#file('before'), this.#file('after'));
    } catch (error) {
      this.#withoutClasses = `its heap snapshots could not be compared: ${messageOf(error)}`;
      return [];
    }
  }

  #file(name: string): string {
    return path.join(this.#folder ?? this.#scratch, `${name}.heapsnapshot`);
  }
}

function hasRisen(before: PageFigures, after: PageFigures): boolean {
  return (
    after.domNodes > before.domNodes ||
    after.documents > before.documents ||
    after.listeners > before.listeners ||
    after.heapBytes > before.heapBytes + HEAP_NOISE_BYTES ||
    (after.arrayBufferBytes ?? 0) > (before.arrayBufferBytes ?? 0)
  );
}
