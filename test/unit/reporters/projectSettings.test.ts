import type { FullConfig } from '@playwright/test/reporter';
import { describe, expect, it } from 'vitest';
import { auditFindings } from '../../../src/core/auditFindings.ts';
import { ruleText } from '../../../src/core/ruleUse.ts';
import type { CollectedResult } from '../../../src/core/runPart.ts';
import { ProjectSettings } from '../../../reporters/projectSettings.ts';

const rule = { match: 'node server.js', reason: 'a helper that ends by itself' };
const config = {
  projects: [
    { name: 'lax', use: { leakOptions: { allow: [rule] } } },
    { name: 'strict', use: {} },
    { name: 'wrong', use: { leakOptions: { allow: 'everything' } } },
  ],
} as unknown as FullConfig;
const results = ['lax', 'strict', 'wrong'].map((project, workerIndex) => ({ project, workerIndex }) as CollectedResult);

function leftBy(workerIndex: number): ReturnType<typeof auditFindings> {
  const fields = { ppid: 1, startTime: 1, state: 'S', isWorker: false, browserPid: null, descendants: [] };
  return auditFindings([{ pid: 10, label: 'node server.js', argv: ['node', 'server.js'], workerIndex, ...fields }], new Set());
}

describe('settings of projects', () => {
  it.each([
    ['allows what a rule of the worker’s project covers', 0, 'allowed'],
    ['asks no other project', 1, 'new'],
    ['allows nothing by options that are wrong', 2, 'new'],
  ])('%s', (_, worker, status) => {
    const settings = new ProjectSettings(config);
    expect(settings.apply(leftBy(worker), results, '2026-01-01').get(worker)).toMatchObject([{ status }]);
    expect(settings.usedRules).toEqual(status === 'allowed' ? [ruleText(rule).key] : []);
  });
});
