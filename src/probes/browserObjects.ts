import type { ResourceKey } from '../core/resource.ts';
import { openerOf, type Frame } from '../core/stack.ts';
import type { Closer } from './probe.ts';
import { isClosed, type PlaywrightObject } from './browserShapes.ts';
import { forgetOldest } from './forgetOldest.ts';
import type { CapturedStack } from './captureStack.ts';

export type BrowserObjectKind = 'browser' | 'context' | 'page' | 'request';

/** One browser, context, page or API request context, from its opening on. Holds the object itself weakly only. */
export interface BrowserObject {
  readonly key: ResourceKey;
  readonly kind: BrowserObjectKind;
  readonly type: string;
  readonly reference: WeakRef<PlaywrightObject>;
  /** What it dies with: a page's context, a context's browser. The implicit context of `browser.newPage()` has its page instead. */
  parent: BrowserObject | undefined;
  /** Whether its own `close()` or `dispose()` was called. */
  closing: boolean;
  closed: boolean;
  /** Whether somebody may ask who closed it. */
  watched: boolean;
  /** Who opened it; `undefined` for a popup, which no code of this process opened. */
  opening: CapturedStack | undefined;
}

/** Closed objects remembered for `closedBy`, some 300 bytes each; the oldest are forgotten. */
const MAX_REMEMBERED = 1000;

/** Every Playwright object opened since the start, and what became of it. */
export class BrowserObjects {
  readonly #known = new WeakMap<object, BrowserObject>();
  readonly #open = new Map<ResourceKey, BrowserObject>();
  readonly #closed = new Map<ResourceKey, BrowserObject>();
  #serial = 0;

  find(object: object): BrowserObject | undefined {
    return this.#known.get(object);
  }

  /** Remembers an object; one that is known already is returned as it is. `listed: false`: known as a parent, never reported. */
  add(
    object: PlaywrightObject,
    about: { kind: BrowserObjectKind; type?: string; parent?: BrowserObject | undefined; opening?: CapturedStack; listed?: boolean },
  ): BrowserObject {
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    const entry: BrowserObject = {
      key: `${about.kind}:${String((this.#serial += 1))}`,
      kind: about.kind,
      type: about.type ?? about.kind,
      reference: new WeakRef(object),
      parent: about.parent,
      closing: false,
      closed: false,
      watched: false,
      opening: about.opening,
    };
    this.#known.set(object, entry);
    if (about.listed !== false) this.#open.set(entry.key, entry);
    return entry;
  }

  close(entry: BrowserObject): void {
    if (entry.closed) return;
    entry.closed = true;
    entry.opening = undefined;
    if (!this.#open.delete(entry.key) || !entry.watched) return;
    this.#closed.set(entry.key, entry);
    forgetOldest(this.#closed, MAX_REMEMBERED);
  }

  /** All that is open now, asked of the objects themselves where they can tell: a listener of ours may have been taken off. */
  open(): BrowserObject[] {
    for (const entry of this.#open.values()) if (hasEnded(entry)) this.close(entry);
    return [...this.#open.values()];
  }

  /** `parent`: it went down with its browser or context. `undefined`: it is open, was not watched, or is not known any more. */
  closedBy(key: ResourceKey): Closer {
    const entry = this.#closed.get(key);
    if (entry === undefined) return undefined;
    if (entry.closing) return 'own';
    for (let parent = entry.parent; parent !== undefined; parent = parent.parent) if (parent.closing || parent.closed) return 'parent';
    return 'own';
  }

  clear(): void {
    this.#open.clear();
    this.#closed.clear();
  }
}

/** The stack of the opening, empty when nothing recorded it. */
export function framesOf(entry: BrowserObject): readonly Frame[] {
  return entry.opening?.frames() ?? [];
}

/** Whether Playwright's own code opened it, or opened the context it lives in: then Playwright closes it as well. */
export function belongsToPlaywright(entry: BrowserObject): boolean {
  if (openerOf(framesOf(entry)) === 'playwright') return true;
  if (entry.kind === 'page' && entry.parent?.kind === 'context') return belongsToPlaywright(entry.parent);
  // A context that was there before anybody called: the default one of the browser it belongs to, or one Playwright reuses.
  if (entry.kind === 'context' && framesOf(entry).length === 0) return entry.parent === undefined || belongsToPlaywright(entry.parent);
  return false;
}

function hasEnded(entry: BrowserObject): boolean {
  const object = entry.reference.deref();
  if (object === undefined || isClosed(entry.kind, object)) return true;
  return entry.kind !== 'page' && entry.parent?.kind === 'browser' && entry.parent.closed;
}
