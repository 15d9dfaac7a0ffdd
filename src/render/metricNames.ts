import type { MetricKind } from '../core/metric.ts';

/** `fds` → `file descriptors`: what people call it. */
export function nameOfMetric(name: string): string {
  const own = name.slice(name.lastIndexOf('.') + 1);
  const prefix = name.slice(0, name.length - own.length);
  return prefix + (METRICS[own] ?? own);
}

const METRICS: Readonly<Record<string, string>> = {
  fds: 'file descriptors',
  heapBytes: 'heap',
  rssBytes: 'resident memory',
  externalBytes: 'external memory',
  arrayBufferBytes: 'array buffers',
  nativeBytes: 'native memory',
  domNodes: 'DOM nodes',
  p95Ms: 'p95',
  p50Ms: 'median',
};

/** What a metric counts in, by its name. */
export function kindOfMetric(name: string): MetricKind {
  if (/bytes$/i.test(name)) return 'bytes';
  if (/ms$/i.test(name)) return 'milliseconds';
  return /rate$/i.test(name) ? 'ratio' : 'count';
}
