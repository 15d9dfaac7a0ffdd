import type { MetricKind } from './metric.ts';

/**
 * A value as people read it, with a sign when asked for: `1.2 kB`, `+3`, `0.004`, `12 ms`, `5.3 %`. Kilobytes are a thousand bytes.
 *
 * @example formatAmount(1234, 'bytes') // '1.2 kB'
 */
export function formatAmount(value: number, kind: MetricKind, signed = false): string {
  const sign = value < 0 ? '-' : signed ? '+' : '';
  return sign + magnitude(Math.abs(value), kind);
}

function magnitude(value: number, kind: MetricKind): string {
  if (!Number.isFinite(value)) return 'unlimited';
  switch (kind) {
    case 'bytes':
      if (value >= 999_950) return `${(value / 1e6).toFixed(1)} MB`;
      return value >= 999.5 ? `${(value / 1e3).toFixed(1)} kB` : `${short(value)} B`;
    case 'milliseconds':
      return `${short(value)} ms`;
    case 'ratio':
      return `${short(value * 100)} %`;
    case 'count':
      return short(value);
  }
}

/** Three digits that matter, without an exponent or trailing zeros. */
function short(value: number): string {
  if (value >= 100 || value === 0) return String(Math.round(value));
  return String(Number(value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(value))))));
}
