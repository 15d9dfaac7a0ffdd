import { normalizeLabel } from '../core/fingerprint.ts';
import type { Resource, ResourceKey } from '../core/resource.ts';
import { callerOf, formatPlace } from '../core/stack.ts';

/** In how many tests of one worker something must have stayed behind before "opened once and kept" is no explanation any more. */
const TESTS_UNTIL_LEAK = 3;

/**
 * Memory for what cannot be called a leak at first sight: an epoll descriptor of the runtime, what a module opened while it was
 * loaded. Such things are opened once and kept; a leak is what keeps coming from the same place. Three libraries that each listen for
 * SIGTERM once are none.
 */
export class Sightings {
  readonly #groups = new Map<string, Map<ResourceKey, { readonly test: number; readonly resource: Resource }>>();

  /**
   * Remembers what one test left behind.
   *
   * @param test A number that differs from test to test.
   * @param isOpen Whether a resource seen earlier is still there.
   * @returns For every group that has now stayed behind in {@link TESTS_UNTIL_LEAK} tests, all its open resources; the group then starts anew.
   */
  add(test: number, resources: readonly Resource[], isOpen: (keys: ReadonlySet<ResourceKey>) => readonly ResourceKey[]): Resource[] {
    const repeated: Resource[] = [];
    for (const resource of resources) this.#groupOf(resource).set(resource.key, { test, resource });
    for (const [name, group] of this.#groups) {
      if (new Set([...group.values()].map((sighting) => sighting.test)).size < TESTS_UNTIL_LEAK) continue;
      const open = new Set(isOpen(new Set(group.keys())));
      for (const key of group.keys()) if (!open.has(key)) group.delete(key);
      if (new Set([...group.values()].map((sighting) => sighting.test)).size < TESTS_UNTIL_LEAK) continue;
      for (const { resource } of group.values()) repeated.push(resource);
      this.#groups.delete(name);
    }
    return repeated;
  }

  #groupOf(resource: Resource): Map<ResourceKey, { readonly test: number; readonly resource: Resource }> {
    const caller = callerOf(resource.stack);
    const place = caller === undefined ? '' : formatPlace(caller);
    const name = [resource.kind, resource.type, normalizeLabel(resource.label), place].join(' ');
    const group = this.#groups.get(name) ?? new Map<ResourceKey, { readonly test: number; readonly resource: Resource }>();
    this.#groups.set(name, group);
    return group;
  }
}
