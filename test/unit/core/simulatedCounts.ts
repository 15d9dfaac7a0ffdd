import { gaussian, PLANNED, type Course } from './simulatedRuns.ts';

/** How a count scatters around what survives. */
export const COUNT_NOISE: Readonly<Record<string, Course>> = {
  none: () => () => 0,
  'now and then': (random) => () => (random() < 0.1 ? 1 + Math.floor(random() * 3) : 0),
  pool: (random) => {
    const most = 2 + Math.floor(random() * 4);
    return () => Math.floor(random() * most);
  },
  gaussian: (random) => {
    const deviation = 1 + 9 * random();
    return () => Math.round(deviation * gaussian(random));
  },
  'AR(1) 0.5': (random) => {
    const deviation = 1 + 4 * random();
    let value = 0;
    return () => Math.round(deviation * (value = 0.5 * value + Math.sqrt(0.75) * gaussian(random)));
  },
};

/** One more with every `iterations`, beginning anywhere. */
export const countLeak =
  (iterations: number): Course =>
  (random) => {
    const phase = random();
    return (x) => Math.floor(x / iterations + phase);
  };

const fill =
  (from: number, to: number, least: number, more: number): Course =>
  (random) => {
    const [end, height] = [PLANNED * (from + (to - from) * random()), least + Math.floor(more * random())];
    return (x) => Math.floor(height * Math.min(1, x / end));
  };

/** Counts that do not leak: what grows has stopped by the planned end. */
export const CLEAN_COUNTS: Readonly<Record<string, Course>> = {
  flat: () => () => 0,
  'one more, once': (random) => {
    const at = PLANNED * random();
    return (x) => (x > at ? 1 : 0);
  },
  'a step': (random) => {
    const [at, height] = [PLANNED * random(), 1 + Math.floor(20 * random())];
    return (x) => (x > at ? height : 0);
  },
  'three steps': (random) => {
    const steps = [0, 0, 0].map(() => [PLANNED * random(), 1 + Math.floor(3 * random())] as const);
    return (x) => steps.reduce((sum, [at, height]) => sum + (x > at ? height : 0), 0);
  },
  'a pool that fills': fill(0.02, 0.42, 2, 30),
  'a cache full late': fill(0.5, 1, 4, 500),
  'a small cache full late': fill(0.5, 1, 4, 10),
  'a cache that fills ever slower': (random) => {
    const [rate, height] = [3 + 5 * random(), 5 + Math.floor(200 * random())];
    return (x) => Math.floor(height * (1 - Math.exp((-rate * x) / PLANNED)));
  },
  'a sawtooth': (random) => {
    const [period, height, phase] = [PLANNED * (0.05 + 0.45 * random()), 2 + Math.floor(20 * random()), random()];
    return (x) => Math.floor(height * ((x / period + phase) % 1));
  },
  'fewer than at the start': (random) => {
    const [end, height] = [PLANNED * (0.1 + 0.3 * random()), 1 + Math.floor(10 * random())];
    return (x) => -Math.floor(height * Math.min(1, x / end));
  },
};
