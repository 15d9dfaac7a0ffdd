import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromiumOptions, createMark } from '../e2e/markedProcesses.ts';
import { npm } from '../e2e/packedProject.ts';

/** Not a dev dependency: 140 packages for one figure. */
const CRAWLEE = '@crawlee/browser-pool@3.18.1';
const TASKS = { 'launch per task': 6, 'by hand': 20, leak: 20, crawlee: 20 } as const;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);

type Way = keyof typeof TASKS;

interface Sample {
  readonly medianMs: number;
  readonly cpuMs: number;
}

const run = promisify(execFile);
const scratch = mkdtempSync(path.join(os.tmpdir(), 'leak-bench-'));
const ways: Way[] = ['launch per task', 'by hand', 'leak'];

beforeAll(() => {
  writeFileSync(path.join(scratch, 'package.json'), JSON.stringify({ name: 'scratch', private: true }));
  try {
    npm(scratch, ['install', '--ignore-scripts', CRAWLEE]);
    ways.push('crawlee');
  } catch (error) {
    console.log(`${CRAWLEE} is left out, it cannot be installed: ${error instanceof Error ? error.message : String(error)}`);
  }
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

async function measure(way: Way): Promise<Sample> {
  const program = path.join(import.meta.dirname, 'browserContestant.mjs');
  const { executablePath = '' } = chromiumOptions(createMark());
  const env = { ...process.env, LEAK_CHROMIUM: executablePath };
  const { stdout } = await run(process.execPath, [program, way, String(TASKS[way]), scratch], { env });
  return JSON.parse(stdout) as Sample;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/**
 * There is no bar of ten launches here: a context of one's own is a renderer process of one's own, which costs a quarter to a third of a
 * launch, whoever opens it. What a pool can save is the rest, and that it adds little to a page by hand is the bar.
 */
it('withPage costs little more than a context and a page by hand, and a fraction of a launch', async () => {
  const samples = new Map<Way, Sample[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) samples.set(way, [...(samples.get(way) ?? []), await measure(way)]);
  }
  const figure = (way: Way, pick: (sample: Sample) => number): number => median((samples.get(way) ?? []).map(pick));
  const wall = (way: Way): number => figure(way, ({ medianMs }) => medianMs);
  const cpu = (way: Way): number => figure(way, ({ cpuMs }) => cpuMs);
  for (const way of ways) {
    const times = `${wall(way).toFixed(0).padStart(6)} ms   ${cpu(way).toFixed(0).padStart(5)} ms of CPU`;
    const ratios = `${(wall('launch per task') / wall(way)).toFixed(1)}×, ${(cpu('launch per task') / cpu(way)).toFixed(1)}× a launch`;
    console.log(`a task in a page, ${way.padEnd(16)} ${times}   ${ratios}`);
  }
  expect.soft(wall('leak') / wall('by hand')).toBeLessThanOrEqual(1.5);
  expect.soft(wall('launch per task') / wall('leak')).toBeGreaterThanOrEqual(2.5);
  if (ways.includes('crawlee')) expect.soft(wall('leak') / wall('crawlee')).toBeLessThanOrEqual(1);
});
