import { judgeMetric } from '../../../src/core/judgeMetric.ts';
import { isDecided, LOOKS } from '../../../src/core/look.ts';
import type { MetricJudgement, MetricRule } from '../../../src/core/metric.ts';
import type { Point } from '../../../src/core/statistics.ts';

/** Uniform in [0, 1). */
export type Random = () => number;

/** A course over the iterations, or the noise on it: drawn once for a run, then asked for every sample in order. */
export type Course = (random: Random) => (iteration: number) => number;

export const PLANNED = 1000;
const SAMPLE_EVERY = 20;
const KB = 1e3;
const MB = 1e6;

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** Noise of a collected heap. `measured` is what a quiet Node process shows: almost none, with spikes; the others are worse than that. */
export const HEAP_NOISE: Readonly<Record<string, Course>> = {
  gaussian: (random) => {
    const deviation = between(random, 20, 60) * KB;
    return () => deviation * gaussian(random);
  },
  'AR(1) 0.5': (random) => {
    const deviation = between(random, 20, 60) * KB;
    let value = gaussian(random);
    return () => deviation * (value = 0.5 * value + Math.sqrt(0.75) * gaussian(random));
  },
  'heavy tails': (random) => {
    const deviation = between(random, 10, 30) * KB;
    return () => {
      const chi = Math.sqrt((gaussian(random) ** 2 + gaussian(random) ** 2 + gaussian(random) ** 2) / 3);
      const tail = Math.max(-15, Math.min(15, gaussian(random) / chi));
      return deviation * tail + (random() < 0.05 ? between(random, 100, 500) * KB : 0);
    };
  },
  'GC sawtooth': (random) => {
    const [deviation, height, period, phase] = [
      between(random, 10, 30) * KB,
      between(random, 100, 300) * KB,
      between(random, 37, 157),
      random(),
    ];
    return (x) => height * ((x / period + phase) % 1) + deviation * gaussian(random);
  },
  measured: (random) => {
    const deviation = between(random, 2, 10) * KB;
    return () => Math.abs(deviation * gaussian(random)) + (random() < 0.08 ? between(random, 100, 250) * KB : 0);
  },
  'shifting level': (random) => {
    const deviation = between(random, 20, 60) * KB;
    let level = 0;
    return () => {
      if (random() < 0.02) level += between(random, -100, 100) * KB;
      return level + deviation * gaussian(random);
    };
  },
};

/** A rise to `height` that is over after `from` to `to` of the planned iterations. */
const fill =
  (from: number, to: number): Course =>
  (random) => {
    const [end, height] = [PLANNED * between(random, from, to), between(random, 0.5, 8.5) * MB];
    return (x) => height * Math.min(1, x / end);
  };

const step =
  (from: number, to: number): Course =>
  (random) => {
    const [at, height] = [PLANNED * between(random, from, to), between(random, 0.2, 5) * MB];
    return (x) => (x > at ? height : 0);
  };

/** Heaps that do not leak. Whatever grows here has stopped by the planned end. */
export const CLEAN_HEAPS: Readonly<Record<string, Course>> = {
  flat: () => () => 0,
  'half the limit': () => (x) => 256 * x,
  'half the limit and a cache that fills': (random) => {
    const cache = fill(0.05, 0.4)(random);
    return (x) => 256 * x + cache(x);
  },
  'ever slower settling': (random) => {
    // A loop of fetch and JSON in Node 20 settles like this with about 250 kB: 460 B per iteration after 500, 200 after 1500.
    const height = between(random, 50, 400) * KB;
    return (x) => height * Math.log(1 + x / 40);
  },
  'early step': step(0.02, 0.27),
  'middle step': step(0.3, 0.7),
  'late step': step(0.7, 0.99),
  'three steps': (random) => {
    const steps = [0, 0, 0].map(() => [PLANNED * random(), between(random, 0.1, 2) * MB] as const);
    return (x) => steps.reduce((sum, [at, height]) => sum + (x > at ? height : 0), 0);
  },
  'cache full early': fill(0.05, 0.4),
  'cache full late': fill(0.5, 0.9),
  'cache full at the very end': fill(0.9, 1),
  'cache that fills ever slower': (random) => {
    const [rate, height] = [between(random, 4, 8), between(random, 0.5, 8.5) * MB];
    return (x) => height * (1 - Math.exp((-rate * x) / PLANNED));
  },
  'long sawtooth': (random) => {
    const [period, height, phase] = [PLANNED * between(random, 0.1, 0.5), between(random, 0.3, 4.3) * MB, random()];
    return (x) => height * ((x / period + phase) % 1);
  },
  'falls after the warm-up': (random) => {
    const [end, height] = [PLANNED * between(random, 0.1, 0.4), between(random, 0.3, 3.3) * MB];
    return (x) => -height * Math.min(1, x / end);
  },
};

/** Not counted among the clean ones, for few runs see enough of its periods to be sure: a wave of up to the planned length. */
export const slowWave: Course = (random) => {
  const [period, height, phase] = [PLANNED * between(random, 0.1, 1), between(random, 0.1, 1.1) * MB, random()];
  return (x) => height * Math.sin(2 * Math.PI * (x / period + phase));
};

export const HEAP_LIMIT = 512;

/** `times` the limit with every iteration. */
export const leaking =
  (times: number): Course =>
  () =>
  (x) =>
    times * HEAP_LIMIT * x;

/** A leak of twice the limit with something beside it. */
export const MIXED_LEAKS: Readonly<Record<string, Course>> = {
  'and a step': (random) => {
    const jump = step(0, 1)(random);
    return (x) => 2 * HEAP_LIMIT * x + jump(x);
  },
  'and a cache that fills': (random) => {
    const cache = fill(0.05, 0.4)(random);
    return (x) => 2 * HEAP_LIMIT * x + cache(x);
  },
  'and a fall after the warm-up': (random) => {
    const [end, height] = [PLANNED * between(random, 0.02, 0.22), between(random, 0.2, 1.2) * MB];
    return (x) => 2 * HEAP_LIMIT * x - height * Math.min(1, x / end);
  },
  'in lumps': (random) => {
    const period = between(random, 60, 160);
    return (x) => 2 * HEAP_LIMIT * period * Math.floor(x / period);
  },
};

export interface RunOptions {
  /** Looks before the planned end. */
  readonly earlyStop?: boolean;
  /** Up to twice the planned iterations. */
  readonly extend?: boolean;
  /** Level at the start. */
  readonly base?: number;
}

/** A run as the runner does it: a sample every 20 iterations, looks at {@link LOOKS}, over as soon as it is decided. */
export function simulate(
  rule: MetricRule,
  course: Course,
  noise: Course,
  seed: number,
  options: RunOptions = {},
): MetricJudgement & { at: number } {
  const { earlyStop = true, extend = true, base = 40 * MB } = options;
  const random = seeded(seed * 7919 + 1);
  const [at, on] = [course(random), noise(random)];
  const points: Point[] = [];
  const looks = LOOKS.filter((share) => (earlyStop || share >= 1) && (extend || share <= 1));
  for (const share of looks) {
    const upTo = share * PLANNED;
    for (let x = points.length * SAMPLE_EVERY; x <= upTo; x += SAMPLE_EVERY) points.push({ x, y: base + at(x) + on(x) });
    const final = share === looks.at(-1);
    const judgement = judgeMetric('metric', points, rule, { final, beyondPlan: share > 1 });
    if (final || isDecided([judgement])) return { ...judgement, at: upTo };
  }
  throw new Error('no look was final');
}

/** How the verdicts of many seeds are distributed. */
export function tallyVerdicts(judgements: readonly MetricJudgement[]): { pass: number; leak: number; inconclusive: number } {
  const tally = { pass: 0, leak: 0, inconclusive: 0 };
  for (const { verdict } of judgements) tally[verdict] += 1;
  return tally;
}
