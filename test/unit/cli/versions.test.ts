import { describe, expect, it } from 'vitest';
import { inRange } from '../../../src/cli/versions.ts';

describe('inRange', () => {
  it.each([
    ['1.50.0', true],
    ['1.65.1', true],
    ['1.60.0-alpha-2026', true],
    ['1.49.9', false],
    ['2.0.0', false],
    ['0.99.0', false],
    ['10.0.0', false],
  ])('says for %s in >=1.50.0 <2: %s', (version, expected) => {
    expect(inRange(version, '>=1.50.0 <2')).toBe(expected);
  });

  it('compares numbers, not text', () => {
    expect(inRange('20.9.0', '>=20.19')).toBe(false);
    expect(inRange('20.19.0', '>=20.19')).toBe(true);
    expect(inRange('100.0.0', '>=20.19')).toBe(true);
  });

  it('refuses a range of a form it does not know', () => {
    expect(() => inRange('1.0.0', '^1.0.0')).toThrow(new RangeError('range must be made of >= and <, came "^1.0.0"'));
  });
});
