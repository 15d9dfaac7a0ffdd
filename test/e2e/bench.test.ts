import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { chromiumOptions, createMark } from './markedProcesses.ts';
import { inheritedEnvironment } from './runPlaywright.ts';

const repository = path.join(import.meta.dirname, '../..');
const mark = createMark();
const { executablePath } = chromiumOptions(mark);

afterEach(async () => {
  await mark.allGone();
});

function leakBench(args: readonly string[]) {
  const env = { ...inheritedEnvironment(), ...mark.env, ...(executablePath === undefined ? {} : { LEAK_CHROMIUM: executablePath }) };
  const command = path.join(repository, 'dist/src/cli/main.js');
  const child = spawn(process.execPath, [command, 'bench', ...args], { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = (async () => {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, stdout, stderr };
  })();
  /** Settles when a line on stderr says this. */
  const says = async (line: string): Promise<void> => {
    while (!stderr.includes(line)) await Promise.race([once(child.stderr, 'data'), finished.then(unexpected)]);
  };
  const unexpected = (): never => {
    throw new Error(`It ended before it said ${line()}: ${stderr}`);
  };
  const line = (): string => JSON.stringify(stderr.split('\n').at(-2) ?? '');
  return { child, finished, says };
}

it('leak bench --filter semaphore --time 50 --json measures the semaphore and ends by itself', async () => {
  const { exitCode, stdout, stderr } = await leakBench(['--filter', 'semaphore', '--time', '50', '--json']).finished;
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: 'semaphore · uncontended …\nsemaphore · 100 waiters …\nsemaphore · 50,000 waiters …\n',
  });
  const { results } = JSON.parse(stdout) as { results: { name: string; opsPerSecond: number; medianMs: number; p99Ms: number }[] };
  expect(results.map(({ name }) => name)).toEqual(['uncontended', '100 waiters', '50,000 waiters']);
  for (const { opsPerSecond, medianMs, p99Ms } of results) {
    expect(opsPerSecond).toBeGreaterThan(0);
    expect(medianMs).toBeGreaterThan(0);
    expect(p99Ms).toBeGreaterThanOrEqual(medianMs);
  }
});

it.each([
  ['a real server', 'http', ['bare undici', 'HttpPool', 'a client per request']],
  ['a real Chromium', 'withpage', ['withPage, warm pool']],
])('measures against %s, and leaves nothing running', async (_what, filter, names) => {
  const { exitCode, stdout } = await leakBench(['--filter', filter, '--time', '1', '--json']).finished;
  const { results, leftOut } = JSON.parse(stdout) as { results: { name: string }[]; leftOut: unknown[] };
  expect({ exitCode, leftOut, names: results.map(({ name }) => name) }).toEqual({ exitCode: 0, leftOut: [], names });
  expect(mark.processes()).toEqual([]);
});

// `npx` passes the SIGINT on that the terminal sends to both, so that it arrives twice.
it.each(['a launch per task', 'withPage, warm pool'])('ends on Ctrl-C during %s without leaving a browser', async (name) => {
  const { child, finished, says } = leakBench(['--filter', name, '--time', '60000']);
  await says(`browser · ${name} …`);
  while (mark.processes().length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ exitCode: 130, stdout: '' });
  expect(mark.processes()).toEqual([]);
});
