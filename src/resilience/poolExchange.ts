import { abortReason, type WaitOptions } from './abort.ts';
import { detached, type Clock, type Timer } from './clock.ts';
import { DONE, Lease, type LeaseOrigin, type ReleaseOptions } from './lease.ts';
import { LeaseQueue, type Waiter } from './leaseQueue.ts';
import { correlationPrefix, errorFields } from './logger.ts';
import { isHealthy, isRestored } from './poolCare.ts';
import type { PoolClosing } from './poolClosing.ts';
import type { Entry } from './poolEntry.ts';
import { PoolClosedError, PoolCreateError } from './poolErrors.ts';
import type { PoolEvents } from './poolEvents.ts';
import type { ResolvedPoolOptions } from './poolOptions.ts';
import { Slots } from './poolSlots.ts';
import type { Tally } from './poolStats.ts';
import { Sweep } from './poolSweep.ts';

/** Brings those who wait and what is there together: who gets what, what is checked, cleaned, replaced or started for them. */
export class Exchange<T> {
  readonly slots: Slots<T>;
  readonly #options: ResolvedPoolOptions<T>;
  readonly #events: PoolEvents;
  readonly #tally: Tally;
  readonly #queue: LeaseQueue<Lease<T>>;
  readonly #sweep: Sweep<T>;
  readonly #origin: LeaseOrigin<T>;
  readonly #idle: Entry<T>[] = [];
  /** Whether anything depends on how long ago something happened; if not, the clock is never asked. */
  readonly #timed: boolean;
  readonly #detached: Clock;
  /** Waiters with a check under way for them; others may hang while there is something better. */
  readonly #checked = new Set<Waiter<Lease<T>>>();
  #retry: Timer | undefined = undefined;
  #closing: PoolClosing<T> | undefined = undefined;

  constructor(options: ResolvedPoolOptions<T>, events: PoolEvents, tally: Tally) {
    this.#options = options;
    this.#events = events;
    this.#tally = tally;
    const { name, clock, acquireTimeout, idleTimeout, maxAge, validates, superviseInterval } = options;
    this.#detached = detached(clock);
    this.#timed = validates || Math.min(idleTimeout, maxAge, superviseInterval) < Infinity;
    this.#queue = new LeaseQueue(clock, acquireTimeout, `a lease of ${name}`, (waiter, reason) => this.#onUnserved(waiter, reason));
    this.slots = new Slots(options, events, tally, {
      onReady: (entry) => this.#offer(entry),
      onFailed: (error) => this.#onLaunchFailed(error),
      onLost: (entry) => this.#onLost(entry),
      onRoom: () => this.#onRoom(),
    });
    this.#sweep = new Sweep(options, this.#idle, {
      onWorn: (entry, cause) => this.slots.replace(entry, cause),
      onSurplus: (entry) => this.slots.end(entry),
      onCheck: (entry) => void this.#check(entry),
    });
    const takeBack: LeaseOrigin<T>['takeBack'] = (entry, how, lease) => this.#takeBack(entry, how, lease);
    this.#origin = { takeBack, idPrefix: correlationPrefix(`${name}-lease`) };
  }

  get idle(): number {
    return this.#idle.length;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** @param options Checked. */
  acquire(options: WaitOptions): Promise<Lease<T>> {
    if (this.#closing !== undefined) return Promise.reject(new PoolClosedError(this.#options.name));
    if (options.signal?.aborted === true) return Promise.reject(abortReason(options.signal));
    const entry = this.#queue.length === 0 ? this.#takeFresh() : undefined;
    if (entry !== undefined) return Promise.resolve(this.#lease(entry, 0));
    return this.#wait(options);
  }

  /** Gives nothing out any more, and turns away whoever waits. What is there from now on is the shutdown's. */
  shut(closing: PoolClosing<T>, reason: Error): void {
    this.#closing = closing;
    this.#stopRetry();
    this.#sweep.stop();
    this.#idle.length = 0;
    this.#queue.rejectAll(reason);
  }

  /** The resource used last, if it can be handed out without asking it first. */
  #takeFresh(): Entry<T> | undefined {
    const entry = this.#idle.at(-1);
    if (entry === undefined) return undefined;
    if (this.#timed) {
      const now = this.#options.clock.now();
      if (now >= entry.dueAt || (this.#options.validates && now - entry.usedAt >= this.#options.validateBypass)) return undefined;
    }
    return this.#idle.pop();
  }

  #lease(entry: Entry<T>, waitMs: number): Lease<T> {
    entry.state = 'leased';
    this.#tally.leases += 1;
    if (entry.uses > 0) this.#tally.reused += 1;
    entry.uses += 1;
    const lease = new Lease(this.#origin, entry, this.#tally.leases);
    entry.lease = lease;
    if (!this.#events.quiet) this.#events.emit({ type: 'acquire', lease: lease.id, resource: entry.id, waitMs, reused: entry.uses > 1 });
    return lease;
  }

  #wait(options: WaitOptions): Promise<Lease<T>> {
    const promise = this.#queue.wait(options);
    if (this.#idle.length + this.#checked.size === 0 && this.slots.taken >= this.#options.max) {
      this.#tally.exhausted += 1;
      if (!this.#events.quiet) this.#events.emit({ type: 'exhausted', waiting: this.#queue.length, max: this.#options.max });
    }
    this.#dispatch();
    return promise;
  }

  /** Sees to it that for everybody who waits something is on its way, as far as there is room. */
  #dispatch(): void {
    this.#useIdle();
    while (this.#closing === undefined && this.#queue.length > this.#checked.size + this.slots.expected) {
      if (this.slots.taken >= this.#options.max) return;
      const blockedMs = this.slots.blockedUntil - this.#options.clock.now();
      if (blockedMs > 0) {
        this.#retry ??= this.#detached.setTimeout(() => this.#onRetry(), blockedMs, { keepAlive: true });
        return;
      }
      this.slots.launch();
    }
  }

  /** Nobody waits while something rests, whatever else is on its way: that may hang, or was begun for somebody who is gone. */
  #useIdle(): void {
    while (this.#idle.length > 0) {
      const waiter = this.#queue.firstBut(this.#checked);
      const entry = waiter && this.#idle.pop();
      if (waiter === undefined || entry === undefined) return;
      const now = this.#options.clock.now();
      const cause = entry.worn(now, this.#options);
      if (cause !== undefined) this.slots.replace(entry, cause);
      else if (this.#options.validates && now - entry.usedAt >= this.#options.validateBypass) void this.#check(entry, waiter);
      else this.#offer(entry);
    }
  }

  /**
   * To whoever has waited longest, or to the idle ones.
   *
   * @param checkedFor Who had it checked. If another is served with it, whose own check is under way, that one is on its way for them.
   */
  #offer(entry: Entry<T>, checkedFor?: Waiter<Lease<T>>): void {
    if (this.#closing !== undefined) return this.slots.end(entry);
    const waiter = this.#queue.shift();
    if (waiter !== undefined) {
      if (checkedFor?.queued !== true) this.#checked.delete(waiter);
      if (this.#queue.length === 0) this.#stopRetry();
      const waitMs = this.#events.quiet ? 0 : this.#options.clock.now() - waiter.since;
      return waiter.resolve(this.#lease(entry, waitMs));
    }
    const rested = entry.state === 'checking';
    entry.state = 'idle';
    // One that was only checked goes on resting, below those that were used.
    if (rested) this.#idle.unshift(entry);
    else this.#idle.push(entry);
    if (!this.#timed) return;
    if (!rested) entry.idleSince = this.#options.clock.now();
    this.#sweep.arm(entry);
  }

  async #check(entry: Entry<T>, waiter?: Waiter<Lease<T>>): Promise<void> {
    entry.state = 'checking';
    if (waiter !== undefined) this.#checked.add(waiter);
    const healthy = await isHealthy(entry, this.#options, this.#events);
    if (waiter !== undefined) this.#checked.delete(waiter);
    if (!entry.isStill('checking')) return;
    entry.usedAt = this.#options.clock.now();
    if (entry.lost || !healthy) this.slots.replace(entry, entry.lost ? 'disconnected' : 'health');
    else this.#offer(entry, waiter);
    this.#dispatch();
  }

  async #reset(entry: Entry<T>, failed: boolean): Promise<void> {
    entry.state = 'resetting';
    const restored = await isRestored(entry, this.#options, this.#events);
    if (!entry.isStill('resetting')) return;
    if (entry.lost || !restored) this.slots.replace(entry, entry.lost ? 'disconnected' : 'health');
    else await this.#comeBack(entry, failed);
  }

  /** A use that failed may have failed because the resource is dying: it is asked before the next user gets it. */
  #comeBack(entry: Entry<T>, failed: boolean): Promise<void> {
    if (failed && this.#options.validates && this.#closing === undefined) {
      entry.idleSince = entry.usedAt;
      return this.#check(entry);
    }
    this.#offer(entry);
    return DONE;
  }

  #takeBack(entry: Entry<T>, { failed = false, discard = false }: ReleaseOptions, lease: Lease<T>): Promise<void> {
    entry.lease = undefined;
    if (!this.#events.quiet) this.#events.emit({ type: 'release', lease: lease.id, resource: entry.id, failed });
    if (failed) entry.failures += 1;
    entry.failuresInARow = failed ? entry.failuresInARow + 1 : 0;
    const now = this.#timed ? this.#options.clock.now() : 0;
    entry.usedAt = now;
    const cause = discard ? 'health' : entry.worn(now, this.#options);
    if (this.#closing !== undefined) this.slots.end(entry);
    else if (cause !== undefined) this.slots.replace(entry, cause);
    else if (this.#options.resets) return this.#reset(entry, failed);
    else return this.#comeBack(entry, failed);
    return DONE;
  }

  #onUnserved(waiter: Waiter<Lease<T>>, reason: Error): void {
    this.#tally.unserved += 1;
    this.#checked.delete(waiter);
    if (this.#queue.length === 0) this.#stopRetry();
    if (this.#events.quiet) return;
    this.#events.emit({ type: 'acquireFailed', waitMs: this.#options.clock.now() - waiter.since, error: errorFields(reason) });
  }

  #onLaunchFailed(error: unknown): void {
    const { live, expected } = this.slots;
    if (live.size + expected === 0) this.#queue.rejectAll(new PoolCreateError(this.#options.name, error));
    this.#dispatch();
  }

  #onLost(entry: Entry<T>): void {
    entry.lost = true;
    const index = this.#idle.indexOf(entry);
    if (index >= 0) {
      this.#idle.splice(index, 1);
      this.slots.replace(entry, 'disconnected');
    }
    entry.lease?.revoke(new Error(`${entry.id} is gone`));
  }

  #onRoom(): void {
    if (this.#closing === undefined) this.#dispatch();
    else this.#closing.onProgress();
  }

  #onRetry(): void {
    this.#retry = undefined;
    this.#dispatch();
  }

  #stopRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }
}
