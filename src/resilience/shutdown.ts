import { isAborted, watch } from './abort.ts';
import type { Clock } from './clock.ts';
import type { Component } from './component.ts';
import { errorFields, type Logger } from './logger.ts';

/** What became of one component. `killed`: it was not done in its time, and was ended by force as far as it knows how. */
export type ClosedComponent =
  | { readonly name: string; readonly outcome: 'closed' | 'killed'; readonly durationMs: number }
  | { readonly name: string; readonly outcome: 'failed'; readonly durationMs: number; readonly error: unknown };

/** What a shutdown did, in the order in which it did it. */
export interface ShutdownReport {
  readonly reason: string;
  readonly durationMs: number;
  readonly components: readonly ClosedComponent[];
}

/** The part of the time that is kept for ending by force what did not close when asked; at most a second. */
const FORCE_SHARE = 0.1;
const MAX_FORCE_MS = 1_000;

type Settled = { readonly outcome: 'closed' } | { readonly outcome: 'failed'; readonly error: unknown };

/**
 * Closes components one after the other, within a time that begins with the instance. Each gets its share of what is left; who needs less
 * leaves more to the others.
 */
export class Shutdown {
  readonly #reason: string;
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hurry = new AbortController();
  /** What {@link Shutdown.run} has not come to yet. */
  readonly #waiting = new Set<Component>();
  readonly #done = new Set<Component>();
  readonly #forced = new Set<Component>();
  /** What may still come to an end after it was forced. */
  readonly #late: Promise<unknown>[] = [];
  /** What came while the others were closing, and what becomes of it. */
  readonly #joined: { readonly component: Component; readonly closing: Promise<ClosedComponent> }[] = [];
  readonly #startedAt: number;
  readonly #forceMs: number;
  #ended = false;

  constructor(reason: string, { timeout, clock, logger }: { timeout: number; clock: Clock; logger: Logger }) {
    this.#reason = reason;
    this.#timeout = timeout;
    this.#clock = clock;
    this.#logger = logger;
    this.#startedAt = clock.now();
    this.#forceMs = Math.min(MAX_FORCE_MS, timeout * FORCE_SHARE);
  }

  /** Whether it waits for nothing any more, so that what came now would not be awaited. */
  get ended(): boolean {
    return this.#ended;
  }

  async run(components: readonly Component[]): Promise<ShutdownReport> {
    const report: ClosedComponent[] = [];
    for (const component of components) this.#waiting.add(component);
    for (const component of components) {
      const share = this.#left() / this.#waiting.size;
      if (this.#waiting.delete(component)) report.push(await this.#close(component, share));
    }
    await this.#settle(report);
    const durationMs = this.#clock.now() - this.#startedAt;
    this.#logger.info({ event: 'lifecycle.closed', reason: this.#reason, durationMs }, 'shut down');
    return { reason: this.#reason, durationMs, components: report };
  }

  /** Does not close it, unless that has begun. */
  leaveOut(component: Component): void {
    this.#waiting.delete(component);
  }

  /** Closes what came while the others are closing: beside them, in the time that is left, and awaited by {@link Shutdown.run} with them. */
  join(component: Component): void {
    this.#joined.push({ component, closing: this.#close(component, this.#left()) });
  }

  /** Ends by force, now, those of the components that have not closed yet, and whatever joined them. */
  hurry(components: readonly Component[]): void {
    const joined = this.#joined.map(({ component }) => component);
    for (const component of [...joined, ...components]) if (!this.#done.has(component)) this.#force(component);
    this.#hurry.abort(new Error('Forced'));
  }

  /** Waits for what has joined, and for as long as ending by force may take for what is late. Of both, more may come meanwhile. */
  async #settle(report: ClosedComponent[]): Promise<void> {
    const before = report.length;
    let awaited = 0;
    let until: number | undefined;
    for (;;) {
      const next = this.#joined[report.length - before];
      if (next !== undefined) {
        report.push(await next.closing);
      } else if (awaited < this.#late.length) {
        awaited = this.#late.length;
        until ??= this.#clock.now() + this.#forceMs;
        await this.#within(Promise.allSettled(this.#late), Math.max(0, until - this.#clock.now()), undefined);
      } else {
        // In this very turn: whoever comes in the next would be told of a shutdown that it can still join.
        this.#ended = true;
        return;
      }
    }
  }

  /** Milliseconds for closing in peace. */
  #left(): number {
    return Math.max(0, this.#startedAt + this.#timeout - this.#forceMs - this.#clock.now());
  }

  async #close(component: Component, share: number): Promise<ClosedComponent> {
    const { name } = component;
    const startedAt = this.#clock.now();
    const controller = new AbortController();
    const closing: Promise<Settled> = component.close({ reason: this.#reason, signal: controller.signal }).then(
      () => ({ outcome: 'closed' }),
      (error: unknown) => ({ outcome: 'failed', error }),
    );
    const settled = await this.#within(closing, share, this.#hurry.signal);
    if (settled === undefined) {
      this.#late.push(closing);
      controller.abort(new Error(`${name} did not close in its time`));
      this.#force(component);
    }
    this.#done.add(component);
    const closed: ClosedComponent = { name, durationMs: this.#clock.now() - startedAt, ...(settled ?? { outcome: 'killed' }) };
    const error = closed.outcome === 'failed' ? { error: errorFields(closed.error) } : {};
    const level = closed.outcome === 'closed' ? 'info' : 'warn';
    this.#logger[level](
      { event: 'lifecycle.close', component: name, outcome: closed.outcome, durationMs: closed.durationMs, ...error },
      name,
    );
    return closed;
  }

  /** Once for each component. Its `kill` is called before this returns. */
  #force(component: Component): void {
    if (this.#forced.has(component)) return;
    this.#forced.add(component);
    const forced = component.force().catch((error: unknown) => {
      this.#logger.error({ event: 'lifecycle.forceFailed', component: component.name, error: errorFields(error) }, component.name);
    });
    this.#late.push(forced);
  }

  /** What the promise became, or `undefined` where it took too long or somebody is in a hurry. The promise must not reject. */
  #within<T>(promise: Promise<T>, limit: number, signal: AbortSignal | undefined): Promise<T | undefined> {
    // In a hurry, what closes within a turn of the event loop still counts as closed.
    const timeout = isAborted(signal) ? 0 : limit;
    return new Promise((resolve) => {
      const end = (): void => {
        resolve(undefined);
      };
      const stop = watch({ signal, timeout }, end, { clock: this.#clock, keepAlive: true });
      void promise.then((value) => {
        stop();
        resolve(value);
      });
    });
  }
}
