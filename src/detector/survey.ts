import { messageOf } from '../core/messageOf.ts';
import type { Resource, ResourceKey } from '../core/resource.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Frame } from '../core/stack.ts';
import { KEY_PREFIXES, type Closer, type ResourceProbe } from '../probes/probe.ts';
import { loadedIn, standingOf } from './standing.ts';

/**
 * All resource probes asked as one. A probe that fails while measuring is not asked again: the run goes on without it, and the
 * reason is told.
 */
export class Survey {
  readonly #probes: readonly ResourceProbe[];
  readonly #running: ReadonlySet<string>;
  readonly #failures = new Map<ResourceProbe, string>();

  /** @param startedFrom Stack of the code that is surveyed from now on, for when it is itself a module that is being loaded: a script. */
  constructor(probes: readonly ResourceProbe[], startedFrom: readonly Frame[] = []) {
    this.#probes = probes;
    this.#running = new Set(loadedIn(startedFrom));
  }

  /** What every probe sees now. A probe that failed or is unavailable sees nothing. */
  read(): Snapshot {
    return this.#probes.map((probe) => this.#ask(probe, () => probe.read(), new Set<ResourceKey>()));
  }

  /** Of these keys, the ones still open. */
  stillOpen(keys: ReadonlySet<ResourceKey>): ResourceKey[] {
    return this.#collect(keys, (probe, own) => [...probe.stillOpen(own)]);
  }

  /** The same, looked into as closely as a verdict deserves: tracked objects are collected first. */
  surelyOpen(keys: ReadonlySet<ResourceKey>): ResourceKey[] {
    return this.#collect(keys, (probe, own) => {
      probe.ascertain?.(own);
      return [...probe.stillOpen(own)];
    });
  }

  /** What is known of these keys; those that vanish meanwhile are left out. */
  describe(keys: ReadonlySet<ResourceKey>): Resource[] {
    const resources = this.#collect(keys, (probe, own) => [...probe.describe(own)]);
    return resources.map((resource) => ({ ...resource, standing: standingOf(resource, this.#running) }));
  }

  /** Adds the facts that take a while. */
  async refine(resources: readonly Resource[]): Promise<Resource[]> {
    const refined: (readonly Resource[])[] = [];
    for (const probe of this.#probes) {
      const own = resources.filter((resource) => ownerOf(this.#probes, resource.key) === probe);
      if (own.length === 0) continue;
      refined.push(probe.refine === undefined ? own : await probe.refine(own).catch(() => own));
    }
    return refined.flat();
  }

  /** Who closed a resource that is gone. */
  closedBy(key: ResourceKey): Closer {
    return ownerOf(this.#probes, key)?.closedBy?.(key);
  }

  /** Whether resources of this sort may be closed by somebody else than whoever opened them. */
  diesWithOthers(key: ResourceKey): boolean {
    return ownerOf(this.#probes, key)?.closedBy !== undefined;
  }

  /** How many resources of one kind of key a snapshot holds; `null` when nothing measures them here. */
  count(snapshot: Snapshot, prefix: string): number | null {
    const index = this.#probes.findIndex((probe) => prefixesOf(probe).includes(prefix));
    const probe = this.#probes[index];
    if (probe === undefined || this.#failures.has(probe)) return null;
    return snapshot[index]?.size ?? null;
  }

  /** One sentence per probe that failed while measuring. */
  failures(): string[] {
    return [...this.#failures].map(([probe, reason]) => `${probe.name} could not be measured any further: ${reason}`);
  }

  #collect<T>(keys: ReadonlySet<ResourceKey>, ask: (probe: ResourceProbe, own: ResourceKey[]) => T[]): T[] {
    const answers: T[][] = [];
    for (const probe of this.#probes) {
      const own = [...keys].filter((key) => ownerOf(this.#probes, key) === probe);
      if (own.length > 0) answers.push(this.#ask(probe, () => ask(probe, own), []));
    }
    return answers.flat();
  }

  #ask<T>(probe: ResourceProbe, question: () => T, otherwise: T): T {
    if (this.#failures.has(probe)) return otherwise;
    try {
      return question();
    } catch (error) {
      this.#failures.set(probe, messageOf(error));
      return otherwise;
    }
  }
}

function prefixesOf(probe: ResourceProbe): readonly string[] {
  return KEY_PREFIXES[probe.name] ?? [probe.name];
}

function ownerOf(probes: readonly ResourceProbe[], key: ResourceKey): ResourceProbe | undefined {
  const prefix = key.slice(0, key.indexOf(':'));
  return probes.find((probe) => prefixesOf(probe).includes(prefix));
}
