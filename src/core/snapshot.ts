import type { ResourceKey } from './resource.ts';

/** The identities each probe saw at one moment, in the order of the probes. */
export type Snapshot = readonly ReadonlySet<ResourceKey>[];

/** The keys of `after` that `before` does not have, by probe. An identity that was closed and opened again differs, so it appears. */
export function appeared(before: Snapshot, after: Snapshot): ResourceKey[][] {
  return after.map((keys, probe) => [...keys].filter((key) => before[probe]?.has(key) !== true));
}
