import type { Clock, Timer } from './clock.ts';
import type { Entry } from './poolEntry.ts';
import type { PoolEvents } from './poolEvents.ts';
import type { Slots } from './poolSlots.ts';

/** How long before its end a shutdown stops being patient, in milliseconds: killing takes a moment, and so does dying. */
const FORCE_TIME = 1_000;
/** How much of that what was killed may take to be gone: the shutdown is to be over when its time is, and not a moment later. */
const DYING_TIME = 900;

/** What a shutdown came to. */
export interface CloseReport<K> {
  /** What did not end by itself and was killed. */
  readonly killed: readonly K[];
  /** How many leases were taken away from their holders. */
  readonly revoked: number;
  /** What was not gone in time even so: starts that cannot be cancelled, ends that hang. */
  readonly abandoned: number;
  readonly durationMs: number;
}

/** A resource that had to be killed. */
export interface Killed<T> {
  readonly id: string;
  readonly resource: T;
}

/** A shutdown: drain, then force, then leave. */
export class PoolClosing<T> {
  readonly #clock: Clock;
  readonly #slots: Slots<T>;
  readonly #events: PoolEvents;
  readonly #reason: Error;
  readonly #begun: number;
  readonly #done: Promise<CloseReport<Killed<T>>>;
  #resolve: (report: CloseReport<Killed<T>>) => void = () => {};
  #endsAt = Infinity;
  #timer: Timer | undefined = undefined;
  #revoked = 0;
  #forced = false;
  #settled = false;

  constructor(clock: Clock, slots: Slots<T>, events: PoolEvents, reason: Error) {
    this.#clock = clock;
    this.#slots = slots;
    this.#events = events;
    this.#reason = reason;
    this.#begun = clock.now();
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Ends what nobody holds. */
  start(): void {
    this.#events.emit({ type: 'shutdown', phase: 'drain', left: this.#slots.taken });
    for (const entry of [...this.#slots.live]) {
      if (entry.state === 'idle' || entry.state === 'checking') this.#slots.end(entry);
    }
    this.#slots.close(this.#reason);
    this.onProgress();
  }

  /** The end of the shutdown, which comes within `timeout` milliseconds from now at the latest. */
  within(timeout: number): Promise<CloseReport<Killed<T>>> {
    const endsAt = this.#clock.now() + timeout;
    if (this.#settled || this.#forced || endsAt >= this.#endsAt) return this.#done;
    this.#endsAt = endsAt;
    this.#timer?.cancel();
    if (timeout <= FORCE_TIME) this.#force();
    else this.#timer = this.#clock.setTimeout(() => this.#force(), timeout - FORCE_TIME, { keepAlive: true });
    return this.#done;
  }

  /** To be called whenever something has gone. */
  onProgress(): void {
    if (this.#slots.taken === 0) this.#finish();
  }

  #force(): void {
    this.#forced = true;
    this.#events.emit({ type: 'shutdown', phase: 'force', left: this.#slots.taken });
    this.#slots.force();
    for (const entry of [...this.#slots.live]) this.#takeAway(entry);
    this.#timer = this.#clock.setTimeout(() => this.#finish(), DYING_TIME, { keepAlive: true });
    this.onProgress();
  }

  #takeAway(entry: Entry<T>): void {
    const { lease } = entry;
    this.#slots.end(entry);
    if (lease === undefined) return;
    this.#revoked += 1;
    lease.revoke(this.#reason);
  }

  #finish(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer?.cancel();
    const abandoned = this.#slots.taken;
    this.#events.emit({ type: 'shutdown', phase: 'done', left: abandoned });
    const killed = this.#slots.killedSinceClose.map(({ id, resource }) => ({ id, resource }));
    this.#resolve({ killed, revoked: this.#revoked, abandoned, durationMs: this.#clock.now() - this.#begun });
  }
}
