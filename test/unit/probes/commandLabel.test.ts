import { describe, expect, it } from 'vitest';
import { commandLabel } from '../../../src/probes/commandLabel.ts';

describe('commandLabel', () => {
  it.each([
    [['/usr/bin/node', '/srv/app.js', '--port=80'], 'node /srv/app.js --port=80'],
    [['/usr/lib/chromium/chromium --type=zygote --user-data-dir=/tmp/profile'], 'chromium --type=zygote --user-data-dir=/tmp/profile'],
    [['/Applications/Google Chrome', '-x'], 'Google Chrome -x'],
    [[], 'defunct'],
    [[''], 'defunct'],
    [['a/'], 'a/'],
  ])('makes of %j: %s', (argv, label) => {
    expect(commandLabel(argv, 'defunct')).toBe(label);
  });

  it('cuts what nobody would read', () => {
    expect(commandLabel(['node', 'x'.repeat(500)], '')).toHaveLength(120);
  });
});
