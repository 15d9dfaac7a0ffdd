import type { BrowserObject, BrowserObjects } from './browserObjects.ts';
import { isEmitter, isObject, listed, related, type PlaywrightObject } from './browserShapes.ts';
import { captureStack, type CapturedStack } from './captureStack.ts';
import { MethodWraps } from './methodWraps.ts';
import type { CallObserver } from './transparentCall.ts';

/**
 * Learns of every Playwright object that is opened or closed by watching the calls that do it: on the prototypes of the classes,
 * which are known as soon as there is a first object of each.
 */
export class BrowserCalls {
  readonly #objects: BrowserObjects;
  readonly #wraps = new MethodWraps();

  constructor(objects: BrowserObjects) {
    this.#objects = objects;
  }

  /** @param playwright Playwright's `playwright` fixture, or the module `playwright` itself. */
  start(playwright: object): void {
    for (const name of ['chromium', 'firefox', 'webkit']) {
      const browserType: unknown = Reflect.get(playwright, name);
      if (isObject(browserType)) this.#watchBrowserType(browserType);
    }
    const request: unknown = Reflect.get(playwright, 'request');
    if (isObject(request))
      this.#wraps.observe(
        request,
        'newContext',
        this.#opening((context, stack) => this.#requestOpened(context, stack)),
      );
    const electron: unknown = Reflect.get(playwright, '_electron');
    if (isObject(electron)) {
      this.#wraps.observe(
        electron,
        'launch',
        this.#opening((app, stack) => this.#processOpened(app, 'electron application', stack)),
      );
    }
  }

  stop(): void {
    this.#wraps.restore();
  }

  #watchBrowserType(browserType: PlaywrightObject): void {
    const browserOpened = this.#opening((browser, stack) => this.#browserOpened(browser, 'browser', stack));
    for (const name of ['launch', 'connect', 'connectOverCDP']) this.#wraps.observe(browserType, name, browserOpened);
    this.#wraps.observe(
      browserType,
      'launchServer',
      this.#opening((server, stack) => this.#processOpened(server, 'browser server', stack)),
    );
    this.#wraps.observe(
      browserType,
      'launchPersistentContext',
      this.#opening((context, stack) => {
        this.#contextOpened(context, 'persistent context', undefined, stack);
        for (const page of listed(context, 'pages')) this.#pageOpened(page, this.#objects.find(context), undefined);
      }),
    );
  }

  #browserOpened(browser: PlaywrightObject, type: string, opening: CapturedStack): void {
    const entry = this.#objects.add(browser, { kind: 'browser', type, opening });
    this.#onEvent(browser, 'disconnected', () => this.#objects.close(entry));
    for (const context of listed(browser, 'contexts')) this.#objects.add(context, { kind: 'context', parent: entry, listed: false });
    this.#wraps.observe(browser, 'close', this.#closing('at once'));
    this.#wraps.observe(
      browser,
      'newContext',
      this.#opening((context, stack, thisArg) => this.#contextOpened(context, 'context', this.#ofBrowser(thisArg), stack)),
    );
    this.#wraps.observe(
      browser,
      'newPage',
      this.#opening((page, stack, thisArg) => this.#pageWithContextOpened(page, this.#ofBrowser(thisArg), stack)),
    );
  }

  #contextOpened(context: PlaywrightObject, type: string, parent: BrowserObject | undefined, opening: CapturedStack): void {
    const entry = this.#objects.add(context, { kind: 'context', type, parent, opening });
    this.#onEvent(context, 'close', () => this.#objects.close(entry));
    this.#onEvent(context, 'page', (page) => {
      if (isObject(page)) this.#pageOpened(page, entry, undefined);
    });
    this.#watchContextMethods(context);
  }

  #watchContextMethods(context: PlaywrightObject): void {
    this.#wraps.observe(context, 'close', this.#closing('at once'));
    this.#wraps.observe(
      context,
      'newPage',
      this.#opening((page, stack, thisArg) => this.#pageOpened(page, this.#ofContext(thisArg), stack)),
    );
  }

  /** First seen through its context's event, without a stack; the call that opened it returns afterwards. */
  #pageOpened(page: PlaywrightObject, parent: BrowserObject | undefined, opening: CapturedStack | undefined): BrowserObject {
    const isNew = this.#objects.find(page) === undefined;
    const entry = this.#objects.add(page, { kind: 'page', parent, ...(opening === undefined ? {} : { opening }) });
    if (!isNew) {
      entry.opening ??= opening;
      return entry;
    }
    this.#onEvent(page, 'close', () => this.#objects.close(entry));
    // A page may close on its own terms: `runBeforeUnload` returns before it is closed, if it is closed at all.
    this.#wraps.observe(page, 'close', this.#closing('by its event'));
    return entry;
  }

  #pageWithContextOpened(page: PlaywrightObject, browser: BrowserObject | undefined, opening: CapturedStack): void {
    const entry = this.#pageOpened(page, browser, undefined);
    entry.opening = opening;
    const context = related(page, 'context');
    const implicit = context === undefined ? undefined : this.#objects.find(context);
    entry.parent = browser;
    if (implicit !== undefined) implicit.parent = entry;
  }

  #requestOpened(context: PlaywrightObject, opening: CapturedStack): void {
    this.#objects.add(context, { kind: 'request', type: 'API request context', opening });
    this.#wraps.observe(context, 'dispose', this.#closing('at once'));
  }

  #processOpened(owner: PlaywrightObject, type: string, opening: CapturedStack): void {
    const entry = this.#objects.add(owner, { kind: 'browser', type, opening });
    this.#onEvent(owner, 'close', () => this.#objects.close(entry));
  }

  #ofBrowser(browser: unknown): BrowserObject | undefined {
    return isObject(browser) ? this.#objects.find(browser) : undefined;
  }

  #ofContext(context: unknown): BrowserObject | undefined {
    if (!isObject(context)) return undefined;
    const parent = this.#ofBrowser(related(context, 'browser'));
    return this.#objects.find(context) ?? this.#objects.add(context, { kind: 'context', parent, listed: false });
  }

  #opening(opened: (object: PlaywrightObject, stack: CapturedStack, thisArg: unknown) => void): CallObserver<CapturedStack> {
    return {
      before: captureBelow,
      resolved: (stack, object, thisArg) => {
        if (isObject(object)) opened(object, stack, thisArg);
      },
    };
  }

  #closing(closed: 'at once' | 'by its event'): CallObserver<BrowserObject | undefined> {
    return {
      before: (thisArg) => {
        const entry = isObject(thisArg) ? this.#objects.find(thisArg) : undefined;
        if (entry !== undefined) entry.closing = true;
        return entry;
      },
      resolved: (entry) => {
        if (entry !== undefined && closed === 'at once') this.#objects.close(entry);
      },
    };
  }

  #onEvent(object: PlaywrightObject, event: string, listener: (value: unknown) => void): void {
    if (isEmitter(object)) object.on(event, listener);
  }
}

/** The stack from the caller of the wrapped method on; nothing is formatted yet. */
function captureBelow(): CapturedStack {
  return captureStack(captureBelow);
}
