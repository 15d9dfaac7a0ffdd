/** What an iteration asks whether it should fail now. */
export interface Injection {
  /**
   * Whether an error is to be injected here: at random, with the rate of the run, decided by its seed and the iteration alone, so that
   * the same seed injects the same errors at any concurrency. Always `false` without an error rate.
   *
   * @example if (inject.fail()) await route.abort();
   */
  fail(): boolean;
}

/** The injection of one iteration. `onFail` is told when it said yes: what the iteration then throws is expected. */
export function createInjection(rate: number, seed: number, iteration: number, onFail: () => void): Injection {
  const random = mulberry32((seed ^ Math.imul(iteration + 1, 0x9e37_79b1)) >>> 0);
  return {
    fail: () => {
      const hit = rate > 0 && random() < rate;
      if (hit) onFail();
      return hit;
    },
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
