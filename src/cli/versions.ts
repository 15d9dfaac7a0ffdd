/**
 * Whether a version lies in a range of the plain form our manifest uses: comparators `>=` and `<`, joined by spaces. A pre-release
 * (`1.60.0-alpha`) counts as its release.
 *
 * @throws RangeError for a range of another form
 * @example inRange('1.65.1', '>=1.50.0 <2') // true
 */
export function inRange(version: string, range: string): boolean {
  return range.split(' ').every((comparator) => {
    const [, operator, bound] = /^(>=|<)(\d+(?:\.\d+){0,2})$/.exec(comparator) ?? [];
    if (operator === undefined || bound === undefined)
      throw new RangeError(`range must be made of >= and <, came ${JSON.stringify(range)}`);
    const order = compare(numbers(version), numbers(bound));
    return operator === '<' ? order < 0 : order >= 0;
  });
}

function numbers(version: string): number[] {
  return (/\d+(?:\.\d+){0,2}/.exec(version)?.[0] ?? '').split('.').map(Number);
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (let place = 0; place < 3; place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
