import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from '../../../src/core/quantity.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['72h', 259_200_000],
    ['3d', 259_200_000],
    ['1.5h', 5_400_000],
    [' 2s ', 2000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text, '--duration')).toBe(ms);
  });

  it.each(['', '5', '5 m', 'h', '-1h', '1h30m', '5M', '1e3s', 'Infinitys', 5, undefined])(
    'refuses %s, naming the option and the forms',
    (value) => {
      expect(() => parseDuration(value, '--duration')).toThrow(TypeError);
      expect(() => parseDuration(value, '--duration')).toThrow('--duration: expected a duration such as 500ms, 30s, 5m, 72h or 3d, got');
    },
  );

  it('refuses nothing at all and what cannot be counted', () => {
    expect(() => parseDuration('0s', '--duration')).toThrow(new RangeError('--duration: expected at least 1ms, got "0s"'));
    expect(() => parseDuration(`${'9'.repeat(20)}d`, '--duration')).toThrow(RangeError);
  });
});

describe('parseSize', () => {
  it.each([
    ['512m', 536_870_912],
    ['1g', 1_073_741_824],
    ['512MB', 536_870_912],
    ['512MiB', 536_870_912],
    ['64k', 65_536],
    ['4096', 4096],
    ['4096b', 4096],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text, '--memory-limit')).toBe(bytes);
  });

  it.each(['', 'm', '-1m', '1t', '1 g', '0x10', 512])('refuses %s, naming the option and the forms', (value) => {
    expect(() => parseSize(value, '--memory-limit')).toThrow('--memory-limit: expected a size such as 512m or 1g, got');
  });

  it('refuses nothing at all', () => {
    expect(() => parseSize('0', '--memory-limit')).toThrow(new RangeError('--memory-limit: expected at least 1 byte, got "0"'));
  });
});
