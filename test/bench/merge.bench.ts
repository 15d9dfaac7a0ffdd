import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSuite, inheritedEnvironment, installInto } from '../e2e/runPlaywright.ts';
import { generateBlobs } from './generatedBlobs.mjs';

const SHARDS = 100;
const TESTS = 1000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const cli = path.resolve(import.meta.dirname, '../../node_modules/@playwright/test/cli.js');

interface Measured {
  readonly peakMb: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

let suite = '';
beforeAll(() => {
  suite = createSuite('merge');
  installInto(suite);
});
afterAll(() => {
  rmSync(suite, { recursive: true, force: true });
});

/** Merges in a process of its own, so that its memory is the merge's. */
function merge(reporter: string, blobs: string, output: string, expected: number): Measured {
  const preload = path.join(import.meta.dirname, 'peakMemory.mjs');
  const {
    status,
    stderr,
    output: streams,
  } = spawnSync(process.execPath, [cli, 'merge-reports', `--reporter=${reporter}`, blobs], {
    cwd: suite,
    env: {
      ...inheritedEnvironment(),
      ...{ PLAYWRIGHT_LEAK_OUTPUT_DIR: output, PLAYWRIGHT_JSON_OUTPUT_NAME: path.join(output, 'playwright.json') },
      NODE_OPTIONS: `--import ${preload}`,
    },
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  if (status !== expected) throw new Error(`${reporter}: exit code ${String(status)}\n${stderr}`);
  for (const name of readdirSync(blobs)) if (!name.endsWith('.zip')) rmSync(path.join(blobs, name), { recursive: true });
  return JSON.parse(streams[3] ?? '') as Measured;
}

/** Lowest of interleaved rounds: other programs can only make it more. */
function compare(steps: number): Record<string, Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'leak-merge-'));
  try {
    const blobs = path.join(folder, 'blobs');
    generateBlobs(blobs, { shards: SHARDS, tests: TESTS, steps });
    const rounds = Array.from({ length: ROUNDS }, () => ({
      null: merge('null', blobs, folder, 0),
      json: merge('json', blobs, folder, 0),
      leak: merge('leak', blobs, folder, 1),
    }));
    const { totals } = JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as { totals: { results: number; new: number } };
    expect(totals).toMatchObject({ results: SHARDS * TESTS, new: (SHARDS * TESTS) / 50 });
    const lowest = (name: 'null' | 'json' | 'leak', of: keyof Measured): number => Math.min(...rounds.map((round) => round[name][of]));
    return Object.fromEntries(
      (['null', 'json', 'leak'] as const).map((name) => [
        name,
        { peakMb: lowest(name, 'peakMb'), cpuMs: lowest(name, 'cpuMs'), wallMs: lowest(name, 'wallMs') },
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it.each([2, 6])(`merging ${SHARDS} × ${TESTS} tests with %i steps each takes no more than Playwright’s json reporter`, (steps) => {
  const measured = compare(steps);
  console.table(
    Object.fromEntries(
      Object.entries(measured).map(([name, { peakMb, cpuMs, wallMs }]) => [
        name,
        { 'peak memory, MB': peakMb.toFixed(0), 'CPU time, s': (cpuMs / 1000).toFixed(1), 'time, s': (wallMs / 1000).toFixed(1) },
      ]),
    ),
  );
  const { json, leak } = measured;
  if (json === undefined || leak === undefined) throw new Error('a reporter is missing');
  console.log(`leak vs json: CPU time ${(leak.cpuMs / json.cpuMs).toFixed(2)}×, time ${(leak.wallMs / json.wallMs).toFixed(2)}×`);
  expect(leak.cpuMs / json.cpuMs).toBeLessThanOrEqual(1.2);
  // With six steps a test, Playwright alone takes more than that, whatever the reporter.
  if (steps === 2) expect(leak.peakMb).toBeLessThanOrEqual(600);
});
