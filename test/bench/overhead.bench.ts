import fs from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createSuite, launchOptions, runPlaywright } from '../e2e/runPlaywright.ts';

/** Pairs of runs; an odd number, so that the median is one of them. */
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 7);

const suites: string[] = [];

afterAll(() => {
  for (const suite of suites) fs.rmSync(suite, { recursive: true, force: true });
});

interface Measured {
  /** The whole command, Node's and Playwright's start included. */
  readonly command: number;
  /** From the first test's worker to the last, as Playwright tells it. */
  readonly run: number;
  readonly overheadMs: number | null;
}

const TIMING = `const fs = require('node:fs');
module.exports = class {
  onEnd(result) { fs.writeFileSync('duration.txt', String(result.duration)); }
  printsToStdio() { return true; }
};
`;

/** Runs the same tests bare and checked, in turn, and prints the ratios: noise that lasts hits both. */
async function compare(
  name: string,
  tests: string,
): Promise<{ readonly command: number; readonly run: number; readonly overheadMs: number }> {
  const cwd = createSuite(name);
  suites.push(cwd);
  const config = `module.exports = { testDir: '.', workers: 1, fullyParallel: false, use: { launchOptions: ${launchOptions()} } };`;
  const files = {
    'package.json': '{}',
    'playwright.config.js': config,
    'timing.js': TIMING,
    'bare.spec.js': `const { test, expect } = require('@playwright/test');\n${tests}`,
    'checked.spec.js': `const { test, expect } = require('leak/fixtures');\n${tests}`,
  };
  const measure = async (spec: string, reporter: string): Promise<Measured> => {
    const { exitCode, wallMs, report, stdout } = await runPlaywright({ cwd, files, args: [spec, `--reporter=${reporter}`] });
    expect(exitCode, stdout).toBe(0);
    const run = Number(fs.readFileSync(`${cwd}/duration.txt`, 'utf8'));
    return { command: wallMs, run, overheadMs: report?.totals.overheadMs ?? null };
  };
  const bare = (): Promise<Measured> => measure('bare', './timing.js');
  const checked = (): Promise<Measured> => measure('checked', 'leak,./timing.js');
  // The first runs fill caches.
  await bare();
  await checked();
  const pairs: { readonly bare: Measured; readonly checked: Measured }[] = [];
  for (let index = 0; index < PAIRS; index += 1) {
    // Each is first in every other pair, so that a machine that gets slower or quicker favours neither.
    if (index % 2 === 0) pairs.push({ bare: await bare(), checked: await checked() });
    else pairs.push(await checked().then(async (first) => ({ bare: await bare(), checked: first })));
  }
  const ratio = (pick: (one: Measured) => number) => median(pairs.map((pair) => pick(pair.checked) / pick(pair.bare)));
  const result = {
    command: ratio(({ command }) => command),
    run: ratio(({ run }) => run),
    overheadMs: median(pairs.map((pair) => pair.checked.overheadMs ?? NaN)),
  };
  console.table({
    [name]: {
      'wall time, whole command': `${result.command.toFixed(3)}×`,
      "wall time, Playwright's run": `${result.run.toFixed(3)}×`,
      'fastest of each': `${(fastest(pairs.map(({ checked: one }) => one)) / fastest(pairs.map(({ bare: one }) => one))).toFixed(3)}×`,
      'overheadMs, median': result.overheadMs.toFixed(2),
      pairs: PAIRS,
      'bare run, ms': median(pairs.map((pair) => pair.bare.run)).toFixed(0),
    },
  });
  console.log(`${name}: ${pairs.map((pair) => (pair.checked.run / pair.bare.run).toFixed(3)).join(' ')}`);
  return result;
}

function fastest(runs: readonly Measured[]): number {
  return Math.min(...runs.map(({ run }) => run));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

it('300 empty tests take at most 1.30 times as long as without checks', async () => {
  const { run, overheadMs } = await compare('empty', `for (let i = 0; i < 300; i += 1) test('empty ' + i, () => {});`);
  expect(run).toBeLessThanOrEqual(1.3);
  expect(overheadMs).toBeLessThanOrEqual(2);
});

it('100 tests with a page take at most 1.05 times as long as without checks', async () => {
  const body = `async ({ page }) => { await page.setContent('<h1>Shop</h1>'); await expect(page.locator('h1')).toHaveText('Shop'); }`;
  const { run } = await compare('page', `for (let i = 0; i < 100; i += 1) test('page ' + i, ${body});`);
  expect(run).toBeLessThanOrEqual(1.05);
});
