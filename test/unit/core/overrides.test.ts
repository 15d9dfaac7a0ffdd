import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, parseSettings } from '../../../src/core/options.ts';
import { applyOverrides, overrideText } from '../../../src/core/overrides.ts';

const rule = { match: '/tmp/my.lock', reason: 'held by the lock server' };
const other = { match: ':8080', reason: 'the proxy' };

/** The settings for a file that is only matched by its own name. */
const settingsFor = (file: string, settings: object) => applyOverrides(parseSettings(settings), (files) => files.includes(file));

describe('overrides', () => {
  it('change for their files what they say, and leave the rest', () => {
    const settings = {
      thresholds: { fds: 1, handles: 2 },
      allow: [rule],
      overrides: [{ files: 'legacy', mode: 'off', thresholds: { fds: 9 }, allow: [other] }],
    };
    expect(settingsFor('new', settings)).toMatchObject({ mode: 'record', thresholds: { fds: 1, handles: 2 }, allow: [rule] });
    expect(settingsFor('legacy', settings)).toMatchObject({
      mode: 'off',
      settleTimeout: DEFAULT_SETTINGS.settleTimeout,
      thresholds: { fds: 9, handles: 2, pages: 0 },
      allow: [rule, other],
    });
  });

  it('hold one after the other when several are for a file', () => {
    const overrides = [
      { files: ['a', 'b'], thresholds: { fds: 1, pages: 1 }, settleTimeout: 10 },
      { files: 'b', thresholds: { fds: 2 } },
    ];
    expect(settingsFor('b', { overrides })).toMatchObject({ thresholds: { fds: 2, pages: 1 }, settleTimeout: 10 });
    expect(settingsFor('b', { overrides }).overrides.map(({ applies }) => applies)).toEqual([true, true]);
    expect(settingsFor('a', { overrides }).overrides.map(({ applies }) => applies)).toEqual([true, false]);
  });

  it('are called by their files', () => {
    expect(parseSettings({ overrides: [{ files: ['a/**', /b/] }] }).overrides.map(overrideText)).toEqual(['the override for a/**, /b/']);
  });

  it.each([
    [{}, /^leakOptions\.overrides: expected an array, got an object with no keys$/],
    [[{}], /^leakOptions\.overrides\[0\]\.files: expected a glob such as 'tests\/legacy\/\*\*' or a RegExp, got undefined$/],
    [[{ files: [] }], /^leakOptions\.overrides\[0\]\.files: .* got an empty list$/],
    [[{ files: ['a', 1] }], /files: expected a glob .* got 1$/],
    [[{ files: 'a', treshholds: {} }], /^leakOptions\.overrides\[0\]\.treshholds: no such option; expected one of files, mode, /],
    [[{ files: 'a' }, { files: 'b', thresholds: { fd: 1 } }], /^leakOptions\.overrides\[1\]\.thresholds\.fd: no such option/],
    [[{ files: 'a', allow: [{ match: 'x' }] }], /^leakOptions\.overrides\[0\]\.allow\[0\]\.reason: expected a sentence/],
    [[{ files: 'a', overrides: [] }], /^leakOptions\.overrides\[0\]\.overrides: no such option/],
  ])('%j are refused by name', (overrides, message) => {
    expect(() => parseSettings({ overrides })).toThrow(message);
  });
});
