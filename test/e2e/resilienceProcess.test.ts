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

function start(mark: Mark, settings: object): Run {
  const { env, ...launchOptions } = chromiumOptions(mark);
  const argument = JSON.stringify({ launchOptions, ...settings });
  const child = spawn(process.execPath, [program, argument], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Record<string, unknown> = {};
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => Object.assign(said, JSON.parse(line) as object));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  const saying = async (key: string): Promise<void> => {
    while (!(key in said)) await Promise.race([once(lines, 'line'), ended.then(() => Promise.reject(new Error('it ended')))]);
  };
  return { child, said, ended, saying };
}

describe('a program that is told to end while it works', () => {
  it.each<[string, NodeJS.Signals, number, (child: ChildProcess) => void]>([
    ['SIGTERM', 'SIGTERM', 143, () => {}],
    ['SIGINT', 'SIGINT', 130, () => {}],
    ['SIGINT delivered twice, as npx does', 'SIGINT', 130, (child) => child.kill('SIGINT')],
  ])('by %s closes its browsers and leaves no process', async (_name, signal, code, then) => {
    const mark = createMark();
    const run = start(mark, { mode: 'load' });
    await run.saying('ready');
    run.child.kill(signal);
    then(run.child);
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.said['shutdown']).toMatchObject({ reason: signal });
    await mark.allGone();
  });

  it('with a browser that is stuck kills that one, and ends in its time', async () => {
    const mark = createMark();
    const run = start(mark, { mode: 'stuck' });
    await run.saying('ready');
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 143, signal: null });
    await mark.allGone();
  });

  it('and told again on purpose, with a browser that is stuck, kills before it goes', async () => {
    const mark = createMark();
    const run = start(mark, { mode: 'stuck' });
    await run.saying('ready');
    run.child.kill('SIGINT');
    const again = setInterval(() => run.child.kill('SIGINT'), 1_500);
    expect(await run.ended).toEqual({ code: 130, signal: null });
    clearInterval(again);
    await mark.allGone();
  });
});
