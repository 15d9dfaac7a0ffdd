import type { FullConfig } from '@playwright/test/reporter';
import type { Finding } from '../src/core/finding.ts';
import { messageOf } from '../src/core/messageOf.ts';
import { DEFAULT_SETTINGS, parseSettings, type ResolvedSettings } from '../src/core/options.ts';
import { overrideText } from '../src/core/overrides.ts';
import { applyPolicy } from '../src/core/policy.ts';
import { namedText, ruleText } from '../src/core/ruleUse.ts';
import type { CollectedResult, OutsideFindings } from '../src/core/runPart.ts';
import { settingsOfFile } from '../src/files/fileSettings.ts';

/**
 * What the config says of leaks, by project, and for files of it: for findings that are made from outside of the workers. What `test.use`
 * says is known in workers only.
 */
export class ProjectSettings {
  readonly #config: FullConfig;
  readonly #byProject = new Map<string, ResolvedSettings>();
  readonly #byFile = new Map<string, ResolvedSettings>();
  readonly #usedRules = new Set<string>();
  /** Sentences about options that are wrong; the tests of a suite that does not use the fixtures do not say so. */
  readonly notes: readonly string[];

  constructor(config: FullConfig) {
    this.#config = config;
    const notes = new Set<string>();
    for (const { name, use } of config.projects) {
      try {
        this.#byProject.set(name, parseSettings('leakOptions' in use ? use.leakOptions : undefined));
      } catch (error) {
        notes.add(`The config's leakOptions are wrong, and what is seen from outside is judged without them: ${messageOf(error)}.`);
      }
    }
    this.notes = [...notes];
  }

  /** Keys of the allow rules that matched something, and of the overrides for which there was a test. */
  get usedRules(): readonly string[] {
    return [...this.#usedRules];
  }

  /**
   * Gives findings their status: those of a test by the settings of its project and file, those of a worker by its project's. Of what was
   * not to be checked, none are left.
   */
  apply(outside: OutsideFindings, results: readonly CollectedResult[], today: string): OutsideFindings {
    const projects = new Map(results.map(({ workerIndex, project }) => [workerIndex, project]));
    const unchecked = new Set<number>();
    const byTest = new Map<number, ResolvedSettings>();
    for (const [index, result] of results.entries()) {
      if (result.record !== null || !outside.observed.has(result.workerIndex)) continue;
      const settings = this.#ofFile(result);
      byTest.set(index, settings);
      if (settings.mode === 'off') unchecked.add(index);
    }
    return {
      byResult: this.#judge(outside.byResult, today, (index) => byTest.get(index) ?? DEFAULT_SETTINGS),
      byWorker: this.#judge(outside.byWorker, today, (worker) => this.#ofProject(projects.get(worker) ?? '')),
      observed: outside.observed,
      unchecked,
    };
  }

  #judge(
    owners: ReadonlyMap<number, readonly Finding[]>,
    today: string,
    settingsOf: (owner: number) => ResolvedSettings,
  ): Map<number, readonly Finding[]> {
    const judged = new Map<number, readonly Finding[]>();
    for (const [owner, findings] of owners) {
      const settings = settingsOf(owner);
      if (settings.mode === 'off') continue;
      judged.set(
        owner,
        applyPolicy(findings, settings, today, (rule) => this.#usedRules.add(ruleText(rule).key)),
      );
    }
    return judged;
  }

  #ofProject(project: string): ResolvedSettings {
    return this.#byProject.get(project) ?? DEFAULT_SETTINGS;
  }

  #ofFile({ project, file }: CollectedResult): ResolvedSettings {
    const key = JSON.stringify([project, file]);
    const known = this.#byFile.get(key);
    if (known !== undefined) return known;
    const settings = settingsOfFile(this.#ofProject(project), file, this.#config);
    for (const override of settings.overrides) if (override.applies) this.#usedRules.add(namedText(overrideText(override)).key);
    this.#byFile.set(key, settings);
    return settings;
  }
}
