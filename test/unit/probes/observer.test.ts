import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findWorkers, observe, socketLabels } from '../../../src/probes/observer.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leak-observer-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  rmSync(folder, { recursive: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** A Node process that runs a line for each line it is sent, and answers with what the line returned. */
async function startNode(
  ...args: string[]
): Promise<{ readonly pid: number; readonly child: ChildProcess; run(line: string): Promise<unknown> }> {
  const script = `process.on('message', async (line) => process.send({ value: await eval(line) })); process.send('ready')`;
  const child = spawn(process.execPath, ['-e', script, ...args], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  children.push(child);
  await once(child, 'message');
  const run = async (line: string): Promise<unknown> => {
    const answer = once(child, 'message') as Promise<[{ value?: unknown }]>;
    child.send(line);
    return (await answer)[0].value;
  };
  return { pid: child.pid ?? 0, child, run };
}

describe('observe', () => {
  it('sees what another process opens and closes', async () => {
    const { pid, run } = await startNode();
    const before = observe(pid);
    const path = join(folder, 'orders.csv');
    const fd = Number(await run(`require('fs').openSync(${JSON.stringify(path)}, 'w')`));
    const opened = [...(observe(pid)?.fds ?? [])].filter(([key]) => before?.fds.has(key) !== true);
    expect(opened).toEqual([[expect.stringMatching(`^fd:${String(fd)}:file:`), { kind: 'file', label: path, path, inode: null }]]);
    await run(`require('fs').closeSync(${String(fd)})`);
    expect(new Set(observe(pid)?.fds.keys())).toEqual(new Set(before?.fds.keys()));
    expect(before?.rssBytes).toBeGreaterThan(1_000_000);
  });

  it('names the address of another process’s server when asked', async () => {
    const { pid, run } = await startNode();
    const port = await run(
      `new Promise((r) => { const s = globalThis.s = require('net').createServer().listen(0, '127.0.0.1', () => r(s.address().port)) })`,
    );
    const inodes = [...(observe(pid)?.fds.values() ?? [])].flatMap(({ kind, inode }) =>
      kind === 'socket' && inode !== null ? [inode] : [],
    );
    const labels = [...socketLabels(pid, inodes).values()].map(({ label }) => label);
    expect(labels).toContain(`tcp 127.0.0.1:${String(port)}`);
  });

  it('sees the whole tree below, redacted, and not what has ended', async () => {
    const { pid, run } = await startNode();
    const child = Number(
      await run(
        `globalThis.c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', '--token', 'hunter2'], {stdio:'ignore'}); c.pid`,
      ),
    );
    while (observe(pid)?.processes.size !== 1) await new Promise((resolve) => setImmediate(resolve));
    const [process] = [...(observe(pid)?.processes.values() ?? [])];
    expect(process).toMatchObject({ pid: child, ppid: pid });
    expect(process?.argv.slice(-2)).toEqual(['--token', '[redacted]']);
    await run(`new Promise((r) => { c.on('exit', r); c.kill() }).then(() => 1)`);
    expect(observe(pid)?.processes.size).toBe(0);
  });

  it('answers undefined when the process is gone', async () => {
    const { pid, child } = await startNode();
    await end(child);
    expect(observe(pid)).toBeUndefined();
  });
});

describe('findWorkers', () => {
  it('finds the children that run Playwright’s worker entry, oldest first, and no others', async () => {
    await startNode('server.js');
    const first = await startNode('/x/node_modules/playwright/lib/common/process.js');
    // Start times have a grain of 10 ms.
    await startNode('/x/playwright/lib/worker/other.js');
    const second = await startNode('/x/node_modules/playwright/lib/worker/workerProcessEntry.js');
    expect(findWorkers(process.pid).map(({ pid }) => pid)).toEqual([first.pid, second.pid]);
    await end(first.child);
    expect(findWorkers(process.pid).map(({ pid }) => pid)).toEqual([second.pid]);
  });
});
