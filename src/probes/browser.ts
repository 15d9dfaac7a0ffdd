import type { Evidence, Opener, Resource, ResourceKey } from '../core/resource.ts';
import { redactUrl } from '../core/redact.ts';
import { openerOf } from '../core/stack.ts';
import { BrowserCalls } from './browserCalls.ts';
import { belongsToPlaywright, BrowserObjects, framesOf, type BrowserObject } from './browserObjects.ts';
import { related, text, type PlaywrightObject } from './browserShapes.ts';
import type { Availability, ResourceProbe } from './probe.ts';

export interface BrowserProbeOptions {
  /** Playwright's `playwright` worker fixture, or the module `playwright`. Without it there is nothing to observe. */
  readonly playwright?: object;
}

export interface BrowserProbe extends ResourceProbe {
  /** The pages that are open now, oldest first, whoever opened them: the `page` fixture's is among them. */
  openPages(): readonly PlaywrightObject[];
}

/**
 * Browsers, contexts, pages and API request contexts that were opened after the start and not closed, with the line that did it.
 * Those Playwright's own fixtures open and close carry the opener `playwright`.
 *
 * Limits: what was opened before {@link ResourceProbe.start} is not known, nor are Android devices. A popup has no opening line:
 * a page opened it, not this process.
 *
 * @example
 * ```ts
 * const probe = createBrowserProbe({ playwright });
 * probe.start();
 * const context = await browser.newContext();
 * probe.describe([...probe.read()]).map((open) => open.kind); // ['context']
 * ```
 */
export function createBrowserProbe(options: BrowserProbeOptions): BrowserProbe {
  const objects = new BrowserObjects();
  const calls = new BrowserCalls(objects);
  const { playwright } = options;
  return {
    name: 'browser',
    availability: (): Availability =>
      playwright === undefined ? { available: false, reason: 'no Playwright object to observe was passed' } : { available: true },
    start: () => {
      if (playwright !== undefined) calls.start(playwright);
    },
    stop: () => {
      calls.stop();
      objects.clear();
    },
    read: () => new Set(objects.open().map((entry) => entry.key)),
    stillOpen: (keys) => {
      const open = new Set(objects.open().map((entry) => entry.key));
      return new Set(keys.filter((key) => open.has(key)));
    },
    describe: (keys) => {
      const open = objects.open();
      const wanted = new Set(keys);
      const described = open.filter((entry) => wanted.has(entry.key));
      // Described, hence accused: of the many that come and go in between, nothing is kept.
      for (const entry of described) entry.watched = true;
      return described.flatMap((entry) => toResource(entry, open) ?? []);
    },
    closedBy: (key) => objects.closedBy(key),
    openPages: () => objects.open().flatMap((entry) => (entry.kind === 'page' ? (entry.reference.deref() ?? []) : [])),
  };
}

function toResource(entry: BrowserObject, open: readonly BrowserObject[]): Resource | undefined {
  const object = entry.reference.deref();
  if (object === undefined) return undefined;
  // What a test opens in a browser or context of Playwright's fixtures is the test's, also when the browser is just as new.
  const children = open.filter((other) => descendsFrom(other, entry) && (!belongsToPlaywright(entry) || belongsToPlaywright(other)));
  const urls = [entry, ...children].flatMap((other) => (other.kind === 'page' ? urlOf(other) : []));
  return {
    key: entry.key,
    kind: entry.kind,
    type: entry.type,
    label: labelOf(entry, object, urls),
    opener: opener(entry),
    standing: 'counts',
    stack: framesOf(entry),
    evidence: { ...browserEvidence(entry, object), ...(urls.length === 0 ? {} : { urls: urls.slice(0, MAX_URLS) }) },
    owns: children.map((child): ResourceKey => child.key),
  };
}

const MAX_URLS = 10;

function opener(entry: BrowserObject): Opener {
  return belongsToPlaywright(entry) ? 'playwright' : openerOf(framesOf(entry));
}

function descendsFrom(entry: BrowserObject, ancestor: BrowserObject): boolean {
  for (let parent = entry.parent; parent !== undefined; parent = parent.parent) if (parent === ancestor) return true;
  return false;
}

function urlOf(entry: BrowserObject): string[] {
  const page = entry.reference.deref();
  return page === undefined ? [] : [redactUrl(text(page, 'url'))];
}

/** A browser is recognized by its name and version, a page by its URL, a context by its first page. */
function labelOf(entry: BrowserObject, object: PlaywrightObject, urls: readonly string[]): string {
  if (entry.kind === 'browser') return browserName(object);
  return entry.kind === 'request' ? '' : (urls[0] ?? '');
}

function browserEvidence(entry: BrowserObject, object: PlaywrightObject): Evidence {
  const browser = entry.kind === 'browser' ? object : browserOf(entry, object);
  const name = browser === undefined ? '' : browserName(browser);
  const process = related(object, 'process');
  return {
    ...(name === '' ? {} : { browser: name }),
    ...(process !== undefined && 'pid' in process && typeof process.pid === 'number' ? { pid: process.pid } : {}),
  };
}

function browserOf(entry: BrowserObject, object: PlaywrightObject): PlaywrightObject | undefined {
  if (entry.kind === 'request') return undefined;
  const context = entry.kind === 'page' ? related(object, 'context') : object;
  return context === undefined ? undefined : related(context, 'browser');
}

/** `chromium 143.0.7499.4`; a browser server and an Electron application do not tell. */
function browserName(browser: PlaywrightObject): string {
  const type = related(browser, 'browserType');
  return [type === undefined ? '' : text(type, 'name'), text(browser, 'version')].filter((part) => part !== '').join(' ');
}
