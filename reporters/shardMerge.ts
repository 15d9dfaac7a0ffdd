import type { FullConfig, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shard } from '../src/core/joinShards.ts';
import { messageOf } from '../src/core/messageOf.ts';
import { buildPart, type RunPart } from '../src/core/runPart.ts';
import { TextPool } from '../src/core/textPool.ts';
import { decodeShard, readMarks, shardEntry, ShardFormatError, type ShardData, type ShardMark } from '../src/core/shard.ts';
import { Collection, takeOutRecord } from './collection.ts';
import { selectionsOf } from './coverage.ts';
import { outcomesOf } from './outcomes.ts';
import { outsideDetectors } from './workerView.ts';

/** One run among the merged: its projects, and what its own reporter sent along or why that is not there. */
interface MergedRun {
  readonly mark: ShardMark | null;
  readonly suites: Suite[];
  readonly data: ShardData | null;
  readonly problem: string | null;
  /** Of the tests' records, where there is nothing better. */
  readonly collection: Collection;
}

/**
 * The runs whose blobs are merged. What their own reporters judged is taken as it is; where there is none, the tests are judged by their
 * records.
 */
export class ShardMerge {
  readonly #root: string;
  readonly #runs: MergedRun[] = [];
  readonly #bySuite = new Map<Suite, MergedRun>();

  /** @param folders where the blobs may have been unpacked */
  constructor(config: FullConfig, suite: Suite, folders: readonly string[]) {
    this.#root = config.rootDir;
    const marks = readMarks(config.metadata);
    const pool = new TextPool();
    const byMark = new Map<string, MergedRun>();
    for (const child of suite.suites) {
      const key = [...readMarks(child.project()?.metadata).keys()].find((name) => marks.has(name));
      const run = key === undefined ? aRun(null, null, null) : (byMark.get(key) ?? readRun(marks.get(key), folders, pool));
      if (key !== undefined) byMark.set(key, run);
      if (run.suites.length === 0) this.#runs.push(run);
      run.suites.push(child);
      this.#bySuite.set(child, run);
    }
    // A shard may have no tests at all.
    for (const [key, mark] of marks) if (!byMark.has(key)) this.#runs.push(readRun(mark, folders, pool));
    for (const metadata of [config.metadata, ...suite.suites.map((child) => child.project()?.metadata)]) {
      for (const key of readMarks(metadata).keys()) if (metadata !== undefined) Reflect.deleteProperty(metadata, key);
    }
  }

  testEnds(test: TestCase, result: TestResult): void {
    let suite: Suite = test.parent;
    while (suite.parent?.parent !== undefined) suite = suite.parent;
    const run = this.#bySuite.get(suite);
    if (run?.data === null) run.collection.add(test, result);
    else takeOutRecord(test, result);
  }

  /** In Playwright's order. */
  shards(): Shard[] {
    return this.#runs.map(({ mark, suites, data, problem, collection }): Shard => {
      const copies = Math.max(1, suites.length / new Set(suites.map(({ title }) => title)).size || 1);
      const common = { mark, problem, copies };
      if (data === null) {
        const part = this.#judge(collection);
        return { ...common, own: null, part, selections: selectionsOf(collection.results), outcomes: outcomesOf(suites) };
      }
      const { settings, selection, rules, report } = data;
      const { tests, workers, scenarios, notes, environment, run, totals } = report;
      const part: RunPart = { tests, workers, scenarios, notes, rules, detectors: environment.detectors, outsideView: run.outsideView };
      return { ...common, own: { settings, environment }, part, selections: [selection], outcomes: totals };
    });
  }

  #judge({ results }: Collection): RunPart {
    return buildPart({
      root: this.#root,
      outsideDetectors: outsideDetectors(),
      results,
      journals: new Map(),
      outside: { byResult: new Map(), byWorker: new Map(), observed: new Set() },
    });
  }
}

function aRun(mark: ShardMark | null, data: ShardData | null, problem: string | null): MergedRun {
  return { mark, suites: [], data, problem, collection: new Collection() };
}

function readRun(mark: ShardMark | undefined, folders: readonly string[], pool: TextPool): MergedRun {
  if (mark === undefined) return aRun(null, null, null);
  const file = folders.map((folder) => join(folder, shardEntry(mark.run))).find((candidate) => existsSync(candidate));
  if (file === undefined) {
    return aRun(
      mark,
      null,
      'its blob holds no leak data (it was taken before the reporter had come to its end, or could not be written to)',
    );
  }
  try {
    return aRun(mark, decodeShard(readFileSync(file, 'utf8'), pool), null);
  } catch (error) {
    return aRun(mark, null, error instanceof ShardFormatError ? error.message : `its leak data cannot be read (${messageOf(error)})`);
  }
}
