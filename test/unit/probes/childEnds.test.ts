import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHandleProbe, type HandleProbe } from '../../../src/probes/handles.ts';

describe('how a child came to its end', () => {
  let probe: HandleProbe;

  beforeEach(() => {
    probe = createHandleProbe();
    probe.start();
  });
  afterEach(() => {
    probe.stop();
  });

  it.each([
    ['it was killed', (child: ChildProcess) => child.kill(), true],
    ['it was killed by its pid', (child: ChildProcess) => process.kill(child.pid ?? 0, 'SIGKILL'), true],
    ['it ended', (child: ChildProcess) => child.stdin?.end(), false],
    ['it crashed', (child: ChildProcess) => process.kill(child.pid ?? 0, 'SIGSEGV'), false],
  ])('%s', async (_, end, wasKilled) => {
    const child = spawn('cat');
    const exited = once(child, 'exit');
    end(child);
    await exited;
    expect(probe.openings.wasKilled?.(child.pid ?? 0)).toBe(wasKilled);
  });
});
