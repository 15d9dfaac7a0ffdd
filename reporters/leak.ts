import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { dirname } from 'node:path';
import { buildReport } from '../src/core/buildReport.ts';
import type { LeakReport } from '../src/core/report.ts';
import type { OutsideFindings } from '../src/core/runPart.ts';
import { wantsColor } from '../src/render/colors.ts';
import { renderTerminal } from '../src/render/terminal.ts';
import { auditRun } from './audit.ts';
import { named } from './baselineFile.ts';
import { annotations, appendJobSummary, harmless, isCi, outputContext, writeOutputs, type SourcedContext } from './ciOutputs.ts';
import { Collection } from './collection.ts';
import { coverageOf } from './coverage.ts';
import { writeHtml } from './htmlReport.ts';
import { LastTests } from './lastTests.ts';
import { resolveOptions, type LeakReporterOptions, type ResolvedOptions } from './options.ts';
import { defaultOutputDir, shortest, writeReport, type Written } from './output.ts';
import { OutsideObserver } from './outsideObserver.ts';
import { messageOf, RunMark } from './runMark.ts';
import { sourceReader } from './sources.ts';

export type { LeakReporterOptions } from './options.ts';
export type { LeakReport } from '../src/core/report.ts';
export type { Budgets } from '../src/core/budgets.ts';
export type { FailOn } from '../src/core/gate.ts';

const DEFAULT_COLUMNS = 100;

/**
 * Playwright reporter that says which tests leak: `npx playwright test --reporter=leak`.
 *
 * It prints a verdict after the terminal reporter's own summary, writes `report.json` and `index.html` into `leak-report`, and fails the
 * run when the gate fails. It does not print the tests' progress and failures itself: it declares that it does not use the terminal, so
 * Playwright puts its default reporter in front of it when no other one prints.
 *
 * @example
 * ```ts
 * export default defineConfig({ reporter: [['list'], ['leak', { failOn: 'new', baseline: 'leaks.json' }]] });
 * ```
 */
export default class LeakReporter implements Reporter {
  readonly #options: ResolvedOptions;
  readonly #mark = new RunMark();
  readonly #collection = new Collection();
  readonly #outside = new OutsideObserver();
  readonly #lastTests = new LastTests();
  /** Sentences about what went wrong in here; the first of each kind is enough. */
  readonly #problems = new Set<string>();
  #config: FullConfig | null = null;
  #suite: Suite | null = null;
  #errors = 0;

  /**
   * Marks the run here and not in `onBegin`, because global set-up and web servers start before that.
   *
   * @throws TypeError for a wrong option or environment variable
   */
  constructor(options?: LeakReporterOptions) {
    this.#options = resolveOptions(options, process.env, process.cwd());
    if (this.#options.mode === 'test') this.#mark.begin();
  }

  printsToStdio(): boolean {
    return false;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    this.#config = config;
    this.#suite = suite;
  }

  onTestBegin(_test: TestCase, result: TestResult): void {
    if (this.#options.mode !== 'test') return;
    this.#guarded(() => {
      this.#outside.testBegins(result.workerIndex);
    });
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (this.#options.mode === 'list') return;
    this.#guarded(() => {
      const { index, hasRecord } = this.#collection.add(test, result);
      if (this.#options.mode === 'test') this.#outside.testEnds(index, test.title, result, hasRecord, this.#mayEndWorker(test, result));
    });
  }

  onError(): void {
    this.#errors += 1;
  }

  async onEnd(result: FullResult): Promise<{ status?: FullResult['status'] } | undefined> {
    if (this.#options.mode === 'list') return undefined;
    try {
      const report = await this.#judge(result);
      const source = sourceReader(this.#root());
      const json = writeReport(this.#outputDir(), 'report.json', `${JSON.stringify(report, null, 2)}\n`);
      const folder = json.path === null ? null : dirname(json.path);
      const context = outputContext(this.#root(), folder, source);
      const written = [
        ...(folder === null ? [] : writeOutputs(folder, this.#options.outputs, report, context)),
        ...(this.#options.github ? [appendJobSummary(process.env, report, context)] : []),
        json,
        ...(folder === null ? [] : [writeHtml(folder, report, source)]),
      ];
      await this.#print(report, context, written);
      return report.gate.failed && result.status === 'passed' ? { status: 'failed' } : undefined;
    } catch (error) {
      await print(harmless(`leak · The leaks could not be judged: ${messageOf(error)}\nGATE FAILED  no verdict\n`, process.env));
      return result.status === 'passed' ? { status: 'failed' } : undefined;
    } finally {
      this.#mark.end();
    }
  }

  async #judge(result: FullResult): Promise<LeakReport> {
    const journals = this.#mark.readJournals();
    const outside = this.#outside.findings();
    const left =
      this.#options.mode === 'test'
        ? await auditRun(
            this.#mark.id,
            this.#collection.results,
            outside,
            [...journals.values()].flatMap(({ end }) => end?.findings ?? []),
          )
        : new Map<number, never>();
    const findings: OutsideFindings = { ...outside, byWorker: joined(outside.byWorker, left) };
    return buildReport({
      root: this.#root(),
      failOn: this.#options.failOn,
      baseline: named(this.#options.baseline, this.#root()),
      budgets: this.#options.budgets,
      environment: { node: process.version, playwright: this.#config?.version ?? '', platform: process.platform },
      outsideDetectors: this.#outside.detectors(),
      run: { status: result.status, durationMs: Math.max(0, Math.round(result.duration)), partial: this.#partial(result) },
      outcomes: { ...this.#outcomes(), errors: this.#errors },
      results: this.#collection.results,
      journals,
      outside: findings,
      notes: [...this.#options.notes, ...this.#mark.notes, ...this.#problems],
    });
  }

  /** @param written what was written; the last that is there is the one to open */
  async #print(report: LeakReport, context: SourcedContext, written: readonly Written[]): Promise<void> {
    const { stdout } = process;
    const path = written.findLast((file) => file.path !== null)?.path ?? null;
    const text = renderTerminal(
      { ...report, notes: [...report.notes, ...written.flatMap(({ note }) => note ?? [])] },
      {
        columns: stdout.columns > 0 ? stdout.columns : DEFAULT_COLUMNS,
        color: wantsColor({ env: process.env, isTTY: stdout.isTTY }),
        source: context.source,
        machineLine: isCi(process.env),
        ...(path === null ? {} : { reportPath: shortest(path) }),
      },
    );
    await print(`\n${this.#options.github ? annotations(report, context) : ''}${harmless(text, process.env)}`);
  }

  #outcomes(): { passed: number; failed: number; skipped: number; flaky: number } {
    const counts = { passed: 0, failed: 0, skipped: 0, flaky: 0 };
    const names = { expected: 'passed', unexpected: 'failed', skipped: 'skipped', flaky: 'flaky' } as const;
    for (const test of this.#suite?.allTests() ?? []) counts[names[test.outcome()]] += 1;
    return counts;
  }

  #partial({ status }: FullResult): string | null {
    const [config, suite, results] = [this.#config, this.#suite, this.#collection.results];
    return coverageOf({ status, config, suite, results, merged: this.#options.mode === 'merge' });
  }

  /** A worker ends after a failed test, and after the last of a group: that of its file, or any when tests run in parallel. */
  #mayEndWorker(test: TestCase, result: TestResult): boolean {
    return result.status !== test.expectedStatus || this.#config?.fullyParallel === true || this.#lastTests.has(test);
  }

  #root(): string {
    return this.#config?.rootDir ?? this.#options.configDir;
  }

  #outputDir(): string {
    return this.#options.outputDir ?? defaultOutputDir(this.#options.configDir);
  }

  /** A reporter that throws spoils the run it reports on. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#problems.add(`Something was lost while collecting: ${messageOf(error)}`);
    }
  }
}

/** The findings of both, by worker. */
function joined(one: OutsideFindings['byWorker'], other: OutsideFindings['byWorker']): OutsideFindings['byWorker'] {
  return new Map([...one, ...[...other].map(([worker, findings]) => [worker, [...(one.get(worker) ?? []), ...findings]] as const)]);
}

/** Resolves when the text has left the process: Playwright exits right after the reporters. */
async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}
