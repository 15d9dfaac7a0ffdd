import { highest, lowest } from '../core/extremes.ts';

const BARS = '▁▂▃▄▅▆▇█';

/**
 * A course as a row of bars, the lowest value as the lowest bar. One bar a value up to `width`, then the highest of each stretch.
 * A course that never changes, or has fewer than two values, has no shape to show: the empty text.
 *
 * @example sparkline([24, 24, 25, 26], 10) // '▁▁▅█'
 */
export function sparkline(values: readonly number[], width: number): string {
  const low = lowest(values);
  const high = highest(values);
  if (values.length < 2 || high === low || width < 1) return '';
  const columns = Math.min(width, values.length);
  let line = '';
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const top = highest(values.slice(from, to));
    line += BARS[Math.round(((top - low) / (high - low)) * (BARS.length - 1))] ?? '';
  }
  return line;
}
