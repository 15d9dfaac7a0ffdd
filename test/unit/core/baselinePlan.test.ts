import { describe, expect, it } from 'vitest';
import { parseBaseline } from '../../../src/core/baseline.ts';
import { planBaseline } from '../../../src/core/baselinePlan.ts';
import { formatBaseline } from '../../../src/core/baselineText.ts';
import type { ObservedLeak } from '../../../src/core/observedLeaks.ts';
import { aBaseline, aKnownLeak } from './reportSamples.ts';

function seen(fingerprint: string, tests: readonly string[], fields: Partial<ObservedLeak> = {}): ObservedLeak {
  const owners = new Map(tests.map((test) => [test, 1] as const));
  const base = { kind: 'fd', summary: 'open', origin: 'helper.ts', outside: false };
  return { fingerprint, ...base, count: tests.length, inTests: tests.length, owners, ...fields };
}
const observed = (...leaks: readonly ObservedLeak[]) => new Map(leaks.map((leak) => [leak.fingerprint, leak]));
const nothing = { add: false, prune: false, budgets: false };
const used = { usage: new Map(), passed: true };

describe('the next baseline', () => {
  it('names at most twenty tests of a leak and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, index) => `t${String(index).padStart(2, '0')}`);
    const { next } = planBaseline(null, { observed: observed(seen('a', many)), gone: [], whole: true, ...used }, nothing);
    expect(next.leaks.get('a')).toMatchObject({ count: 30, tests: many.slice(0, 20), moreTests: 10 });
  });

  it('does not count what workers left against a known leak', () => {
    const before = aBaseline(aKnownLeak('a', { tests: [] }));
    const hooks = seen('a', [], { count: 9, inTests: 0 });
    expect(planBaseline(before, { observed: observed(hooks), gone: [], whole: true, ...used }, nothing).refused).toEqual([]);
  });

  it('brings the names of tests up to date when it is changed: all of them after a whole run, else only those that are new', () => {
    const before = aBaseline(aKnownLeak('a', { count: 5, tests: ['old', 'other'], moreTests: 3 }));
    const run = { observed: observed(seen('a', ['new', 'other'])), gone: [], ...used };
    const after = (whole: boolean) => planBaseline(before, { ...run, whole }, { ...nothing, add: true }).next.leaks.get('a');
    expect(after(true)).toMatchObject({ tests: ['new', 'other'], moreTests: 0, count: 5 });
    expect(after(false)).toMatchObject({ tests: ['new', 'old', 'other'], moreTests: 3, count: 5 });
    expect(planBaseline(before, { ...run, whole: true }, nothing).next.leaks.get('a')?.tests).toEqual(['old', 'other']);
  });

  it('is the same text whatever the order in which leaks were found, and is read as it was written', () => {
    const leaks = [
      aKnownLeak('c', { origin: 'b.ts' }),
      aKnownLeak('b', { origin: 'a.ts', outside: true, moreTests: 2 }),
      aKnownLeak('a', { origin: null, tests: [] }),
      aKnownLeak('d', { origin: 'a.ts', kind: 'handle' }),
    ];
    const text = formatBaseline(aBaseline(...leaks));
    expect(formatBaseline(aBaseline(...leaks.toReversed()))).toBe(text);
    expect([...parseBaseline(text).leaks.keys()]).toEqual(['a', 'b', 'd', 'c']);
    expect(parseBaseline(text).leaks).toEqual(
      new Map([...aBaseline(...leaks).leaks].sort(([a], [b]) => 'abdc'.indexOf(a) - 'abdc'.indexOf(b))),
    );
  });
});
