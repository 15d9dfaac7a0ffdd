import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, parseSettings } from '../../../src/core/options.ts';

const rule = { match: '/tmp/my.lock', reason: 'held by the lock server' };

describe('parseSettings', () => {
  it('fills in the defaults of the contract', () => {
    expect(parseSettings(undefined)).toEqual(DEFAULT_SETTINGS);
    expect(parseSettings({})).toEqual(DEFAULT_SETTINGS);
  });

  it('keeps the default of every threshold that is not given', () => {
    expect(parseSettings({ thresholds: { fds: 2 } }).thresholds).toEqual({ ...DEFAULT_SETTINGS.thresholds, fds: 2 });
  });

  it('takes an allow rule with kind, owner and expiry', () => {
    const full = { ...rule, kind: 'fd', owner: 'shop', expires: '2028-02-29' };
    expect(parseSettings({ allow: [full, { ...rule, match: /lock$/ }] }).allow).toEqual([full, { ...rule, match: /lock$/ }]);
  });

  it.each([
    ['record', /^leakOptions: expected an object .* got "record"$/],
    [
      { modus: 'fail' },
      /^leakOptions\.modus: no such option; expected one of mode, thresholds, settleTimeout, allow, libraryLeaks, overrides$/,
    ],
    [{ mode: 'strict' }, /^leakOptions\.mode: expected 'record', 'fail', 'off', got "strict"$/],
    [{ settleTimeout: '1s' }, /^leakOptions\.settleTimeout: expected a number of milliseconds, got "1s"$/],
    [{ settleTimeout: -1 }, /^leakOptions\.settleTimeout: expected 0 to 60000 milliseconds, got -1$/],
    [{ settleTimeout: Number.NaN }, /settleTimeout: expected a number of milliseconds, got NaN$/],
    [{ libraryLeaks: 'no' }, /^leakOptions\.libraryLeaks: expected true or false, got "no"$/],
    [{ thresholds: { fd: 1 } }, /^leakOptions\.thresholds\.fd: no such option; expected one of fds, /],
    [{ thresholds: { fds: -1 } }, /^leakOptions\.thresholds\.fds: expected at least 0 resources, got -1$/],
    [{ thresholds: [] }, /^leakOptions\.thresholds: expected an object with fds, .* got an array of 0$/],
    [{ allow: rule }, /^leakOptions\.allow: expected an array of rules, got an object with match, reason$/],
    [{ allow: [rule, { match: 'x' }] }, /^leakOptions\.allow\[1\]\.reason: expected a sentence .* got undefined$/],
    [{ allow: [{ ...rule, match: '' }] }, /^leakOptions\.allow\[0\]\.match: expected a non-empty text or a RegExp, got ""$/],
    [{ allow: [{ ...rule, kind: 'fds' }] }, /^leakOptions\.allow\[0\]\.kind: expected 'fd', .* got "fds"$/],
    [
      { allow: [{ ...rule, expires: '30.6.2027' }] },
      /^leakOptions\.allow\[0\]\.expires: expected a date as YYYY-MM-DD, got "30\.6\.2027"$/,
    ],
    [{ allow: [{ ...rule, expires: '2027-02-30' }] }, /expires: expected a date as YYYY-MM-DD, got "2027-02-30"$/],
    [{ allow: [{ ...rule, expires: '2027-02-29' }] }, /expires: expected a date as YYYY-MM-DD, got "2027-02-29"$/],
    [{ allow: [{ ...rule, expires: '2100-02-29' }] }, /expires: expected a date/],
    [{ allow: [{ ...rule, expires: '2027-13-01' }] }, /expires: expected a date/],
    [{ allow: [{ ...rule, untill: '2027-02-01' }] }, /^leakOptions\.allow\[0\]\.untill: no such option/],
  ])('refuses %j by naming the option, what was expected and what came', (value, message) => {
    expect(() => parseSettings(value)).toThrow(message);
  });
});
