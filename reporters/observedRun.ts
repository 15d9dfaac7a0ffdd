import type { FullConfig, TestCase, TestResult } from '@playwright/test/reporter';
import { buildPart, type OutsideFindings, type RunPart } from '../src/core/runPart.ts';
import { today } from '../src/probes/realTime.ts';
import { judgeLeft, leftProcesses } from './audit.ts';
import { Collection } from './collection.ts';
import { LastTests } from './lastTests.ts';
import { OutsideObserver } from './outsideObserver.ts';
import { ProjectSettings } from './projectSettings.ts';
import { RunMark } from './runMark.ts';

/** The run that this process conducts: what its workers write and its tests bring, and what is seen of them from outside. */
export class ObservedRun {
  readonly #mark = new RunMark();
  readonly #collection = new Collection();
  readonly #outside = new OutsideObserver();
  readonly #lastTests = new LastTests();
  #isFullyParallel = false;
  #settings: ProjectSettings | null = null;

  get id(): string {
    return this.#mark.id;
  }

  /** Sentences about what could not be set up or read. */
  get notes(): readonly string[] {
    return [...this.#mark.notes, ...(this.#settings?.notes ?? [])];
  }

  /** Marks the processes that are started from now on. */
  start(): void {
    this.#mark.begin();
  }

  begin(config: FullConfig): void {
    this.#isFullyParallel = config.fullyParallel;
    this.#settings = new ProjectSettings(config);
  }

  testBegins(result: TestResult): void {
    this.#outside.testBegins(result.workerIndex);
  }

  testEnds(test: TestCase, result: TestResult): void {
    const { index, hasRecord } = this.#collection.add(test, result);
    this.#outside.testEnds(index, test.title, result, hasRecord, this.#mayEndWorker(test, result));
  }

  /** Judges what was collected, when the workers have ended. */
  async judge(root: string): Promise<RunPart> {
    const { results } = this.#collection;
    const journals = this.#mark.readJournals();
    const [left] = await Promise.all([leftProcesses(this.#mark.id), this.#outside.settle()]);
    const ends = [...journals].flatMap(([workerIndex, { end }]) => (end === null ? [] : [{ workerIndex, ...end }]));
    const seen = this.#outside.findings(new Set(ends.map(({ workerIndex }) => workerIndex)));
    const ofWorkers = ends.flatMap(({ findings }) => findings);
    const all = { ...seen, byWorker: joined(seen.byWorker, judgeLeft(left, results, seen, ofWorkers)) };
    const outside = this.#settings?.apply(all, results, today()) ?? all;
    const usedRules = this.#settings?.usedRules ?? [];
    return buildPart({ root, outsideDetectors: this.#outside.detectors(), results, journals, outside, usedRules });
  }

  /** Takes the marks away. Idempotent. */
  end(): void {
    this.#mark.end();
  }

  /** A worker ends after a failed test, and after the last of a group: that of its file, or any when tests run in parallel. */
  #mayEndWorker(test: TestCase, result: TestResult): boolean {
    return result.status !== test.expectedStatus || this.#isFullyParallel || this.#lastTests.has(test);
  }
}

/** The findings of both, by worker. */
function joined(one: OutsideFindings['byWorker'], other: OutsideFindings['byWorker']): OutsideFindings['byWorker'] {
  return new Map([...one, ...[...other].map(([worker, findings]) => [worker, [...(one.get(worker) ?? []), ...findings]] as const)]);
}
