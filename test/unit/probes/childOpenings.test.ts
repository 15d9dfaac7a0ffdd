import child_process, { execFile, execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import type { HandleProbe } from '../../../src/probes/handles.ts';
import { createHandleProbe } from '../../../src/probes/handles.ts';
import { readEnvironment } from '../../../src/probes/procfs.ts';

/** A program that shows its environment. */
const showing = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'leak-child-')), 'show.cjs');
fs.writeFileSync(showing, '#!/usr/bin/env node\nprocess.stdout.write(JSON.stringify(process.env), () => process.disconnect?.());\n', {
  mode: 0o755,
});
afterAll(() => fs.rmSync(path.dirname(showing), { recursive: true }));

let probe: HandleProbe;

beforeEach(() => {
  probe = createHandleProbe();
  probe.start();
});

afterEach(() => probe.stop());

function here(): number {
  return Number(/childOpenings\.test\.ts:(\d+)/.exec(new Error().stack?.split('\n')[2] ?? '')?.[1]);
}

const lineOf = (pid: number | undefined): number | undefined => originOf(probe.openings.child(pid ?? 0)?.stack ?? [])?.line;

async function end(child: child_process.ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('who started a child', () => {
  it('is known of spawn, execFile and fork, as long as the child runs', async () => {
    const script = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'leak-child-')), 'child.cjs');
    fs.writeFileSync(script, 'setInterval(() => {}, 1000)');
    const line = here() + 1;
    const children = [spawn('sleep', ['60']), execFile('sleep', ['60']), fork(script)];

    expect(children.map((child) => lineOf(child.pid))).toEqual([line, line, line]);
    expect(new Set(probe.openings.children())).toEqual(new Set(children.map((child) => child.pid)));
    expect(children.map((child) => probe.openings.isPlaywrightChild(child.pid ?? 0))).toEqual([false, false, false]);
    for (const child of children) await end(child);
    expect(children.map((child) => lineOf(child.pid))).toEqual([undefined, undefined, undefined]);
    expect([...probe.openings.children()]).toEqual([]);
    fs.rmSync(path.dirname(script), { recursive: true });
  });

  it('shows a service child: unreferenced, with pipes to us', async () => {
    const service = spawn('sleep', ['60']);
    service.unref();
    const detached = spawn('sleep', ['60'], { stdio: 'ignore' });
    detached.unref();

    expect(probe.openings.child(service.pid ?? 0)).toMatchObject({ unreferenced: true, hasPipes: true });
    expect(probe.openings.child(detached.pid ?? 0)).toMatchObject({ unreferenced: true, hasPipes: false });
    service.ref();
    expect(probe.openings.child(service.pid ?? 0)).toMatchObject({ unreferenced: false });
    await end(service);
    await end(detached);
  });

  it('claims a child’s own pipes, and not those of another child or a socket of the same moment', async () => {
    const first = spawn('sleep', ['60']);
    const second = spawn('sleep', ['60']);
    const keys = [first, second].map((child) => new Set(probe.openings.child(child.pid ?? 0)?.handleKeys));
    // Process handle and three pipes, each under two states.
    expect(keys.map((set) => set.size)).toEqual([8, 8]);
    expect(new Set([...(keys[0] ?? []), ...(keys[1] ?? [])]).size).toBe(16);
    await end(first);
    await end(second);
  });

  it('no longer claims a pipe that was destroyed', async () => {
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    expect(probe.openings.child(child.pid ?? 0)).toMatchObject({ hasPipes: true });
    child.stdout.destroy();
    await once(child.stdout, 'close');
    expect(probe.openings.child(child.pid ?? 0)).toMatchObject({ hasPipes: false });
    expect(probe.openings.child(child.pid ?? 0)?.handleKeys).toHaveLength(2);
    await end(child);
  });

  it('records nothing for a child that could not be started, and its error stays as it was', async () => {
    const child = spawn('/no/such/program');
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENOENT');
    expect([...probe.openings.children()]).toEqual([]);
  });
});

describe('whose an orphan is', () => {
  const MARKS = { LEAK_UNIT_RUN: `run-${String(process.pid)}` };
  const SHOW = ['-e', 'process.stdout.write(JSON.stringify(process.env))'] as const;
  let marked: HandleProbe;

  beforeEach(() => {
    Object.assign(process.env, MARKS);
    marked = createHandleProbe({ marks: MARKS });
    marked.start();
  });

  afterEach(() => {
    marked.stop();
    for (const name of [...Object.keys(MARKS), 'PLAYWRIGHT_LEAK_SPAWN']) Reflect.deleteProperty(process.env, name);
  });

  const lineIn = (environment: string): number | undefined => originOf(marked.openings.orphan?.(environment)?.stack ?? [])?.line;
  /** An environment, shown as JSON by a child, as it stands in /proc. */
  const written = (json: string | Buffer): string =>
    `\0${Object.entries(JSON.parse(String(json)) as object)
      .map(([name, value]) => `${name}=${String(value)}\0`)
      .join('')}`;

  async function environmentOf(child: child_process.ChildProcess): Promise<string> {
    const chunks: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(String(chunk)));
    await once(child, 'close');
    return written(chunks.join(''));
  }

  it('stands in its environment, through all processes between, also when they have ended', async () => {
    const first = spawn('sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const line = here() + 1;
    const second = spawn('sh', ['-c', 'sh -c "sleep 60 & echo \\$!" 2>/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pids = await Promise.all(
      [first, second].map(async ({ stdout }) => Number(String(((await once(stdout, 'data')) as [Buffer])[0]))),
    );
    // While a process takes on its program, the kernel shows none for a moment.
    while (pids.some((pid) => readEnvironment(pid) === '\0\0')) await new Promise((resolve) => setImmediate(resolve));
    const environments = pids.map((pid) => readEnvironment(pid) ?? '');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(environments.map(lineIn)).toEqual([line - 2, line]);
  });

  it('is told of every way to start a process', async () => {
    const line = here() + 1;
    const starts: (() => Promise<string> | string)[] = [
      () => environmentOf(spawn(process.execPath, SHOW)),
      () => environmentOf(execFile(process.execPath, SHOW)),
      () => environmentOf(child_process.exec(`"${process.execPath}" -p "JSON.stringify(process.env)"`)),
      () => environmentOf(fork(showing, { silent: true })),
      () => written(spawnSync(process.execPath, SHOW).stdout),
      () => written(spawnSync(process.execPath, SHOW, { encoding: 'utf8' }).stdout),
      () => written(spawnSync(`"${process.execPath}" -p "JSON.stringify(process.env)"`, { shell: true }).stdout),
      () => written(execFileSync(process.execPath, SHOW)),
      () => written(execFileSync(showing, { env: { ...process.env, OTHER: '1' } })),
      () => written(execSync(`"${process.execPath}" -p "JSON.stringify(process.env)"`)),
      () => written(execSync(`"${process.execPath}" -p "JSON.stringify(process.env)"`, { encoding: 'utf8' })),
    ];
    const lines: (number | undefined)[] = [];
    for (const start of starts) lines.push(lineIn(await start()));
    expect(lines).toEqual(starts.map((_, index) => line + 1 + index));
  });

  it('is told apart for two starts at the same time, and is the same for one place in a loop', async () => {
    const children = [1, 2].map(() => spawn(process.execPath, SHOW));
    const other = spawn(process.execPath, SHOW);
    const [one, two, three] = await Promise.all([...children, other].map(environmentOf));
    expect(lineIn(one ?? '')).toBe(lineIn(two ?? ''));
    expect(lineIn(three ?? '')).toBe((lineIn(one ?? '') ?? 0) + 1);
    const nameIn = (environment = '') => /\0PLAYWRIGHT_LEAK_SPAWN=([^\0]*)/.exec(environment)?.[1];
    expect(nameIn(one)).toBe(nameIn(two));
    expect(nameIn(three)).not.toBe(nameIn(one));
  });

  it('changes nothing in an environment of somebody’s own, in no object of the caller’s, and in ours only that one variable', async () => {
    const env = { PATH: process.env['PATH'] };
    const options = { env: { ...process.env } };
    const before = structuredClone(options);
    const childs = [spawn(process.execPath, SHOW, { env }), spawn(process.execPath, SHOW, options)];
    const [own, ours] = await Promise.all(childs.map(environmentOf));
    expect(own).not.toContain('PLAYWRIGHT_LEAK_SPAWN');
    expect(written(spawnSync(process.execPath, SHOW, { env }).stdout)).not.toContain('PLAYWRIGHT_LEAK_SPAWN');
    const synchronous = written(spawnSync(process.execPath, SHOW, options).stdout);
    expect(options).toEqual(before);
    expect(process.env).not.toHaveProperty('PLAYWRIGHT_LEAK_SPAWN');
    for (const environment of [ours, synchronous]) {
      expect(environment).toContain('\0PLAYWRIGHT_LEAK_SPAWN=');
      expect(environment?.replace(/PLAYWRIGHT_LEAK_SPAWN=[^\0]*\0/, '')).toBe(written(JSON.stringify(process.env)));
    }
  });

  it('is not believed of an outer run, whose name is handed on all the same', async () => {
    const env = { ...process.env, PLAYWRIGHT_LEAK_SPAWN: 'outer:1' };
    expect(marked.openings.orphan?.('\0PLAYWRIGHT_LEAK_SPAWN=outer:1\0')).toBeUndefined();
    const line = here() + 2;
    const environments = [
      await environmentOf(spawn(process.execPath, SHOW, { env })),
      written(execFileSync(process.execPath, SHOW, { env })),
    ];
    for (const environment of environments) expect(environment).toContain('\0PLAYWRIGHT_LEAK_SPAWN=outer:1 ');
    expect(environments.map(lineIn)).toEqual([line, line + 1]);
  });

  it('leaves what Node refuses as it was', () => {
    const refusals: (() => unknown)[] = [
      () => spawnSync('true', [], null as never),
      () => spawnSync('true', [], 'options' as never),
      () => execFileSync('true', [], 7 as never),
      () => spawnSync(7 as never),
      () => spawnSync('true', [], { env: 'none' as never, cwd: 3 as never }),
    ];
    const codeOf = (refusal: () => unknown): unknown => {
      try {
        return refusal();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    const codes = refusals.map(codeOf);
    marked.stop();
    probe.stop();
    expect(codes).toEqual(refusals.map(codeOf));
    expect(codes).toContain('ERR_INVALID_ARG_TYPE');
  });

  it('is told of a synchronous call that throws', () => {
    const line = here() + 2;
    const failing = (): unknown =>
      execFileSync(process.execPath, ['-e', 'process.stdout.write(JSON.stringify(process.env)); process.exitCode = 3']);
    const failure = expect.objectContaining({ status: 3 }) as Error;
    expect(failing).toThrow(failure);
    try {
      failing();
    } catch (error) {
      expect(lineIn(written((error as { stdout: Buffer }).stdout))).toBe(line);
    }
  });
});
