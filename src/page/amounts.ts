import { formatAmount } from '../core/amount.ts';
import type { MetricKind } from '../core/metric.ts';

/** Milliseconds as people read them: `640 ms`, `12.4 s`, `3.5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** A value, or a dash for what was not measured. */
export function formatValue(value: number | null | undefined, kind: MetricKind, signed = false): string {
  return value === null || value === undefined ? '–' : formatAmount(value, kind, signed);
}

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
