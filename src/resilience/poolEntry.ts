import type { Lease } from './lease.ts';
import type { ReplaceCause } from './poolEvents.ts';

/** Up to this share of the age is taken off, at random (HikariCP takes 2.5 %). */
const AGE_VARIANCE = 0.025;

/** idle → (checking) → leased → (resetting) → idle, and from each of them to closing. */
export type EntryState = 'idle' | 'checking' | 'leased' | 'resetting' | 'closing';

/** A resource as the pool keeps it. */
export class Entry<T> {
  readonly id: string;
  readonly resource: T;
  readonly bornAt: number;
  readonly dueAt: number;
  state: EntryState = 'idle';
  /** Who holds it, while it is `leased`. */
  lease: Lease<T> | undefined = undefined;
  /** When it was last used or found healthy. */
  usedAt: number;
  idleSince: number;
  uses = 0;
  failures = 0;
  failuresInARow = 0;
  /** It died in somebody's hands. */
  lost = false;

  constructor(id: string, resource: T, now: number, { maxAge, random }: { maxAge: number; random: () => number }) {
    this.id = id;
    this.resource = resource;
    this.bornAt = now;
    this.usedAt = now;
    this.idleSince = now;
    this.dueAt = now + maxAge * (1 - AGE_VARIANCE * random());
  }

  /** False when a shutdown has taken the resource away in the meantime. */
  isStill(state: EntryState): boolean {
    return this.state === state;
  }

  /** Why this resource is not to be handed out again, if so. */
  worn(now: number, { maxUses, maxFailures }: { maxUses: number; maxFailures: number }): ReplaceCause | undefined {
    if (this.lost) return 'disconnected';
    if (this.failuresInARow >= maxFailures) return 'failures';
    if (this.uses >= maxUses) return 'uses';
    return now >= this.dueAt ? 'age' : undefined;
  }
}
