import child_process, { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { originOf } from '../../../src/core/stack.ts';
import type { HandleProbe } from '../../../src/probes/handles.ts';
import { createHandleProbe } from '../../../src/probes/handles.ts';

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
  it('is told by the only start during whose life it was born', async () => {
    const line = here() + 1;
    const child = spawn('sh', ['-c', 'sleep 60 & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const bornAt = Date.now() + 1;
    const exit = once(child, 'exit');
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    await exit;
    child.stdout.destroy();
    expect(originOf(probe.openings.orphan?.(bornAt)?.stack ?? [])?.line).toBe(line);
    expect(probe.openings.orphan?.(bornAt - 60_000)).toBeUndefined();
    expect(probe.openings.orphan?.(Date.now() + 60_000)).toBeUndefined();
    process.kill(Number(pid.toString()));
  });

  it('is told of synchronous calls, also of one that throws', () => {
    const line = here() + 1;
    const call = (): unknown => child_process.execSync('exit 3', { stdio: 'ignore' });
    const bornAt = Date.now();
    expect(call).toThrow(expect.objectContaining({ status: 3 }) as Error);
    expect(originOf(probe.openings.orphan?.(bornAt)?.stack ?? [])?.line).toBe(line);
  });

  it('is not told when two starts fit', async () => {
    const first = spawn('sleep', ['60']);
    const second = spawn('sleep', ['60']);
    expect(probe.openings.orphan?.(Date.now())).toBeUndefined();
    await end(first);
    await end(second);
  });
});
