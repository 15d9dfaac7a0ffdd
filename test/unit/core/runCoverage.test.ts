import { describe, expect, it } from 'vitest';
import { partialBecause, selectionOf } from '../../../src/core/runCoverage.ts';

const command = (...args: readonly string[]): string[] => ['/usr/bin/node', '/x/playwright/cli.js', 'test', ...args];

describe('a command line', () => {
  it.each([
    [[]],
    [['--workers', '2', '-j', '4', '-j2', '--reporter=leak', '--retries=1']],
    [['--headed', '-x', '--quiet', '--forbid-only', '--shard', '1/3', '--shard=2/3']],
    [['-u', '--update-snapshots', 'all', '--shuffle', '42', '--trace', 'on']],
    [['--workers', '2', '--', '--build-path=./out', 'word']],
  ])('of %j chooses no tests', (args) => {
    expect(selectionOf(command(...args), null)).toEqual({});
  });

  it.each([
    [['-g', 'drawer'], '-g drawer'],
    [['-gdrawer'], '-gdrawer'],
    [['--grep=drawer'], '--grep=drawer'],
    [['--workers', '2', '--grep-invert', 'slow'], '--grep-invert slow'],
    [['checkout.spec.ts'], 'checkout.spec.ts'],
    [['-u', 'checkout.spec.ts'], 'checkout.spec.ts'],
    [['--project', 'firefox'], '--project firefox'],
    [['--last-failed'], '--last-failed'],
    [['--only-changed=main'], '--only-changed=main'],
    [['--ui'], '--ui'],
    [['--of-a-later-release'], '--of-a-later-release'],
    [['-g', 'x'.repeat(100)], `-g ${'x'.repeat(57)}…`],
  ])('of %j chooses some: %s', (args, chosen) => {
    expect(selectionOf(command(...args), null)).toEqual({ chosenBy: chosen });
  });

  it.each([
    [['-c', 'smoke.config.ts', '--workers=2'], '-c smoke.config.ts'],
    [['--config', 'smoke.config.ts'], '--config smoke.config.ts'],
    [['--config=smoke.config.ts', '--', '-cword'], '--config=smoke.config.ts'],
    [['--quiet', '-csmoke.config.ts'], '-csmoke.config.ts'],
    [['-c=smoke.config.ts'], '-c=smoke.config.ts'],
  ])('of %j names its config, beside which there may be others: %s', (args, config) => {
    expect(selectionOf(command(...args), null)).toEqual({ config });
  });

  it('that names its config chooses by what else is in it', () => {
    expect(selectionOf(command('-c', 'smoke.config.ts', '-g', 'drawer'), null)).toEqual({ chosenBy: '-g drawer' });
    expect(selectionOf(command('--workers', '-c'), null)).toEqual({});
  });

  it('that is not Playwright’s says nothing', () => {
    expect(selectionOf(['node', '/x/vscode/server.js'], null)).toBeUndefined();
    expect(selectionOf([], null)).toBeUndefined();
  });

  it('and the shard are the selection', () => {
    expect(selectionOf(command(), null)).toEqual({});
    expect(selectionOf(command('-g', 'x'), { current: 2, total: 3 })).toEqual({ chosenBy: '-g x', shard: '2/3' });
  });
});

describe('a run is partial', () => {
  const whole = { status: 'passed', notRun: 0, parts: [{}] } as const;

  it('never when every test had its turn, also failed ones and over all shards', () => {
    expect(partialBecause(whole)).toBeNull();
    expect(partialBecause({ ...whole, status: 'failed' })).toBeNull();
    expect(partialBecause({ ...whole, parts: [{ shard: '2/2' }, { shard: '1/2' }] })).toBeNull();
  });

  it.each([
    [{ status: 'interrupted' }, 'the run was interrupted'],
    [{ status: 'timedout' }, 'the run ran out of time'],
    [{ notRun: 1 }, '1 test did not run'],
    [{ parts: [{}, { chosenBy: '-g x' }] }, 'only some tests were chosen (-g x)'],
    [{ parts: [{ shard: '2/3' }, { shard: '1/3' }] }, 'nothing is known of shard 3 of 3'],
    [{ parts: [] }, 'it is not known which tests were chosen'],
    [{ parts: [{}, { config: '-c smoke.config.ts' }] }, 'other configs may have tests of their own (-c smoke.config.ts)'],
    [{ parts: [{ config: '-c a.ts' }, { chosenBy: '-g x' }] }, 'only some tests were chosen (-g x)'],
    [{ parts: [{}, undefined] }, 'it is not known which tests were chosen'],
  ] as const)('with %j: %s', (fields, reason) => {
    expect(partialBecause({ ...whole, ...fields })).toBe(reason);
  });
});
