/** The greatest of many values, for which `Math.max` would take too many arguments; `-Infinity` of none. */
export function highest(values: readonly number[]): number {
  return values.reduce((most, value) => (value > most ? value : most), Number.NEGATIVE_INFINITY);
}

/** The least of many values; `Infinity` of none. */
export function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => (value < least ? value : least), Number.POSITIVE_INFINITY);
}
