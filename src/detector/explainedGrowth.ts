import type { HeapGrowth } from '../core/heapFinding.ts';
import type { AllocationGrowth, AllocationSites, HeapReading } from '../probes/probe.ts';
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
  #bytes = 0;
  #seen = NOTHING;

  /** @param sites Without them growth has no stack, and loading a module counts as growth. */
  constructor(sites: AllocationSites | undefined) {
    this.#sites = sites;
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
    if (this.#sites === undefined) return { bytes, stack: [] };
    const growth = this.#unexplained(bytes, live, this.#sites.sinceLast());
    this.#seen = live;
    this.#bytes += Math.max(0, bytes - growth.bytes);
    return growth;
  }

  /** What {@link ExplainedGrowth.explain} would say; nothing is taken for explained by it. */
  peek(bytes: number, live: HeapReading): HeapGrowth {
    return this.#sites === undefined ? { bytes, stack: [] } : this.#unexplained(bytes, live, this.#sites.peek());
  }

  /** Where most of so many bytes was allocated, of those that live now; empty when that is not known. */
  stackOf(bytes: number): HeapGrowth['stack'] {
    const growth = this.#sites?.peek();
    return growth === undefined || growth.siteBytes * 2 < bytes ? [] : growth.stack;
  }

  #unexplained(bytes: number, live: HeapReading, { moduleBytes, otherBytes, siteBytes, stack }: AllocationGrowth): HeapGrowth {
    const external = live.externalBytes - this.#seen.externalBytes;
    const rest = otherBytes + Math.max(0, external - MODULE_EXTERNAL_RATIO * moduleBytes);
    const unexplained = moduleBytes === 0 ? bytes : Math.min(bytes - moduleBytes, rest);
    // Buffers are not on the JavaScript heap: then the sites know little of what grew, and whatever they name is not its origin.
    return { bytes: unexplained, stack: siteBytes * 2 < unexplained ? [] : stack };
  }
}
