import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/core/stack.ts';
import { NO_OPENINGS, type Openings } from '../../../src/probes/openings.ts';
import { createProcessProbe } from '../../../src/probes/processes.ts';
import { readStat } from '../../../src/probes/procfs.ts';
import type { ResourceProbe } from '../../../src/probes/probe.ts';
import { measureUsage } from '../../../src/probes/usage.ts';

const MARKS = { LEAK_UNIT_RUN: `run-${String(process.pid)}`, LEAK_UNIT_WORKER: '3' };
const FRAME: Frame = { file: '/suite/a.spec.ts', line: 3, column: 5, function: null };
const SLEEP = 'exec sleep 1000';

const started: number[] = [];
let probe: ResourceProbe;
let before: ReadonlySet<string>;

beforeEach(() => {
  begin();
});

afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      expect(error).toMatchObject({ code: 'ESRCH' });
    }
  }
});

function begin(openings: Partial<Openings> = {}): void {
  probe = createProcessProbe({ openings: { ...NO_OPENINGS, ...openings }, marks: MARKS });
  probe.start();
  before = probe.read();
}

function opened(): string[] {
  return [...probe.read()].filter((key) => !before.has(key));
}

function keyOf(pid: number): string {
  return `process:${String(pid)}:${String(readStat(pid)?.startTime)}`;
}

function track(pid: number | undefined): number {
  if (pid === undefined) throw new Error('the process did not start');
  started.push(pid);
  return pid;
}

function start(script: string, options: { detached?: boolean; env?: NodeJS.ProcessEnv } = {}): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...MARKS }, ...options });
  track(child.pid);
  return child;
}

/** Pids the script prints, one a line. */
async function pidsFrom(child: ChildProcess, count: number): Promise<number[]> {
  let text = '';
  while (text.split('\n').length <= count) text += String((await once(child.stdout ?? child, 'data'))[0]);
  return text
    .trim()
    .split('\n')
    .map((line) => track(Number(line)));
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${String(pid)}`) && readStat(pid)?.state !== 'Z') await new Promise((resolve) => setImmediate(resolve));
}

/** A forked shell runs for a moment before it is replaced by its program. */
async function becomes(pid: number, name: string): Promise<void> {
  while (readStat(pid)?.name !== name) await new Promise((resolve) => setImmediate(resolve));
}

describe('a child', () => {
  it('is open until it ends', async () => {
    const child = start(`echo $$; ${SLEEP}`);
    const [pid = 0] = await pidsFrom(child, 1);
    const keys = opened();
    expect(keys).toEqual([keyOf(pid)]);
    expect(probe.stillOpen(keys)).toEqual(new Set(keys));
    await kill(child);
    expect(probe.stillOpen(keys)).toEqual(new Set());
    expect(probe.describe(keys)).toEqual([]);
    expect(opened()).toEqual([]);
  });

  it('is described with redacted arguments, its state, its age, and where it was started', async () => {
    begin({ child: (pid) => (pid === child.pid ? { stack: [FRAME], handleKeys: ['handle:7'] } : undefined) });
    const child = spawn('sh', ['-c', 'sleep 1000 & echo $$; echo $!; wait', '--token', 'hunter2'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [pid = 0] = await pidsFrom(child, 2);
    const [resource] = probe.describe(opened().filter((key) => key === keyOf(pid)));
    expect(resource).toMatchObject({
      kind: 'process',
      type: 'child',
      label: 'sh -c sleep 1000 & echo $$; echo $!; wait --token [redacted]',
      opener: 'user',
      standing: 'counts',
      stack: [FRAME],
      evidence: { pid, ppid: process.pid, argv: ['sh', '-c', 'sleep 1000 & echo $$; echo $!; wait', '--token', '[redacted]'] },
    });
    expect(resource?.owns).toContain('handle:7');
    expect(resource?.evidence['startedMsAgo']).toBeGreaterThanOrEqual(0);
  });

  it('of Playwright’s is left out with everything below it', async () => {
    const playwrights: number[] = [];
    begin({ isPlaywrightChild: (pid) => playwrights.includes(pid) });
    const child = start('sleep 1000 & echo $!; wait');
    playwrights.push(child.pid ?? 0);
    const [below = 0] = await pidsFrom(child, 1);
    expect(opened()).toEqual([]);
    await kill(child);
    expect(existsSync(`/proc/${String(below)}`)).toBe(true);
    expect(opened()).toEqual([]);
  });

  it.each([
    ['unref’d and fed through a pipe, it is a helper kept on purpose', { unreferenced: true, hasPipes: true }, false, 'pooled'],
    ['unref’d, but in a session of its own, it counts', { unreferenced: true, hasPipes: true }, true, 'counts'],
    ['unref’d without pipes, it counts', { unreferenced: true, hasPipes: false }, false, 'counts'],
    ['fed through a pipe, it counts', { unreferenced: false, hasPipes: true }, false, 'counts'],
  ])('%s', async (_title, facts, detached, standing) => {
    begin({ child: () => ({ stack: [FRAME], ...facts }) });
    const child = start(`echo $$; ${SLEEP}`, { detached });
    const [pid = 0] = await pidsFrom(child, 1);
    opened();
    expect(probe.describe([keyOf(pid)])[0]?.standing).toBe(standing);
  });
});

describe('a tree', () => {
  it('is folded into its root: each level owns the next, the root lists all', async () => {
    const child = start('sh -c "sleep 1000 & echo \\$!; wait" & echo $!; wait');
    const pids = await pidsFrom(child, 2);
    const keys = opened();
    expect(keys).toHaveLength(3);
    const described = new Map(probe.describe(keys).map((resource) => [resource.evidence['pid'], resource]));
    const root = described.get(track(child.pid));
    expect(root).toMatchObject({ type: 'child', standing: 'counts' });
    expect(new Set(root?.evidence['descendants'] as number[])).toEqual(new Set(pids));
    expect(pids.map((pid) => described.get(pid)?.type)).toEqual(['descendant', 'descendant']);
    expect(pids.map((pid) => described.get(pid)?.standing)).toEqual(['shared', 'shared']);
    const owned = [...described.values()].flatMap(({ owns }) => owns);
    expect(new Set(owned)).toEqual(new Set(pids.map(keyOf)));
    expect(root?.owns).toHaveLength(1);
  });

  it('with a zombie in it says so', async () => {
    // The shell would reap a child that ends before another program has taken the shell's place.
    const child = start('(until grep -q sleep /proc/$$/comm; do :; done; exec sleep 0) & echo $!; exec sleep 1000');
    const [zombie = 0] = await pidsFrom(child, 1);
    while (readStat(zombie)?.state !== 'Z') await new Promise((resolve) => setImmediate(resolve));
    expect(opened()).toContain(keyOf(zombie));
    expect(probe.describe([keyOf(zombie)])[0]).toMatchObject({
      type: 'zombie',
      label: 'sleep',
      standing: 'shared',
      evidence: { state: 'zombie' },
    });
  });
});

describe('an orphan', () => {
  it('is found by its mark when its parent is gone before it was seen', async () => {
    const parent = start('sleep 1000 >/dev/null & echo $!');
    const [orphan = 0] = await pidsFrom(parent, 1);
    if (parent.exitCode === null) await once(parent, 'exit');
    expect(readStat(orphan)?.ppid).not.toBe(process.pid);
    await becomes(orphan, 'sleep');
    expect(opened()).toContain(keyOf(orphan));
    expect(probe.describe([keyOf(orphan)])[0]).toMatchObject({ type: 'orphan', label: 'sleep 1000', standing: 'counts' });
    process.kill(orphan, 'SIGKILL');
    await gone(orphan);
    expect(probe.stillOpen([keyOf(orphan)])).toEqual(new Set());
    expect(opened()).toEqual([]);
  });

  it('left by a synchronous call is found too, with the line that made the call', () => {
    const asked: string[] = [];
    begin({
      orphan: (environment) => {
        asked.push(environment);
        return { stack: [FRAME] };
      },
    });
    const { stdout } = spawnSync('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], { env: { ...process.env, ...MARKS } });
    const orphan = track(Number(String(stdout)));
    expect(opened()).toEqual([keyOf(orphan)]);
    expect(probe.describe([keyOf(orphan)])[0]).toMatchObject({ type: 'orphan', opener: 'user', stack: [FRAME] });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(`\0LEAK_UNIT_WORKER=3\0`);
  });

  it('that is a browser’s crash handler is one only when the browser is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leak-handler-'));
    const sleep = String(spawnSync('which', ['sleep']).stdout).trim();
    for (const name of ['chrome', 'chrome_crashpad_handler']) copyFileSync(sleep, join(folder, name));
    const browser = start(`exec ${folder}/chrome 1000`);
    await becomes(browser.pid ?? 0, 'chrome');
    const script = `${folder}/chrome_crashpad_handler 1000 >/dev/null 2>&1 & echo $!`;
    const handler = track(Number(String(spawnSync('sh', ['-c', script], { env: { ...process.env, ...MARKS } }).stdout)));
    await becomes(handler, 'chrome_crashpad'); // The kernel keeps 15 bytes of a name.
    expect(opened()).toEqual([keyOf(browser.pid ?? 0)]);
    expect(probe.stillOpen([keyOf(handler)])).toEqual(new Set());
    await kill(browser);
    expect(opened()).toEqual([keyOf(handler)]);
    rmSync(folder, { recursive: true });
  });

  it('without the whole mark is somebody else’s', () => {
    const other = { ...process.env, ...MARKS, LEAK_UNIT_WORKER: '31' };
    const { stdout } = spawnSync('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], { env: other });
    track(Number(String(stdout)));
    expect(opened()).toEqual([]);
  });

  it('that was seen in the tree needs no mark, and keeps the line of its child, which is forgotten', async () => {
    const known = new Map<number, { stack: Frame[] }>();
    begin({ child: (pid) => known.get(pid) });
    const child = start('env -i sleep 1000 & echo $!; wait', { env: { PATH: process.env['PATH'] } });
    known.set(child.pid ?? 0, { stack: [FRAME] });
    const [orphan = 0] = await pidsFrom(child, 1);
    expect(opened()).toContain(keyOf(orphan));
    await kill(child);
    known.clear();
    expect(opened()).toEqual([keyOf(orphan)]);
    expect(probe.describe([keyOf(orphan)])[0]).toMatchObject({ type: 'orphan', stack: [FRAME] });
  });

  it('in the session of a browser of Playwright’s is one only when the browser is gone', async () => {
    const playwrights: number[] = [];
    begin({ isPlaywrightChild: (pid) => playwrights.includes(pid) });
    const browser = start('(sleep 1000 & echo $! >&3) 3>&1 >/dev/null; exec sleep 1000', { detached: true });
    playwrights.push(browser.pid ?? 0);
    const [orphan = 0] = await pidsFrom(browser, 1);
    const parent = (): number => readStat(orphan)?.ppid ?? 0;
    while (readStat(parent())?.sessionId === browser.pid) await new Promise((resolve) => setImmediate(resolve));
    expect(opened()).toEqual([]);
    await kill(browser);
    expect(opened()).toEqual([keyOf(orphan)]);
  });
});

describe('identity', () => {
  it('is pid and start time: a reused pid is another process', async () => {
    const child = start(`echo $$; ${SLEEP}`);
    const [pid = 0] = await pidsFrom(child, 1);
    opened();
    const stale = `process:${String(pid)}:${String((readStat(pid)?.startTime ?? 0) - 1)}`;
    expect(probe.stillOpen([stale, keyOf(pid)])).toEqual(new Set([keyOf(pid)]));
    expect(probe.describe([stale])).toEqual([]);
  });
});

describe('usage', () => {
  it('adds CPU and memory to what is going to be reported', async () => {
    const child = start('echo $$; while :; do :; done');
    const [pid = 0] = await pidsFrom(child, 1);
    const [resource] = probe.describe(opened());
    const [refined] = (await probe.refine?.(resource === undefined ? [] : [resource])) ?? [];
    expect(refined?.evidence).toMatchObject({ pid, rssBytes: expect.any(Number) as number, cpuPercent: expect.any(Number) as number });
    expect(refined?.evidence['rssBytes']).toBeGreaterThan(10_000);
  });

  it('is missing for a process that is gone, and never rejects', async () => {
    const usages = await measureUsage([5_000_000, process.pid]);
    expect([...usages.keys()]).toEqual([process.pid]);
    expect(usages.get(process.pid)?.cpuPercent).toBeGreaterThan(0);
  });
});
