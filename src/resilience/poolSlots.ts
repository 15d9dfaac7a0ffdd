import { AsyncLocalStorage } from 'node:async_hooks';
import { watch } from './abort.ts';
import type { Timer } from './clock.ts';
import { correlationIds, errorFields } from './logger.ts';
import { Entry } from './poolEntry.ts';
import type { PoolEvents, ReplaceCause } from './poolEvents.ts';
import type { CreateContext, ResolvedPoolOptions } from './poolOptions.ts';
import type { Tally } from './poolStats.ts';

const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 5_000;

/** What the slots tell the pool. */
export interface SlotsListener<T> {
  /** A resource is ready to be handed out. */
  onReady(entry: Entry<T>): void;
  /** A start failed; another may be tried once {@link Slots.blockedUntil} has passed. */
  onFailed(error: unknown): void;
  /** A resource died by itself. */
  onLost(entry: Entry<T>): void;
  /** Another one may be started, if there is room: one has ended, or has been given up at its start. */
  onRoom(): void;
}

/** A resource whose end has begun. */
interface Ending {
  /** Stop being patient with it. */
  force(): void;
}

/** Starts and ends the resources of a pool, and counts them from the first moment of the start to the last of the end. */
export class Slots<T> {
  readonly live = new Set<Entry<T>>();
  /** When the next start may be tried. */
  blockedUntil = -Infinity;
  /** What had to be killed after {@link close}. */
  readonly killedSinceClose: Entry<T>[] = [];
  readonly #options: ResolvedPoolOptions<T>;
  readonly #events: PoolEvents;
  readonly #tally: Tally;
  readonly #listener: SlotsListener<T>;
  readonly #starting = new Set<AbortController>();
  readonly #ending = new Map<Entry<T>, Ending>();
  readonly #nextId;
  /** Resources outlive the request that happened to start them; its async context must not. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #failures = 0;
  #closed = false;
  #forced = false;

  constructor(options: ResolvedPoolOptions<T>, events: PoolEvents, tally: Tally, listener: SlotsListener<T>) {
    this.#options = options;
    this.#events = events;
    this.#tally = tally;
    this.#listener = listener;
    this.#nextId = correlationIds(options.name);
  }

  get starting(): number {
    return this.#starting.size;
  }

  /** Those that start and have not been told to give up: one that does not heed it may never be there. */
  get expected(): number {
    let expected = 0;
    for (const { signal } of this.#starting) if (!signal.aborted) expected += 1;
    return expected;
  }

  get ending(): number {
    return this.#ending.size;
  }

  get taken(): number {
    return this.#starting.size + this.live.size + this.#ending.size;
  }

  launch(): void {
    this.#outside(() => void this.#launch());
  }

  /** Ends a resource that is on nobody's list any more, once: whoever hears of a launch or a replacement may have closed the pool by then. */
  end(entry: Entry<T>): void {
    if (entry.state === 'closing') return;
    entry.state = 'closing';
    this.live.delete(entry);
    this.#outside(() => void this.#end(entry));
  }

  replace(entry: Entry<T>, cause: ReplaceCause): void {
    this.#tally.replaced[cause] += 1;
    this.#events.emit({ type: 'replace', resource: entry.id, cause });
    this.end(entry);
  }

  /** No resource is wanted any more: what is starting is told so. */
  close(reason: Error): void {
    this.#closed = true;
    for (const starting of this.#starting) starting.abort(reason);
  }

  /** From now on whatever ends, or is ending, is killed. */
  force(): void {
    this.#forced = true;
    for (const ending of this.#ending.values()) ending.force();
  }

  async #launch(): Promise<void> {
    const { create, createTimeout, clock } = this.#options;
    const abort = new AbortController();
    const id = this.#nextId();
    const begun = clock.now();
    let entry: Entry<T> | undefined;
    let lost = false;
    const onLost = (): void => {
      lost = true;
      if (entry !== undefined) this.#listener.onLost(entry);
    };
    const isLost = (): boolean => lost;
    this.#starting.add(abort);
    const limit = { timeout: createTimeout };
    const giveUp = (reason: Error): void => {
      abort.abort(reason);
      this.#listener.onRoom();
    };
    const stop = watch(limit, giveUp, { clock, what: `${id} to start`, keepAlive: true });
    try {
      const context: CreateContext = { id, signal: abort.signal, lost: onLost };
      const resource = await create(context);
      entry = new Entry(id, resource, clock.now(), this.#options);
    } catch (error) {
      this.#starting.delete(abort);
      this.#onLaunchFailed(error);
      return;
    } finally {
      stop();
    }
    this.#starting.delete(abort);
    if (!isLost()) this.#failures = 0;
    this.#tally.launched += 1;
    this.live.add(entry);
    this.#events.emit({ type: 'launch', resource: id, durationMs: entry.bornAt - begun });
    if (!this.#closed && !isLost()) {
      this.#listener.onReady(entry);
      return;
    }
    this.end(entry);
    if (!this.#closed) this.#onLaunchFailed(new Error(`${id} was gone as soon as it had started`));
  }

  #onLaunchFailed(error: unknown): void {
    if (this.#closed) return this.#listener.onRoom();
    const { clock, random } = this.#options;
    // Starts that fail together are one failure.
    if (clock.now() >= this.blockedUntil) this.#failures += 1;
    const longest = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (this.#failures - 1));
    const retryInMs = longest / 2 + (longest / 2) * random();
    this.#tally.launchFailures += 1;
    this.blockedUntil = clock.now() + retryInMs;
    this.#events.emit({ type: 'launchFailed', error: errorFields(error), retryInMs });
    this.#listener.onFailed(error);
  }

  async #end(entry: Entry<T>): Promise<void> {
    const begun = this.#options.clock.now();
    let error: ReturnType<typeof errorFields> | undefined;
    try {
      await this.#destroyOrKill(entry);
    } catch (reason) {
      error = errorFields(reason);
    } finally {
      this.#ending.delete(entry);
    }
    const durationMs = this.#options.clock.now() - begun;
    this.#events.emit({ type: 'close', resource: entry.id, durationMs, ...(error === undefined ? {} : { error }) });
    this.#listener.onRoom();
  }

  /**
   * Asks politely for `closeTimeout`, or not at all when there is no time left. Without a `kill` there is only waiting. It has ended as soon
   * as one of the two says so; only when neither is left that may still do it, it is over without.
   */
  #destroyOrKill(entry: Entry<T>): Promise<void> {
    const { destroy, kill, kills, closeTimeout, clock } = this.#options;
    return new Promise<void>((resolve, reject) => {
      let killed = false;
      let underWay = 0;
      let timer: Timer | undefined;
      // Calls it in this very turn: there may be no other before the process ends.
      const attempt = (end: (resource: T) => unknown): void => {
        underWay += 1;
        (async () => end(entry.resource))().then(done, failed);
      };
      const done = (): void => {
        timer?.cancel();
        resolve();
      };
      const failed = (error: Error): void => {
        underWay -= 1;
        if (underWay === 0 && (killed || !kills)) return reject(error);
        this.#events.emit({ type: 'closeFailed', error: errorFields(error) });
        force();
      };
      const force = (): void => {
        if (killed || !kills) return;
        killed = true;
        timer?.cancel();
        this.#tally.killed += 1;
        if (this.#closed) this.killedSinceClose.push(entry);
        this.#events.emit({ type: 'kill', resource: entry.id });
        attempt(kill);
      };
      this.#ending.set(entry, { force });
      if (this.#forced && kills) return force();
      if (kills) timer = clock.setTimeout(force, closeTimeout, { keepAlive: true });
      attempt(destroy);
    });
  }
}
