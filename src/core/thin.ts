/** At most `most` of the values, evenly spread, the first and the last among them. `most` is at least 2. */
export function thin<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values;
  const last = values.length - 1;
  const kept = new Set(Array.from({ length: most }, (_, index) => Math.round((index * last) / (most - 1))));
  return values.filter((_, index) => kept.has(index));
}
