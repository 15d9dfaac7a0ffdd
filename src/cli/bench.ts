import os from 'node:os';
import { renderBench } from '../render/benchTable.ts';
import { plainText } from '../render/plainText.ts';
import { Lifecycle } from '../resilience/lifecycle.ts';
import { projectFolder } from '../files/projectFolder.ts';
import { parseBenchArguments } from './bench/benchArguments.ts';
import type { Benchmark } from './bench/benchmark.ts';
import type { BenchOutcome } from './bench/runBenchmarks.ts';
import type { Command, Terminal } from './command.ts';
import { ownPackage } from '../assets/ownPackage.ts';
import { packageCopies } from './packageCopies.ts';

const USAGE = `Usage: leak bench [--filter <words>] [--time <ms>] [--json] [--chromium <path>]

Measures what leak/resilience costs on this machine: pool, semaphore, breaker and retry by themselves, HttpPool beside bare undici and
a client per request, BrowserPool beside a launch per task in the Chromium of this project's own Playwright. Where there is none, that
part is left out, and said to be.

  --filter <words>   only the benchmarks whose group and name have all these words: --filter "pool waiters"
  --time <ms>        how long to measure each, 500 by default
  --json             the figures as JSON
  --chromium <path>  use this Chromium; also LEAK_CHROMIUM

ops/s is the mean, the margin its relative margin of error at 95 %. What takes nanoseconds is timed in rounds of many operations: median
and p99 are then those of rounds, divided by their operations. The last column compares medians with the first row of the group.
Everything runs in one process; compare the rows of one run, not runs.
`;

/** `leak bench`: what the reference implementations cost here. Exit code 1 when something failed or nothing could be measured. */
export const bench: Command = {
  summary: 'measure leak/resilience on this machine',
  usage: USAGE,
  run: async (args, terminal) => {
    const { json, words, timeMs, chromium = terminal.env['LEAK_CHROMIUM'] } = parseBenchArguments(args);
    // Other commands should not load all that is measured here.
    const { selectBenchmarks } = await import('./bench/catalogue.ts');
    const { runBenchmarks } = await import('./bench/runBenchmarks.ts');
    const benchmarks = selectBenchmarks(words);
    const folder = projectFolder(terminal.cwd);
    const lifecycle = new Lifecycle();
    const signals = lifecycle.handleSignals({ signals: ['SIGINT', 'SIGTERM', 'SIGHUP'] });
    try {
      const place = { folder, chromium: chromium === '' ? undefined : chromium, lifecycle };
      const onStart = ({ group, name }: Benchmark): void => terminal.error(`${group} · ${name} …\n`);
      const outcome = await runBenchmarks(benchmarks, { timeMs, place, onStart });
      if (!lifecycle.ready) {
        // After a signal the process ends as soon as everything is closed.
        await lifecycle.shutdown();
        return 1;
      }
      print(outcome, { json, timeMs, folder }, terminal);
      for (const { group, name, reason } of outcome.failed) terminal.error(`leak: ${group} · ${name} failed: ${plainText(reason, 1000)}\n`);
      if (outcome.rows.length === 0) terminal.error('leak: nothing could be measured.\n');
      return outcome.rows.length > 0 && outcome.failed.length === 0 ? 0 : 1;
    } finally {
      signals[Symbol.dispose]();
    }
  },
};

function print({ rows, leftOut, failed }: BenchOutcome, run: { json: boolean; timeMs: number; folder: string }, terminal: Terminal): void {
  if (run.json) {
    const results = rows.map(({ roundsMs, ...row }) => ({ ...row, rounds: roundsMs.length }));
    const { timeMs } = run;
    terminal.out(`${JSON.stringify({ environment: environment(run.folder), timeMs, results, leftOut, failed }, null, 2)}\n`);
    return;
  }
  terminal.out(renderBench(rows, terminal));
  for (const reason of new Set(leftOut.map((one) => one.reason))) {
    const names = leftOut.filter((one) => one.reason === reason).map(({ group, name }) => `${group} · ${name}`);
    terminal.out(`left out: ${names.join(', ')}: ${plainText(reason, 1000)}\n`);
  }
}

function environment(folder: string): Readonly<Record<string, string | number | null>> {
  const [playwright] = packageCopies('@playwright/test', folder);
  return {
    leak: ownPackage().version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model ?? null,
    cores: os.availableParallelism(),
    playwright: playwright?.version ?? null,
  };
}
