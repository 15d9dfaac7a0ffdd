/** When a stability scenario holds. Every limit is inclusive: what equals it still holds. */
export interface Criteria {
  /** Descriptors, processes, … that may survive the run after the warm-up when their number keeps growing. */
  readonly fdGrowth: number;
  readonly processGrowth: number;
  readonly handleGrowth: number;
  readonly contextGrowth: number;
  readonly pageGrowth: number;
  readonly domNodeGrowth: number;
  readonly documentGrowth: number;
  readonly listenerGrowth: number;
  /** Ended children that nobody waited for, at the end. */
  readonly zombies: number;
  /** Unhandled rejections and uncaught exceptions during the run. */
  readonly unhandledErrors: number;
  /** Share of the iterations that may throw, 0 to 1. */
  readonly errorRate: number;
  /** Share by which heap and RSS may keep growing over the run, 0.1 is 10 %. */
  readonly memoryGrowth: number;
  /** Bytes of live heap (worker or page) that one iteration may leave behind. */
  readonly bytesPerIteration: number;
  /** Bytes of resident memory that one iteration may leave behind; coarser, for its noise is. */
  readonly rssBytesPerIteration: number;
  /** Share by which the p95 of the last tenth of the run may exceed that of the first tenth. Gates only with `gateOn: ['p95']`. */
  readonly p95Degradation: number;
  /** Descriptors above the start, at every 100 iterations and at the end, whatever the shape. */
  readonly fdsAboveStart: number;
  readonly fdsAboveStartAtEnd: number;
  /** What is reported but does not gate unless it is named here. */
  readonly gateOn: readonly OptionalGate[];
}

/** A criterion too noisy to gate by default. */
export type OptionalGate = 'p95';
