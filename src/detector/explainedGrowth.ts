import type { HeapGrowth } from '../core/heapFinding.ts';
import type { AllocationGrowth, AllocationSites, HeapReading, ModuleMemories } from '../probes/probe.ts';
import { NOTHING, total } from './heapBounds.ts';

/** Live growth since the allocation sites were last looked at from which on they are looked at again. */
const SITES_BYTES = 2_000_000;

/**
 * What modules hold outside of the heap when they are loaded (WebAssembly, native code, tables in buffers) leaves no sample: up to so
 * many times what they hold on it is taken for theirs. The bundler `rolldown` holds 1.3 times as much.
 */
const MODULE_EXTERNAL_RATIO = 2;

/** Keeps apart what loading modules added to the heap, which is no leak, and tells where the rest of a growth was allocated. */
export class ExplainedGrowth {
  readonly #sites: AllocationSites | undefined;
  readonly #memories: ModuleMemories | undefined;
  #bytes = 0;
  #seen = NOTHING;
  /** What modules held in memories of their own at the last look. */
  #held = 0;

  /**
   * @param sites Without them growth has no stack, and loading a module counts as growth.
   * @param memories Without them the memory of a module that is started late, or by being used, counts as growth.
   */
  constructor(sites: AllocationSites | undefined, memories?: ModuleMemories) {
    this.#sites = sites;
    this.#memories = memories;
  }

  /** What is explained by now: brought along by modules, or charged to a test. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Explains bytes; fewer than none takes back. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  start(live: HeapReading): void {
    this.#seen = live;
    this.#held = this.#memories?.heldBytes() ?? 0;
  }

  /** Takes out the modules before a test begins, if so much has come to live since the last look that it is worth it. */
  look(live: HeapReading): void {
    const growth = total(live) - total(this.#seen);
    if (growth > SITES_BYTES) this.explain(growth, live);
  }

  /**
   * Takes modules out of this growth, which ends with what lives now. Where none were loaded, it is exact. Else both they and the rest
   * are known by samples, one in 512 kB: the smaller the better, so that of a large module no leak is left over.
   */
  explain(bytes: number, live: HeapReading): HeapGrowth {
    const held = this.#heldNow(live);
    const growth = this.#unexplained(bytes, live, this.#sites?.sinceLast(), held - this.#held);
    this.#seen = live;
    this.#held = held;
    this.#bytes += Math.max(0, bytes - growth.bytes);
    return growth;
  }

  /** What {@link ExplainedGrowth.explain} would say; nothing is taken for explained by it. */
  peek(bytes: number, live: HeapReading): HeapGrowth {
    return this.#unexplained(bytes, live, this.#sites?.peek(), this.#heldNow(live) - this.#held);
  }

  /** Where most of so many bytes was allocated, of those that live now; empty when that is not known. */
  stackOf(bytes: number): HeapGrowth['stack'] {
    const growth = this.#sites?.peek();
    return growth === undefined || growth.siteBytes * 2 < bytes ? [] : growth.stack;
  }

  /** While a module is starting, all that has come to be outside of the heap may be its memory. Once it has started, that is known. */
  #heldNow(live: HeapReading): number {
    if (this.#memories === undefined) return 0;
    const held = this.#memories.heldBytes();
    return this.#memories.isStarting() ? Math.max(held, this.#held + live.externalBytes - this.#seen.externalBytes) : held;
  }

  #unexplained(grown: number, live: HeapReading, sites: AllocationGrowth | undefined, heldBytes: number): HeapGrowth {
    const bytes = grown - heldBytes;
    if (sites === undefined) return { bytes, stack: [] };
    const { moduleBytes, otherBytes, siteBytes, stack } = sites;
    const external = live.externalBytes - this.#seen.externalBytes - heldBytes;
    const rest = otherBytes + Math.max(0, external - MODULE_EXTERNAL_RATIO * moduleBytes);
    const unexplained = moduleBytes === 0 ? bytes : Math.min(bytes - moduleBytes, rest);
    // Buffers are not on the JavaScript heap: then the sites know little of what grew, and whatever they name is not its origin.
    return { bytes: unexplained, stack: siteBytes * 2 < unexplained ? [] : stack };
  }
}
