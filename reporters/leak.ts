import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { dirname } from 'node:path';
import { joinParts, type RunFacts } from '../src/core/buildReport.ts';
import { joinShards } from '../src/core/joinShards.ts';
import { messageOf } from '../src/core/messageOf.ts';
import type { LeakReport } from '../src/core/report.ts';
import { reportText } from '../src/core/reportText.ts';
import { shardData } from '../src/core/shard.ts';
import { checkoutFolder, defaultOutputDir } from '../src/files/projectFolder.ts';
import { sourceReader } from '../src/files/sources.ts';
import { wantsColor } from '../src/render/colors.ts';
import { screenColumns } from '../src/render/screenColumns.ts';
import { renderTerminal } from '../src/render/terminal.ts';
import { named } from './baselineFile.ts';
import { annotations, appendJobSummary, harmless, isCi, outputContext, writeOutputs, type SourcedContext } from './ciOutputs.ts';
import { countNotRun, coverageOf, ownSelection } from './coverage.ts';
import { writeHtml } from './htmlReport.ts';
import { MergeExit, mergeFolders } from './mergeExit.ts';
import { ObservedRun } from './observedRun.ts';
import { resolveOptions, type LeakReporterOptions, type ResolvedOptions } from './options.ts';
import { outcomesOf } from './outcomes.ts';
import { clashNote, shortest, writeReport, type Written } from './output.ts';
import { ShardDelivery } from './shardDelivery.ts';
import { ShardMerge } from './shardMerge.ts';

export type { LeakReporterOptions } from './options.ts';
export type { LeakReport } from '../src/core/report.ts';
export type { Budgets } from '../src/core/budgets.ts';
export type { FailOn } from '../src/core/gate.ts';

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
  readonly #run = new ObservedRun();
  /** Sentences about what went wrong in here; the first of each kind is enough. */
  readonly #problems = new Set<string>();
  #config: FullConfig | null = null;
  #suite: Suite | null = null;
  #errors = 0;
  /** In a run that writes a blob. */
  #delivery: ShardDelivery | null = null;
  /** In `merge-reports`, until its shards are joined. */
  #merge: ShardMerge | null = null;
  /** In `merge-reports`: where the blobs may lie, and how the process is to end. */
  #merging: { readonly folders: readonly string[]; readonly exit: MergeExit } | null = null;

  /**
   * Marks the run here and not in `onBegin`, because global set-up and web servers start before that.
   *
   * @throws TypeError for a wrong option or environment variable
   */
  constructor(options?: LeakReporterOptions) {
    this.#options = resolveOptions(options, process.env, process.cwd());
    if (this.#options.mode === 'test') this.#run.start();
    if (this.#options.mode !== 'merge') return;
    const folders = mergeFolders(process.argv, process.cwd());
    this.#merging = { folders, exit: new MergeExit(folders) };
    this.#merging.exit.expect();
  }

  /** When merging, Playwright adds no reporter of its own, but what it says itself would come after the verdict. */
  printsToStdio(): boolean {
    return this.#options.mode === 'merge';
  }

  onBegin(config: FullConfig, suite: Suite): void {
    this.#config = config;
    this.#suite = suite;
    this.#merging?.exit.begins();
    const { mode, configDir, commandHash } = this.#options;
    this.#guarded(() => {
      const surroundings = { configDir, commandHash, env: process.env, cwd: process.cwd() };
      if (mode === 'test') {
        this.#run.begin(config);
        this.#delivery = ShardDelivery.begin(this.#run.id, config, suite, surroundings);
      }
      if (this.#merging !== null) this.#merge = new ShardMerge(config, suite, this.#merging.folders);
    });
  }

  onTestBegin(_test: TestCase, result: TestResult): void {
    if (this.#options.mode !== 'test') return;
    this.#guarded(() => {
      this.#run.testBegins(result);
    });
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (this.#options.mode === 'list') return;
    this.#guarded(() => {
      if (this.#options.mode === 'merge') this.#merge?.testEnds(test, result);
      else this.#run.testEnds(test, result);
    });
  }

  onError(): void {
    this.#errors += 1;
  }

  async onEnd(result: FullResult): Promise<{ status?: FullResult['status'] } | undefined> {
    if (this.#options.mode === 'list') return undefined;
    try {
      const report = this.#options.mode === 'merge' ? this.#judgeShards(result) : await this.#judge(result);
      const within = this.#merging === null ? null : checkoutFolder(process.cwd(), process.env);
      const source = sourceReader([this.#root()], { within });
      const json = writeReport(this.#outputDir(), 'report.json', reportText(report));
      const folder = json.path === null ? null : dirname(json.path);
      const context = outputContext(this.#root(), folder, source);
      const written = [
        { path: null, note: folder === null ? null : clashNote(folder, this.#emptied()) },
        ...(folder === null ? [] : writeOutputs(folder, this.#options.outputs, report, context)),
        ...(this.#options.github ? [appendJobSummary(process.env, report, context)] : []),
        json,
        ...(folder === null ? [] : [writeHtml(folder, report, source)]),
      ];
      await this.#print(report, context, written);
      return this.#end(result, report.gate.failed);
    } catch (error) {
      await print(harmless(`leak · The leaks could not be judged: ${messageOf(error)}\nGATE FAILED  no verdict\n`, process.env));
      return this.#end(result, true);
    } finally {
      this.#run.end();
    }
  }

  /** A blob reporter that comes after this one has written its blob by now. */
  async onExit(): Promise<void> {
    const problem = this.#delivery?.end() ?? null;
    if (problem !== null) await print(harmless(`leak · ${problem}\n`, process.env));
  }

  #end(result: FullResult, failed: boolean): { status: 'failed' } | undefined {
    if (failed) this.#merging?.exit.fail();
    return failed && result.status === 'passed' ? { status: 'failed' } : undefined;
  }

  async #judge(result: FullResult): Promise<LeakReport> {
    const part = await this.#run.judge(this.#root());
    const selection = ownSelection(this.#config, this.#suite);
    const { failOn, budgets, given } = this.#options;
    const baseline = named(this.#options.baseline, this.#root());
    const { run, ...facts } = this.#facts(result);
    const own: RunFacts = {
      ...facts,
      ...{ failOn, baseline, budgets },
      run: { ...run, partial: coverageOf(result.status, this.#suite, selection) },
      outcomes: { ...outcomesOf(this.#suite === null ? [] : [this.#suite]), errors: this.#errors },
    };
    const sent = given.failOn ? own : { ...own, failOnByDefault: true as const };
    const undelivered = this.#delivery?.deliver(() => shardData(part, sent, selection));
    return joinParts([part], { ...own, notes: [...own.notes, ...(undelivered ?? [])] });
  }

  #judgeShards(result: FullResult): LeakReport {
    const { failOn, baseline, budgets, given } = this.#options;
    if (this.#merge === null) throw new Error([...this.#problems].join(' '));
    const shards = this.#merge.shards();
    // What is joined is not needed twice.
    this.#merge = null;
    return joinShards(shards, {
      ...this.#facts(result),
      failOn: given.failOn ? failOn : null,
      baseline: given.baseline || baseline !== null ? named(baseline, this.#root()) : undefined,
      budgets,
      errors: this.#errors,
      notRun: countNotRun(this.#suite),
    });
  }

  #facts(result: FullResult) {
    return {
      environment: { node: process.version, playwright: this.#config?.version ?? '', platform: process.platform },
      run: { status: result.status, durationMs: Math.max(0, Math.round(result.duration)) },
      notes: [...this.#options.notes, ...this.#run.notes, ...this.#problems],
    };
  }

  /** @param written what was written; the last that is there is the one to open */
  async #print(report: LeakReport, context: SourcedContext, written: readonly Written[]): Promise<void> {
    const { stdout } = process;
    const path = written.findLast((file) => file.path !== null)?.path ?? null;
    const text = renderTerminal(
      { ...report, notes: [...report.notes, ...written.flatMap(({ note }) => note ?? [])] },
      {
        columns: screenColumns(stdout.columns),
        color: wantsColor({ env: process.env, isTTY: stdout.isTTY }),
        source: context.source,
        machineLine: isCi(process.env),
        ...(path === null ? {} : { reportPath: shortest(path) }),
      },
    );
    await print(`\n${this.#options.github ? annotations(report, context) : ''}${harmless(text, process.env)}`);
  }

  #root(): string {
    return this.#config?.rootDir ?? this.#options.configDir;
  }

  /** Folders that Playwright empties in a run. */
  #emptied(): string[] {
    if (this.#options.mode !== 'test') return [];
    const ofProjects = (this.#suite?.suites ?? []).flatMap((suite) => suite.project()?.outputDir ?? []);
    return [...new Set([...ofProjects, ...(this.#delivery === null ? [] : [this.#delivery.folder])])];
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

/**
 * Resolves when the text has left the process: Playwright exits right after the reporters. In UI mode and for editors Playwright takes over
 * `write` with a function that calls nobody back: then nothing waits in the stream.
 */
async function print(text: string): Promise<void> {
  const { stdout } = process;
  await new Promise<void>((resolve) => {
    stdout.write(text, () => {
      resolve();
    });
    if (stdout.writableLength === 0) resolve();
  });
}
