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
