import fs from 'node:fs';
import { expect } from 'vitest';
import type { MetricVerdict } from '../../src/core/metric.ts';
import type { ReportScenario } from '../../src/core/report.ts';
import type { SeriesPoint } from '../../src/core/scenario.ts';
import { createSuite, launchOptions, runPlaywright } from '../e2e/runPlaywright.ts';

export type Measured = ReportScenario & { metrics: MetricVerdict[]; series: SeriesPoint[] };

const suites: string[] = [];

/** Runs the tests of a spec one after the other in one worker, none of which may fail, and returns their scenarios in order. */
export async function runScenarios(name: string, spec: string): Promise<{ cwd: string; scenarios: Measured[] }> {
  const cwd = createSuite(`bench-${name}`);
  suites.push(cwd);
  const config = `export default { workers: 1, timeout: 0, use: { launchOptions: ${launchOptions()} } };`;
  const files = { 'package.json': '{}', 'playwright.config.ts': config, 'bench.spec.ts': spec };
  const { report, stdout, stderr } = await runPlaywright({
    cwd,
    files,
    args: ['--reporter=leak'],
    env: { PLAYWRIGHT_LEAK_FAIL_ON: 'never' },
  });
  if (report === undefined) throw new Error(`no report: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  expect(
    report.tests.map(({ status }) => status),
    stdout,
  ).not.toContain('failed');
  return { cwd, scenarios: report.scenarios as Measured[] };
}

export function removeSuites(): void {
  for (const suite of suites) fs.rmSync(suite, { recursive: true, force: true });
}
