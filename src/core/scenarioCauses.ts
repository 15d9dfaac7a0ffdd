import type { Status } from './finding.ts';
import { fingerprint } from './fingerprint.ts';
import type { Scenario } from './scenario.ts';

/** One reason why a scenario failed, as a baseline can know it. */
export interface ScenarioCause {
  /** The metric that leaks, or the criterion that does not hold. */
  readonly name: string;
  /** Of the scenario, its test and this metric; nothing in it depends on how much was measured. */
  readonly fingerprint: string;
  readonly status: Exclude<Status, 'allowed'>;
}

/**
 * Why a scenario failed: every metric that leaks and every criterion that gates and does not hold. Empty for one that holds. A baseline
 * that knows all of them lets the scenario pass; one more is new.
 *
 * @param test Its file relative to the root, and its titles.
 */
export function causesOf(scenario: Scenario, test: { readonly file: string; readonly titlePath: readonly string[] }): ScenarioCause[] {
  if (!scenario.failed) return [];
  const names = [
    ...scenario.metrics.filter(({ verdict }) => verdict === 'leak').map(({ name }) => name),
    ...scenario.outcomes.filter(({ held, gates }) => held === false && gates).map(({ name }) => name),
  ];
  const place = [...test.titlePath, scenario.name].join(' › ');
  return [...new Set(names.length > 0 ? names : ['failed'])].map((name) => ({
    name,
    fingerprint: fingerprint({ kind: 'scenario', type: name, file: test.file, place, source: null, label: '' }),
    status: 'new',
  }));
}
