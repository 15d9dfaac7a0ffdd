import { describe, expect, it } from 'vitest';
import { chosenBy, partialBecause, selectionOf } from '../../../src/core/runCoverage.ts';

const command = (...args: readonly string[]): string[] => ['/usr/bin/node', '/x/playwright/cli.js', 'test', ...args];

describe('a command line', () => {
  it.each([
    [[]],
    [['--workers', '2', '-j', '4', '-j2', '--reporter=leak', '--retries=1', '-c', 'e2e', '-ce2e']],
    [['--headed', '-x', '--quiet', '--forbid-only', '--shard', '1/3', '--shard=2/3']],
    [['-u', '--update-snapshots', 'all', '--shuffle', '42', '--trace', 'on']],
    [['--workers', '2', '--', '--build-path=./out', 'word']],
  ])('of %j chooses no tests', (args) => {
    expect(chosenBy(command(...args))).toBeNull();
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
    expect(chosenBy(command(...args))).toBe(chosen);
  });

  it('that is not Playwright’s says nothing', () => {
    expect(chosenBy(['node', '/x/vscode/server.js'])).toBeUndefined();
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
    [{ parts: [{}, undefined] }, 'it is not known which tests were chosen'],
  ] as const)('with %j: %s', (fields, reason) => {
    expect(partialBecause({ ...whole, ...fields })).toBe(reason);
  });
});
