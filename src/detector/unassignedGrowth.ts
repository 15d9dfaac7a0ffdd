import type { Place } from '../core/assemble.ts';
import type { Finding } from '../core/finding.ts';
import { heapFinding, type HeapGrowth } from '../core/heapFinding.ts';
import type { HeapReading } from '../probes/probe.ts';
import type { ExplainedGrowth } from './explainedGrowth.ts';

/** Growth that one of several tests kept for certain, told when the worker ends. */
export class UnassignedGrowth {
  readonly #explained: ExplainedGrowth;
  readonly #kept: (HeapGrowth & { readonly tests: readonly string[] })[] = [];

  constructor(explained: ExplainedGrowth) {
    this.#explained = explained;
  }

  /**
   * @param bytes Growth that neither tests which were cleared nor what ran between tests were seen to add.
   * @param live What lives now.
   */
  add(bytes: number, live: HeapReading, thresholdBytes: number, tests: readonly string[]): void {
    if (bytes <= thresholdBytes) return;
    const growth = this.#explained.explain(bytes, live);
    if (growth.bytes <= thresholdBytes) return;
    this.#explained.add(growth.bytes);
    this.#kept.push({ ...growth, tests });
  }

  findings(thresholdBytes: number, place: Place): Finding[] {
    return this.#kept.map(({ tests, ...growth }) => {
      const finding = heapFinding(growth, thresholdBytes, place);
      return { ...finding, scope: 'worker', evidence: { ...finding.evidence, keptByOneOf: [...tests] } };
    });
  }
}
