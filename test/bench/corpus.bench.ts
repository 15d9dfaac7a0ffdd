import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readCorpus } from '../e2e/expectations.ts';
import { judgeResult, judgeWorkers, resultsOf, type Fault } from '../e2e/judgeCorpus.ts';
import { runPlaywright } from '../e2e/runPlaywright.ts';

const RUNS = Number(process.env['CORPUS_RUNS'] ?? 20);
/** Most of a run is waiting for leaks to settle, so that more workers than cores shorten it. */
const WORKERS = Number(process.env['CORPUS_WORKERS'] ?? 2);

/** Far more than a run takes on a machine that has anything else to do; Vitest's own limit is for one measurement. */
const LIMIT_MS = RUNS * 30 * 60_000;

const folder = path.resolve(import.meta.dirname, '../corpus');
const corpus = readCorpus(folder);

/** What one run of the corpus was right and wrong about. */
interface Score {
  /** Findings that had to come, over all results. */
  readonly planted: number;
  readonly faults: readonly Fault[];
}

async function runOnce(): Promise<Score> {
  const { report, stdout } = await runPlaywright({ cwd: folder, args: ['--reporter=leak', `--workers=${String(WORKERS)}`] });
  if (report === undefined) throw new Error(`no report: ${stdout.slice(-2000)}`);
  const faults: Fault[] = [...judgeWorkers(report, corpus)];
  let planted = corpus.workerMarks.length;
  for (const one of corpus.cases) {
    const results = resultsOf(report, one);
    if (results.length === 0) faults.push({ sort: 'other', text: `${one.file}:${String(one.line)} did not run` });
    for (const result of results) {
      planted += one.marks.filter(({ required, retry }) => required && (retry === null || retry === result.retry)).length;
      faults.push(...judgeResult(result, one).map(({ sort, text }) => ({ sort, text: `${one.file}:${String(one.line)} ${text}` })));
    }
  }
  return { planted, faults };
}

async function runMany(name: string): Promise<void> {
  const scores: Score[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    const started = performance.now();
    const score = await runOnce();
    scores.push(score);
    const load = os.loadavg()[0] ?? 0;
    const outcome = score.faults.length === 0 ? 'all right' : `${String(score.faults.length)} wrong`;
    console.log(
      `run ${String(index + 1)}: ${outcome}, ${((performance.now() - started) / 1000).toFixed(0)} s, load average ${load.toFixed(1)}`,
    );
    for (const { sort, text } of score.faults) console.log(`run ${String(index + 1)}: ${sort}: ${text}`);
  }
  const planted = scores.reduce((sum, score) => sum + score.planted, 0);
  const count = (sort: Fault['sort']) => scores.reduce((sum, { faults }) => sum + faults.filter((fault) => fault.sort === sort).length, 0);
  const percent = (wrong: number) => `${(100 * (1 - wrong / planted)).toFixed(2)} %`;
  console.table({
    [name]: {
      runs: RUNS,
      planted,
      recall: percent(count('missed')),
      'false alarms': count('false alarm'),
      'origin right': percent(count('origin')),
      'otherwise wrong': count('other'),
    },
  });
  expect(scores.flatMap(({ faults }) => faults)).toEqual([]);
}

it(
  'finds every planted leak and nothing else, run after run',
  async () => {
    await runMany('idle');
  },
  LIMIT_MS,
);

it(
  'finds the same with every core busy',
  async () => {
    const busy: ChildProcess[] = os.cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    try {
      await runMany('loaded');
    } finally {
      for (const child of busy) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
    }
  },
  LIMIT_MS,
);
