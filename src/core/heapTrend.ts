import { theilSen, type Point } from './statistics.ts';
import { thin } from './thin.ts';

/** Live heap of a worker over its tests: `x` is the number of the test after which it was measured, `y` bytes. */
export type HeapSamples = readonly Point[];

export interface HeapTrendLimits {
  /** Bytes the whole series must have grown before it can be a leak. */
  readonly thresholdBytes: number;
  /** Bytes per test below which growth is taken for the runner's own bookkeeping. */
  readonly bytesPerTest: number;
}

/** What the series says. `low` and `high` bound the growth per test with 99 % confidence, in bytes. */
export type HeapTrend =
  | { readonly verdict: 'leak'; readonly bytes: number; readonly slope: number; readonly low: number; readonly high: number }
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'inconclusive'; readonly reason: string };

/** Fewer samples cannot tell growth from a step or a filling cache. */
const MIN_SAMPLES = 10;

/** More are thinned out evenly: the slope costs the square of their number. */
const MAX_SAMPLES = 60;

/** Share of the samples at the beginning in which modules are loaded, caches filled and code compiled. */
const WARM_UP = 0.2;

/** 99 % two-sided: many workers are judged, each may alarm. */
const Z_99 = 2.575829;

/**
 * Judges growth too small to see in one test. `leak` only when the growth per test is surely above the limit, the last half still
 * grows at half that pace at least, each fifth of the series lies above the one before, and all of it exceeds the threshold, also
 * without a step that alone is a third of it: a step, a plateau and a sawtooth each fail one of these.
 */
export function judgeHeapTrend(samples: HeapSamples, limits: HeapTrendLimits): HeapTrend {
  const settled = thin(samples.slice(Math.floor(samples.length * WARM_UP)), MAX_SAMPLES);
  const growth = growthOf(settled);
  const step = highestStep(settled);
  if (growth - (step > growth / 3 ? step : 0) <= limits.thresholdBytes) return { verdict: 'pass' };
  if (settled.length < MIN_SAMPLES) {
    return { verdict: 'inconclusive', reason: `live heap grew, but was measured only ${String(settled.length)} times` };
  }
  const half = settled.slice(settled.length >> 1);
  const whole = theilSen(settled, Z_99);
  const last = theilSen(half, Z_99);
  if (whole === undefined || last === undefined) return { verdict: 'pass' };
  const keepsGrowing = last.low > 0 && last.slope > whole.slope / 2 && rises(settled);
  if (whole.low <= limits.bytesPerTest || !keepsGrowing) return { verdict: 'pass' };
  return { verdict: 'leak', bytes: Math.round(growth), slope: whole.slope, low: whole.low, high: whole.high };
}

/** Growth between the lowest of the first third and the lowest of the last: what came and went again does not count. */
function growthOf(samples: HeapSamples): number {
  const third = Math.ceil(samples.length / 3);
  if (samples.length < 2) return 0;
  return lowest(samples.slice(-third)) - lowest(samples.slice(0, third));
}

/**
 * The most that the series rose at once and for good, up to its last third. What one file of tests brings along when it is loaded, a
 * table or a picture, is no growth over tests.
 */
function highestStep(samples: HeapSamples): number {
  const lasting = samples.slice(0, samples.length - Math.ceil(samples.length / 3) + 1).map((_, index) => lowest(samples.slice(index)));
  return lasting.reduce((highest, y, index) => Math.max(highest, y - (lasting[index - 1] ?? y)), 0);
}

/** Whether each fifth of the series lies above the one before: a step leaves most neighbours level. */
function rises(samples: HeapSamples): boolean {
  const parts = 5;
  let previous = Number.NEGATIVE_INFINITY;
  for (let part = 0; part < parts; part += 1) {
    const slice = samples.slice(Math.floor((part * samples.length) / parts), Math.floor(((part + 1) * samples.length) / parts));
    const low = lowest(slice);
    if (low <= previous) return false;
    previous = low;
  }
  return true;
}

function lowest(samples: HeapSamples): number {
  return samples.reduce((least, sample) => Math.min(least, sample.y), Number.POSITIVE_INFINITY);
}
