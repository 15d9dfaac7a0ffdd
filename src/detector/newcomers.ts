import type { ResourceKey } from '../core/resource.ts';

/** The first part of a resource's key and its type, `fd:file`: what takes whose place. */
export type Sort = string;

/** Of the heap, at the least: an entry in the probe, its key, and its places in maps. Heap snapshots of Node 20 say 290 to 400. */
const RECORD_BYTES = 240;

/** What is kept of newcomers. `counts`: as what; `null`: they do not. */
interface Verdict {
  readonly counts: Sort | null;
  readonly looks: number;
}

/**
 * What has appeared since a baseline and is open, and what was found about it. Of a resource nothing but its key and its sort is kept, and
 * the sort is shared by all alike: what measures must not grow by what it measures.
 */
export class Newcomers {
  readonly #verdicts = new Map<ResourceKey, Verdict>();
  readonly #shared = new Map<string, Verdict>();

  /** Bytes of the heap that are taken up by what was recorded of them, here and by the probes, at the least. */
  get recordBytes(): number {
    return this.#verdicts.size * RECORD_BYTES;
  }

  /** In how many readings it was looked at. */
  looksAt(key: ResourceKey): number {
    return this.#verdicts.get(key)?.looks ?? 0;
  }

  /** @param counts As what it counts; `null`: it does not. */
  found(key: ResourceKey, counts: Sort | null, looks: number): void {
    const name = `${String(looks)}:${counts ?? ''}`;
    const verdict = this.#shared.get(name) ?? { counts, looks };
    this.#shared.set(name, verdict);
    this.#verdicts.set(key, verdict);
  }

  /** Those that count, with their sorts. */
  counted(): Map<ResourceKey, Sort> {
    return new Map([...this.#verdicts].flatMap(([key, { counts }]) => (counts === null ? [] : [[key, counts] as const])));
  }

  /** Forgets all but these. */
  keep(open: ReadonlySet<ResourceKey>): void {
    for (const key of this.#verdicts.keys()) if (!open.has(key)) this.#verdicts.delete(key);
  }

  clear(): void {
    this.#verdicts.clear();
  }
}
