import { firstLineOf } from '../core/messageOf.ts';
import { call, isEmitter, isObject, related, text, type PlaywrightObject } from './browserShapes.ts';
import { after } from './realTime.ts';

/** Live objects in a page's renderer process after a garbage collection, and the bytes they take. */
export interface PageFigures {
  /** DOM nodes, attached or not. */
  readonly domNodes: number;
  readonly documents: number;
  readonly listeners: number;
  /** The JavaScript heap. */
  readonly heapBytes: number;
  /** ArrayBuffers, which are not on that heap; `null` where Chromium does not tell (before 137). */
  readonly arrayBufferBytes: number | null;
}

/** As much of Playwright's `CDPSession` as is used here. */
export interface CdpSession {
  send(method: string, params?: object): Promise<unknown>;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  detach(): Promise<void>;
}

/** Milliseconds a page may take to answer: one with a blocked main thread never does. */
export const ANSWER_TIMEOUT_MS = 5000;

/** The problem of a session whose page was closed. */
export const PAGE_CLOSED = 'it was closed';

/**
 * A session of the Chrome DevTools Protocol with one page. No call throws or hangs: what cannot be had is `undefined`, and
 * {@link PageSession.problem} says why. A page that closed, crashed or did not answer in time is not asked again.
 */
export class PageSession {
  readonly page: PlaywrightObject;
  readonly #session: CdpSession;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();
  readonly #onClose = (): void => {
    this.#end(PAGE_CLOSED);
  };
  readonly #onCrash = (): void => {
    this.#end('it crashed');
  };
  #ended = false;
  #problem: string | undefined;

  constructor(page: PlaywrightObject, session: CdpSession, timeoutMs: number = ANSWER_TIMEOUT_MS) {
    this.page = page;
    this.#session = session;
    this.#timeoutMs = timeoutMs;
    listen(page, 'on', 'close', this.#onClose);
    listen(page, 'on', 'crash', this.#onCrash);
  }

  /** Why the last call brought nothing, as the end of a sentence; `undefined` when it did. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get url(): string {
    return text(this.page, 'url');
  }

  /**
   * Collects the garbage of the page's process and counts what is left: two round trips, 5–30 ms. What the page has logged is garbage as well:
   * Chromium keeps the last thousand messages, with the elements in them, only while somebody like Playwright inspects it.
   */
  async figures(): Promise<PageFigures | undefined> {
    const answers = await this.#within(async () => {
      await Promise.all([this.#session.send('Runtime.discardConsoleEntries'), this.#session.send('HeapProfiler.collectGarbage')]);
      return Promise.all([this.#session.send('Memory.getDOMCounters'), this.#session.send('Runtime.getHeapUsage')]);
    });
    if (answers === undefined) return undefined;
    const [counters, usage] = answers;
    const domNodes = numberIn(counters, 'nodes');
    const documents = numberIn(counters, 'documents');
    const listeners = numberIn(counters, 'jsEventListeners');
    const heapBytes = numberIn(usage, 'usedSize');
    if (domNodes === null || documents === null || listeners === null || heapBytes === null) {
      this.#problem = 'its answer was not understood';
      return undefined;
    }
    return { domNodes, documents, listeners, heapBytes, arrayBufferBytes: numberIn(usage, 'backingStorageSize') };
  }

  /** Which V8 isolate runs the page. Pages that share one share their figures, which Chromium keeps per process. */
  async isolate(): Promise<string | undefined> {
    const answer = await this.send('Runtime.getIsolateId');
    return isObject(answer) && 'id' in answer && typeof answer.id === 'string' ? answer.id : undefined;
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    return this.#within(() => this.#session.send(method, params));
  }

  /**
   * The same for what answers in events first.
   *
   * @param onEvent Told of every event of the name `event`; never again once this has resolved, also when the page goes on sending.
   * @param timeoutMs Milliseconds it may take.
   */
  async stream(method: string, params: object, event: string, onEvent: (value: unknown) => void, timeoutMs: number): Promise<unknown> {
    this.#session.on(event, onEvent);
    try {
      return await this.#within(() => this.#session.send(method, params), timeoutMs);
    } finally {
      this.#session.off(event, onEvent);
    }
  }

  /** Ends the session; the page stays as it is. */
  async close(): Promise<void> {
    listen(this.page, 'off', 'close', this.#onClose);
    listen(this.page, 'off', 'crash', this.#onCrash);
    await this.#within(() => this.#session.detach());
    this.#end('it is not observed any more');
  }

  async #within<T>(work: () => Promise<T>, timeoutMs = this.#timeoutMs): Promise<T | undefined> {
    if (this.#ended) return undefined;
    if (call(this.page, 'isClosed') === true) {
      this.#end(PAGE_CLOSED);
      return undefined;
    }
    let leave = (): void => undefined;
    const gone = new Promise<undefined>((resolve) => {
      leave = () => {
        resolve(undefined);
      };
      this.#waiting.add(leave);
    });
    const cancel = after(timeoutMs, () => {
      this.#end(`it did not answer within ${String(timeoutMs)} ms`);
    });
    try {
      this.#problem = undefined;
      return await Promise.race([work(), gone]);
    } catch (error) {
      this.#problem ??= firstLineOf(error);
      return undefined;
    } finally {
      cancel();
      this.#waiting.delete(leave);
    }
  }

  #end(problem: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#problem = problem;
    for (const leave of this.#waiting) leave();
  }
}

/**
 * Opens a session with a page, which only Chromium's can have.
 *
 * @returns Or the reason why not.
 */
export async function openPageSession(page: PlaywrightObject, timeoutMs: number = ANSWER_TIMEOUT_MS): Promise<PageSession | string> {
  const context = related(page, 'context');
  if (context === undefined || !canOpenSessions(context)) return 'its context opens no sessions';
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = after(timeoutMs, () => {
      resolve(undefined);
    });
  });
  const opening = context.newCDPSession(page);
  try {
    const session = await Promise.race([opening, late]);
    if (isSession(session)) return new PageSession(page, session, timeoutMs);
    // It may still come, and must not stay then.
    opening.then((opened) => (isSession(opened) ? opened.detach() : undefined)).catch(() => undefined);
    return `it did not answer within ${String(timeoutMs)} ms`;
  } catch (error) {
    const name = browserNameOf(context);
    if (name !== '' && name !== 'chromium') return `${name}: no CDP`;
    return firstLineOf(error);
  } finally {
    cancel();
  }
}

function browserNameOf(context: object): string {
  const browser = related(context, 'browser');
  const type = browser === undefined ? undefined : related(browser, 'browserType');
  return type === undefined ? '' : text(type, 'name');
}

function canOpenSessions(context: object): context is { newCDPSession(page: object): Promise<unknown> } {
  return 'newCDPSession' in context && typeof context.newCDPSession === 'function';
}

function isSession(value: unknown): value is CdpSession {
  return isObject(value) && ['send', 'on', 'off', 'detach'].every((name) => typeof Reflect.get(value, name) === 'function');
}

function listen(page: object, how: 'on' | 'off', event: string, listener: () => void): void {
  if (!isEmitter(page)) return;
  if (how === 'on') page.on(event, listener);
  else if ('off' in page && typeof page.off === 'function') Reflect.apply(page.off, page, [event, listener]);
}

function numberIn(answer: unknown, name: string): number | null {
  const value: unknown = isObject(answer) ? Reflect.get(answer, name) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
