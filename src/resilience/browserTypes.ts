import type { ChildProcess } from 'node:child_process';

/**
 * The part of Playwright that the pool uses, described and not imported: the launcher is passed in, so the pool works with whatever copy
 * of Playwright its user has. `chromium`, `firefox` and `webkit` fit as they are.
 */
export interface PageLike {
  close(): Promise<void>;
}

export interface ContextLike {
  newPage(): Promise<PageLike>;
  close(): Promise<void>;
}

export interface BrowserLike {
  newContext(options?: object): Promise<ContextLike>;
  contexts(): ContextLike[];
  close(): Promise<void>;
  on(event: 'disconnected', listener: () => void): unknown;
}

export interface BrowserServerLike {
  process(): ChildProcess;
  wsEndpoint(): string;
  close(): Promise<void>;
  kill(): Promise<void>;
  on(event: 'close', listener: () => void): unknown;
}

export interface BrowserTypeLike<B extends BrowserLike> {
  launchServer(options?: object): Promise<BrowserServerLike>;
  connect(wsEndpoint: string): Promise<B>;
}

/** The context type of a browser type: Playwright's `BrowserContext` for Playwright's `Browser`. */
export type ContextOf<B extends BrowserLike> = Awaited<ReturnType<B['newContext']>>;
/** The page type of a browser type. */
export type PageOf<B extends BrowserLike> = Awaited<ReturnType<ContextOf<B>['newPage']>>;
/** What `newContext` of a browser type takes. */
export type ContextOptionsOf<B extends BrowserLike> = NonNullable<Parameters<B['newContext']>[0]>;
