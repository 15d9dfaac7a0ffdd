/**
 * One way to give each task a page with a context of its own, in a process of its own: `node browserContestant.mjs <way> <tasks> <folder>`.
 * Prints the median milliseconds of a task, and the milliseconds of CPU time that one costs in all processes together (Linux).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { BrowserPool } from '../../dist/src/resilience/index.js';

const [way, count, folder] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const WARM_UP = 3;
const MARK = `LEAK_BENCH_MARK=${process.pid}`;
const CLOCK_TICKS = 100;

const executable = process.env.LEAK_CHROMIUM;
const args = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const env = { ...process.env, LEAK_BENCH_MARK: String(process.pid) };
const launchOptions = { args, env, ...(executable ? { executablePath: executable } : {}) };
const task = async (page) => page.evaluate('1 + 1');

const ways = {
  async 'launch per task'() {
    const run = async () => {
      const browser = await chromium.launch(launchOptions);
      await task(await browser.newPage());
      await browser.close();
    };
    return { run, close: async () => {} };
  },
  /** One browser and nothing around it: what a page with a context costs by itself. */
  async 'by hand'() {
    const browser = await chromium.launch(launchOptions);
    const run = async () => {
      const context = await browser.newContext();
      await task(await context.newPage());
      await context.close();
    };
    return { run, close: () => browser.close() };
  },
  async leak() {
    const pool = new BrowserPool({ browserType: chromium, launchOptions, max: 1 });
    return { run: () => pool.withPage(task), close: () => pool.close() };
  },
  async crawlee() {
    const { BrowserPool: Peer, PlaywrightPlugin } = createRequire(path.join(folder, 'package.json'))('@crawlee/browser-pool');
    const plugin = new PlaywrightPlugin(chromium, { launchOptions, useIncognitoPages: true });
    const pool = new Peer({ browserPlugins: [plugin], useFingerprints: false });
    const run = async () => {
      const page = await pool.newPage();
      await task(page);
      await page.close();
    };
    return { run, close: () => pool.destroy() };
  },
};

/** CPU time of this process and of the browsers, those that have ended included, in milliseconds. */
function cpuMs() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  let ticks = 0;
  for (const pid of pids) {
    try {
      if (Number(pid) !== process.pid && !readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(MARK)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // utime, stime, and the same of children that were waited for: proc_pid_stat(5), fields 14 to 17, counted behind the name.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      for (const field of fields.slice(11, 15)) ticks += Number(field);
    } catch (error) {
      // Gone in the meantime, or somebody else's.
      if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) throw error;
    }
  }
  return (ticks / CLOCK_TICKS) * 1_000;
}

const { run, close } = await ways[way]();
for (let turn = 0; turn < WARM_UP; turn += 1) await run();
const before = process.platform === 'linux' ? cpuMs() : NaN;
const times = [];
for (let turn = 0; turn < count; turn += 1) {
  const begun = performance.now();
  await run();
  times.push(performance.now() - begun);
}
const cpu = process.platform === 'linux' ? (cpuMs() - before) / count : NaN;
await close();
times.sort((a, b) => a - b);
process.stdout.write(JSON.stringify({ medianMs: times[Math.floor(times.length / 2)], cpuMs: cpu }));
process.exit(0);
