import type { FullConfig } from '@playwright/test/reporter';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import type { LeakSettings } from '../../../src/core/options.ts';
import { overrideText } from '../../../src/core/overrides.ts';
import { namedText, ruleText } from '../../../src/core/ruleUse.ts';
import type { CollectedResult, OutsideFindings } from '../../../src/core/runPart.ts';
import { ProjectSettings } from '../../../reporters/projectSettings.ts';
import { aFinding, aRecord, aResult } from '../core/reportSamples.ts';

const rule = { match: '/tmp/held-by-design.lock', reason: 'by design' };
const options = {
  lax: { allow: [rule] },
  roomy: { thresholds: { fds: 1 } },
  off: { mode: 'off' },
  legacy: { overrides: [{ files: 'legacy', allow: [rule] }, { files: ['old/**'], mode: 'off' }, { files: 'nowhere' }] },
  strict: undefined,
  wrong: { allow: 'everything' as unknown as [] },
} satisfies Record<string, LeakSettings | undefined>;
const projects = Object.entries(options).map(([name, leakOptions]) => ({ name, use: leakOptions === undefined ? {} : { leakOptions } }));
const config = { configFile: '/suite/playwright.config.ts', rootDir: '/suite/tests', projects } as unknown as FullConfig;

const lock = aFinding('lock', { summary: '/tmp/held-by-design.lock is still open' });
const other = aFinding('other');

/** What is left of findings that the tests of a project left, or the worker that ran them. */
function judge(project: string, findings: readonly Finding[], file = '/suite/tests/a.spec.ts') {
  const settings = new ProjectSettings(config);
  const results: CollectedResult[] = [aResult({ project, file, record: null })];
  const statuses = (outside: Omit<OutsideFindings, 'observed'>) => {
    const { byResult, byWorker, unchecked } = settings.apply({ observed: new Set([0]), ...outside }, results, '2026-01-01');
    return { left: [...byResult.values(), ...byWorker.values()].flat().map(({ status }) => status), unchecked: unchecked?.size };
  };
  const test = statuses({ byResult: new Map([[0, findings]]), byWorker: new Map() });
  const { usedRules } = settings;
  return { test, worker: statuses({ byResult: new Map(), byWorker: new Map([[0, findings]]) }), usedRules };
}

describe('settings of projects, for what is seen from outside', () => {
  it.each([
    ['allow what a rule covers, and nothing else', 'lax', ['allowed', 'new']],
    ['leave all of it when there is more than a threshold covers', 'roomy', ['new', 'new']],
    ['ask no other project', 'strict', ['new', 'new']],
    ['allow nothing by options that are wrong', 'wrong', ['new', 'new']],
    ['leave nothing of a project that is not to be checked', 'off', []],
  ])('%s', (_, project, left) => {
    const { test, worker, usedRules } = judge(project, [lock, other]);
    expect([test.left, worker.left]).toEqual([left, left]);
    expect(test.unchecked).toBe(project === 'off' ? 1 : 0);
    expect(usedRules).toEqual(project === 'lax' ? [ruleText(rule).key] : []);
  });

  it('allow what is within a threshold', () => {
    expect(judge('roomy', [lock]).test.left).toEqual(['allowed']);
    expect(judge('strict', [lock]).test.left).toEqual(['new']);
  });

  it('are overridden for the files of tests, by globs from the config’s folder or the root, and not for workers', () => {
    const { test, worker, usedRules } = judge('legacy', [lock, other], '/suite/tests/legacy/a.spec.ts');
    expect(test).toEqual({ left: ['allowed', 'new'], unchecked: 0 });
    expect(worker.left).toEqual(['new', 'new']);
    expect(usedRules).toEqual([namedText(overrideText({ files: ['legacy'] })).key, ruleText(rule).key]);
    expect(judge('legacy', [lock], '/suite/old/a.spec.ts').test).toEqual({ left: [], unchecked: 1 });
    expect(judge('legacy', [lock]).test).toEqual({ left: ['new'], unchecked: 0 });
  });

  it('call no test unchecked that has its record, or was not observed', () => {
    const settings = new ProjectSettings(config);
    const results = [aResult({ project: 'off', record: aRecord() }), aResult({ project: 'off', record: null, workerIndex: 1 })];
    const nothing = { byResult: new Map<number, Finding[]>(), byWorker: new Map<number, Finding[]>(), observed: new Set([0]) };
    expect(settings.apply(nothing, results, '2026-01-01').unchecked).toEqual(new Set());
  });

  it('that are wrong are told of once', () => {
    const twice = { ...config, projects: [...projects, ...projects] } as unknown as FullConfig;
    expect(new ProjectSettings(twice).notes).toEqual([
      expect.stringMatching(/leakOptions\.allow: expected an array of rules, got "everything"/),
    ]);
  });
});
