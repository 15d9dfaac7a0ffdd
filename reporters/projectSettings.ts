import type { FullConfig } from '@playwright/test/reporter';
import type { Finding } from '../src/core/finding.ts';
import { parseSettings, type ResolvedSettings } from '../src/core/options.ts';
import { applyPolicy } from '../src/core/policy.ts';
import { ruleText } from '../src/core/ruleUse.ts';
import type { CollectedResult } from '../src/core/runPart.ts';

/** What the config says of leaks, by project: for findings that are made when the workers have ended. What files say is known in workers only. */
export class ProjectSettings {
  readonly #byProject = new Map<string, ResolvedSettings>();
  readonly #usedRules = new Set<string>();

  constructor(config: FullConfig) {
    for (const { name, use } of config.projects) {
      try {
        this.#byProject.set(name, parseSettings('leakOptions' in use ? use.leakOptions : undefined));
      } catch {
        // Said, with its reason, by every test that has these options.
      }
    }
  }

  /** Keys of the allow rules that matched something. */
  get usedRules(): readonly string[] {
    return [...this.#usedRules];
  }

  /** Gives findings their status, by worker, as the settings of the worker's project want it. */
  apply(byWorker: ReadonlyMap<number, readonly Finding[]>, results: readonly CollectedResult[], today: string): Map<number, Finding[]> {
    const projects = new Map(results.map(({ workerIndex, project }) => [workerIndex, project]));
    return new Map(
      [...byWorker].map(([worker, findings]) => {
        const settings = this.#byProject.get(projects.get(worker) ?? '') ?? parseSettings(undefined);
        return [worker, applyPolicy(findings, settings, today, (rule) => this.#usedRules.add(ruleText(rule).key))];
      }),
    );
  }
}
