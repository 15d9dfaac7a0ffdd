import type { ReportScenario } from '../../src/core/report.ts';
import { runExample } from './exampleSuites.ts';
import type { PlaywrightRun } from './runPlaywright.ts';

/** Titles of the reproduced leaks, and metrics of which at least one must show it. */
export const REPRODUCED: Readonly<Record<string, readonly string[]>> = {
  'one page for ever': ['domNodes', 'listeners'],
  'a browser per task': ['browsers', 'processes'],
  'a clean-up that nobody awaits': ['contexts', 'pages'],
  'a client that nobody closes': ['requests'],
  'a permit lost to an exception': ['heapBytes', 'externalBytes', 'arrayBufferBytes'],
};

export interface ReproducedLeak {
  readonly title: string;
  readonly status: string;
  readonly verdict: string;
  readonly iterations: number;
  /** Names of the metrics that leak; what stands before a dot tells whose they are and is left out. */
  readonly leaking: readonly string[];
  readonly reasons: readonly string[];
}

/** Runs the leaky or the repaired twins, all unless some are named, and tells what the stability runs made of them. */
export async function runReproduced(
  twin: 'leaky' | 'repaired',
  iterations: number,
  titles: readonly string[] = Object.keys(REPRODUCED),
): Promise<{ run: PlaywrightRun; leaks: ReproducedLeak[] }> {
  const env = { REPRODUCED_LEAKS_ITERATIONS: String(iterations) };
  const run = await runExample('reproduced-leaks', {
    grep: `(${titles.join('|')}): ${twin}$`,
    args: ['--workers=2', '--fully-parallel'],
    env,
  });
  const scenarios = new Map(run.report?.scenarios.map((scenario) => [scenario.testId, scenario]));
  const leaks = (run.report?.tests ?? []).map(({ id, title, status }) => {
    const scenario = scenarios.get(id);
    const { verdict = 'none', iterations: done = 0 } = scenario ?? {};
    return { title, status, verdict, iterations: done, leaking: leakingMetrics(scenario), reasons: texts(scenario?.['reasons']) };
  });
  return { run, leaks };
}

function leakingMetrics(scenario: ReportScenario | undefined): string[] {
  const metrics: unknown = scenario?.['metrics'];
  if (!Array.isArray(metrics)) return [];
  return (metrics as { name: string; verdict: string }[])
    .filter(({ verdict }) => verdict === 'leak')
    .map(({ name }) => name.slice(name.lastIndexOf('.') + 1));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
