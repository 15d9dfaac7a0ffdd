import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findBrowserOf, isCrashHandler } from '../../../src/probes/crashHandlers.ts';
import { auditMarkedProcesses } from '../../../src/probes/orphans.ts';
import { readStat, type ProcessStat } from '../../../src/probes/procfs.ts';

const RUN = `audit-${String(process.pid)}`;
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function environment(marks: Record<string, string>): NodeJS.ProcessEnv {
  const rest = { ...process.env };
  delete rest['TEST_WORKER_INDEX'];
  return { ...rest, ...marks };
}

/** Leaves `sleep 1000` behind, re-parented. Returns its pid. */
async function leaveOrphan(marks: Record<string, string>): Promise<number> {
  const { stdout } = spawnSync('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], { env: environment(marks) });
  const pid = Number(String(stdout));
  cleanups.push(() => process.kill(pid, 'SIGKILL'));
  // A forked shell runs for a moment before it is replaced by its program.
  while (readStat(pid)?.name !== 'sleep') await new Promise((resolve) => setImmediate(resolve));
  return pid;
}

async function startProgram(file: string, marks: Record<string, string> = {}): Promise<number> {
  const child = spawn(file, ['1000'], { stdio: 'ignore', env: environment(marks) });
  await once(child, 'spawn');
  cleanups.push(() => child.kill('SIGKILL'));
  return child.pid ?? 0;
}

function statOf(pid: number): ProcessStat {
  const stat = readStat(pid);
  if (stat === undefined) throw new Error(`process ${String(pid)} is gone`);
  return stat;
}

describe('auditMarkedProcesses', () => {
  it('finds what carries the run’s id, with the worker it was born below', async () => {
    const pid = await leaveOrphan({ PLAYWRIGHT_LEAK_RUN_ID: RUN, TEST_WORKER_INDEX: '4' });
    expect(auditMarkedProcesses(RUN)).toEqual([
      expect.objectContaining({
        pid,
        startTime: readStat(pid)?.startTime,
        argv: ['sleep', '1000'],
        workerIndex: 4,
        isWorker: false,
        isCrashHandler: false,
      }),
    ]);
  });

  it('tells apart what the runner itself started', async () => {
    const pid = await leaveOrphan({ PLAYWRIGHT_LEAK_RUN_ID: RUN });
    expect(auditMarkedProcesses(RUN)).toEqual([expect.objectContaining({ pid, workerIndex: null })]);
  });

  it('leaves out another run, also one whose id begins alike, and what has ended', async () => {
    await leaveOrphan({ PLAYWRIGHT_LEAK_RUN_ID: `${RUN}0`, TEST_WORKER_INDEX: '4' });
    await leaveOrphan({ TEST_WORKER_INDEX: '4' });
    spawnSync('true', { env: environment({ PLAYWRIGHT_LEAK_RUN_ID: RUN }) });
    expect(auditMarkedProcesses(RUN)).toEqual([]);
  });

  it('recognizes a worker, and lists what below it has lost its mark', async () => {
    const script = 'env -i sleep 1000 >/dev/null 2>&1 & echo $!; wait';
    const args = ['-c', script, '/x/node_modules/playwright/lib/worker/workerProcessEntry.js'];
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'ignore'], env: environment({ PLAYWRIGHT_LEAK_RUN_ID: RUN }) });
    cleanups.push(() => child.kill('SIGKILL'));
    const below = Number(String((await once(child.stdout, 'data'))[0]));
    cleanups.push(() => process.kill(below, 'SIGKILL'));
    // Until it has become `sleep`, the child below still carries its parent's environment.
    while (auditMarkedProcesses(RUN).length > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(auditMarkedProcesses(RUN)).toEqual([expect.objectContaining({ pid: child.pid, isWorker: true, descendants: [below] })]);
  });

  it('ties a crash handler to the browser in its folder while that lives', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leak-audit-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const marks = { PLAYWRIGHT_LEAK_RUN_ID: RUN, TEST_WORKER_INDEX: '0' };
    const sleep = String(spawnSync('which', ['sleep']).stdout).trim();
    for (const name of ['chrome', 'chrome_crashpad_handler']) copyFileSync(sleep, join(folder, name));
    const browser = await startProgram(join(folder, 'chrome'), marks);
    const handler = await startProgram(join(folder, 'chrome_crashpad_handler'), marks);
    const find = () => auditMarkedProcesses(RUN).find(({ pid }) => pid === handler);
    expect(find()).toMatchObject({ isCrashHandler: true, browserPid: browser });
    process.kill(browser, 'SIGKILL');
    while (readStat(browser) !== undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(find()).toMatchObject({ isCrashHandler: true, browserPid: null });
  });
});

describe('isCrashHandler', () => {
  it.each(['/usr/lib/chromium/chrome_crashpad_handler', 'crashpad_handler', 'C:\\chrome\\crashpad_handler.exe', '/a/crashhelper'])(
    '%s is one',
    (file) => {
      expect(isCrashHandler([file, '--monitor-self'])).toBe(true);
    },
  );

  it.each([[[]], [['/usr/bin/chromium', '--crashpad-handler-pid=0']], [['my_crashpad_handler_test']]])('%j is none', (argv) => {
    expect(isCrashHandler(argv)).toBe(false);
  });
});

describe('findBrowserOf', () => {
  it('takes the last one started before the handler, from the handler’s folder only, never another handler', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leak-audit-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    for (const name of ['program', 'handler']) copyFileSync(String(spawnSync('which', ['sleep']).stdout).trim(), join(folder, name));
    const stat = statOf(await startProgram(join(folder, 'program')));
    const early = { ...stat, startTime: stat.startTime - 20 };
    const near = { ...stat, startTime: stat.startTime - 10 };
    const late = { ...stat, startTime: stat.startTime + 10 };
    const elsewhere = { ...statOf(process.pid), startTime: stat.startTime - 1 };
    const handler = { ...statOf(await startProgram(join(folder, 'handler'))), startTime: stat.startTime };
    const twin = { ...statOf(await startProgram(join(folder, 'handler'))), startTime: stat.startTime - 1 };
    expect(findBrowserOf(handler, [early, near, late, elsewhere, twin])).toBe(near);
    expect(findBrowserOf(handler, [late, elsewhere, twin])).toBeUndefined();
  });
});
