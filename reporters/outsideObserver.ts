import type { TestResult } from '@playwright/test/reporter';
import type { OutsideFindings } from '../src/core/runPart.ts';
import type { Finding } from '../src/core/finding.ts';
import type { ResourceKey } from '../src/core/resource.ts';
import { WorkerTimeline } from '../src/core/outsideView.ts';
import type { DetectorState } from '../src/core/record.ts';
import { readSteps } from './testSteps.ts';
import { untilGone } from './untilGone.ts';
import { findWorker, isRunning, outsideDetectors, WorkerView } from './workerView.ts';

/** Pauses between looks at what the last test of a worker has left, in milliseconds; together 30. */
const PAUSES = [2, 4, 8, 16];
/** All such waiting of one run together. */
const WAITING_BUDGET_MS = 1000;

interface Watched {
  readonly view: WorkerView;
  readonly timeline: WorkerTimeline;
}

/**
 * Watches workers whose tests do not use the fixtures, from outside: one look when a worker's first test begins, one after each test.
 * A worker whose test brings a record is not looked at again, and what was seen of one that judged itself in the end does not count.
 */
export class OutsideObserver {
  /** `null`: not to be watched, because it uses the fixtures or its process could not be told. */
  readonly #workers = new Map<number, Watched | null>();
  /** Pids by worker index, also of workers that are not watched any more. */
  readonly #pids = new Map<number, number>();
  /** When processes were first seen to have ended, of those that outlived the last look at their worker. */
  readonly #ended = new Map<ResourceKey, number>();
  #waitedMs = 0;

  testBegins(workerIndex: number): void {
    if (workerIndex < 0 || this.#workers.has(workerIndex)) return;
    this.#workers.set(workerIndex, this.#watch(workerIndex));
  }

  /** @param mayBeLast whether the worker may end after this test */
  testEnds(index: number, title: string, result: TestResult, hasRecord: boolean, mayBeLast: boolean): void {
    const watched = this.#workers.get(result.workerIndex);
    if (watched === undefined || watched === null) return;
    if (hasRecord) {
      this.#workers.set(result.workerIndex, null);
      return;
    }
    const resources = watched.view.look();
    if (resources === null) return;
    watched.timeline.endTest(readSteps(index, title, result), resources, Date.now());
    if (mayBeLast) this.#settle(watched);
  }

  /**
   * Gives processes the time to end that a hook has told to a moment ago: the test's end is told right after its afterAll hooks. They are
   * seen without their worker, so nobody needs to wait for them before it has ended.
   */
  async settle(): Promise<void> {
    const processes = [...this.#workers.values()].flatMap((watched) => watched?.timeline.processes() ?? []);
    await untilGone(() => {
      for (const key of processes) if (!this.#ended.has(key) && !isRunning(key)) this.#ended.set(key, Date.now());
      return processes.filter((key) => !this.#ended.has(key));
    });
  }

  /**
   * To be asked when {@link settle} has come to its end.
   *
   * @param judged Workers that came to judge what their hooks and fixtures left. One of them may have been watched all its life, when
   * `beforeAll` failed and no test brought a record; what it has charged itself with must not be charged once more from outside.
   */
  findings(judged: ReadonlySet<number>): OutsideFindings {
    const byResult = new Map<number, readonly Finding[]>();
    const byWorker = new Map<number, readonly Finding[]>();
    const observed = new Set<number>();
    for (const [workerIndex, watched] of this.#workers) {
      if (watched === null || judged.has(workerIndex)) continue;
      observed.add(workerIndex);
      const found = watched.timeline.findings(this.#ended);
      for (const [result, findings] of found.byResult) byResult.set(result, findings);
      if (found.ofWorker.length > 0) byWorker.set(workerIndex, found.ofWorker);
    }
    return { byResult, byWorker, observed };
  }

  detectors(): readonly DetectorState[] {
    return outsideDetectors();
  }

  #watch(workerIndex: number): Watched | null {
    let unknownBelow = 0;
    for (let index = 0; index < workerIndex; index += 1) unknownBelow += this.#pids.has(index) ? 0 : 1;
    const process = findWorker(new Set(this.#pids.values()), unknownBelow);
    if (process === null) return null;
    this.#pids.set(workerIndex, process.pid);
    const timeline = new WorkerTimeline();
    const view = new WorkerView(process);
    timeline.begin(view.look() ?? [], Date.now());
    return { view, timeline };
  }

  /**
   * Waits here, on purpose without letting the runner go on: as soon as it does, it stops the worker, and whether what is left was only
   * closing, after the test or its afterAll hooks, can no longer be told. After other tests the looks that follow tell, and nothing waits.
   */
  #settle({ view, timeline }: Watched): void {
    for (const pause of PAUSES) {
      if (this.#waitedMs >= WAITING_BUDGET_MS || !timeline.hasSuspects()) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      this.#waitedMs += pause;
      const resources = view.look();
      if (resources === null) return;
      timeline.lookAgain(new Set(resources.map(({ key }) => key)), Date.now());
    }
  }
}
