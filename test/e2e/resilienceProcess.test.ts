import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { chromiumOptions, createMark, type Mark } from './markedProcesses.ts';

const program = path.join(import.meta.dirname, 'resilienceLoad.mjs');

interface Run {
  readonly child: ChildProcess;
  /** What the program says, line by line. */
  readonly said: Record<string, unknown>;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  saying(key: string): Promise<void>;
}

function start(mark: Mark, settings: object, softFdLimit?: number): Run {
  const { env, ...launchOptions } = chromiumOptions(mark);
  const argument = JSON.stringify({ launchOptions, ...settings });
  const limit = softFdLimit === undefined ? '' : `ulimit -Sn ${softFdLimit}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, argument], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Record<string, unknown> = {};
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => Object.assign(said, JSON.parse(line) as object));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  const saying = async (key: string): Promise<void> => {
    while (!(key in said)) await Promise.race([once(lines, 'line'), ended.then(() => Promise.reject(new Error('it ended')))]);
  };
  return { child, said, ended, saying };
}

describe.each([100, 200])('at a soft limit of %d descriptors', (softFdLimit) => {
  it('1,000 requests and browsing tasks that succeed, fail and are cancelled leave nothing behind', async () => {
    const mark = createMark();
    const run = start(mark, { mode: 'limits', tasks: { http: 999, browsers: 9 } }, softFdLimit);
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.said).toMatchObject({
      http: { ok: 333, failed: 333, cancelled: 333, other: [] },
      browsers: { ok: 3, failed: 3, cancelled: 3, other: [] },
      together: 12,
    });
    const { http, browsers, grown, hits } = run.said as Record<string, { most: number; hitRate: number }> & { grown: number };
    expect(Math.max(http?.most ?? Infinity, browsers?.most ?? Infinity)).toBeLessThan(50);
    expect(grown).toBeLessThanOrEqual(10);
    expect(hits).toMatchObject({ active: 0, waiting: 0 });
    await mark.allGone();
  });
});

describe('a program that is told to end while it works', () => {
  it.each<[string, NodeJS.Signals, (child: ChildProcess) => void]>([
    ['SIGTERM', 'SIGTERM', () => {}],
    ['SIGINT', 'SIGINT', () => {}],
    ['SIGINT delivered twice, as npx does', 'SIGINT', (child) => child.kill('SIGINT')],
  ])('by %s closes its browsers and leaves no process', async (_name, signal, then) => {
    const mark = createMark();
    const run = start(mark, { mode: 'load' });
    await run.saying('ready');
    run.child.kill(signal);
    then(run.child);
    await run.ended;
    await mark.allGone();
    expect(mark.processes()).toEqual([]);
  });

  it('and told again on purpose, with a browser that is stuck, kills before it goes', async () => {
    const mark = createMark();
    const run = start(mark, { mode: 'stuck' });
    await run.saying('ready');
    run.child.kill('SIGINT');
    const again = setInterval(() => run.child.kill('SIGINT'), 1_500);
    await run.ended;
    clearInterval(again);
    await mark.allGone();
    expect(mark.processes()).toEqual([]);
  });
});
