import { display } from '../core/json.ts';
import type { Resource, ResourceKey } from '../core/resource.ts';
import { openerOf, type Frame } from '../core/stack.ts';
import { captureStack } from './captureStack.ts';
import { isOwnFile } from './ownFiles.ts';
import type { Availability, ResourceProbe } from './probe.ts';

/** A resource probe that objects are handed to. */
export interface ObjectProbe extends ResourceProbe {
  /**
   * From now on the object counts as open until it has been collected. Nothing here refers to it strongly, nor does its stack.
   *
   * @param name What the report calls it.
   * @throws TypeError for a primitive, which is never collected, and for a name that is no text.
   */
  track(name: string, object: object): void;
}

interface Tracked {
  readonly name: string;
  readonly type: string;
  readonly reference: WeakRef<object>;
  readonly stack: readonly Frame[];
}

/**
 * Objects that should have become garbage. {@link ResourceProbe.ascertain} collects it; a turn of the event loop must have passed since
 * the last look, because an object that a WeakRef has given out lives until the end of that turn.
 *
 * @param collect Collects all garbage, at once; `undefined` where the runtime cannot.
 * @example
 * ```ts
 * const probe = createObjectProbe(() => heap.collect());
 * probe.track('cart', cart);
 * ```
 */
export function createObjectProbe(collect: (() => unknown) | undefined): ObjectProbe {
  const tracked = new Map<ResourceKey, Tracked>();
  let serial = 0;

  const track = (name: string, object: object): void => {
    const given: unknown = object;
    if (typeof name !== 'string') throw new TypeError(`leak.track(name, object): expected a text as name, got ${display(name)}`);
    if ((typeof given !== 'object' || given === null) && typeof given !== 'function') {
      throw new TypeError(`leak.track(name, object): expected an object that can be collected, got ${display(given)}`);
    }
    // Formatted at once: until then V8 keeps the receivers of its frames alive, and the object may be one of them.
    const stack = captureStack(track)
      .frames()
      .filter((frame) => !isOwnFile(frame.file));
    tracked.set(`object:${String((serial += 1))}`, { name, type: typeOf(object), reference: new WeakRef(object), stack });
  };

  const prune = (): void => {
    for (const [key, entry] of tracked) if (entry.reference.deref() === undefined) tracked.delete(key);
  };

  return {
    name: 'objects',
    availability: (): Availability =>
      collect === undefined ? { available: false, reason: 'this runtime gives no access to its garbage collector' } : { available: true },
    start: () => {},
    stop: () => {
      tracked.clear();
    },
    track,
    read: () => {
      prune();
      return new Set(tracked.keys());
    },
    stillOpen: (keys) => {
      prune();
      return new Set(keys.filter((key) => tracked.has(key)));
    },
    ascertain: (keys) => {
      if (keys.some((key) => tracked.has(key))) collect?.();
    },
    describe: (keys) => keys.flatMap((key) => toResource(key, tracked.get(key))),
  };
}

function toResource(key: ResourceKey, entry: Tracked | undefined): Resource[] {
  if (entry === undefined) return [];
  const { name, type, stack } = entry;
  return [{ key, kind: 'object', type, label: name, opener: openerOf(stack), standing: 'counts', stack, evidence: {}, owns: [] }];
}

/** Name of its class. A proxy or a getter may throw when asked. */
function typeOf(object: object): string {
  try {
    const { constructor } = object;
    return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object';
  } catch {
    return 'object';
  }
}
