import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DirectChildrenProbe } from '../../../src/probes/directChildren.ts';
import { NO_OPENINGS } from '../../../src/probes/openings.ts';

describe('processes without /proc', () => {
  it('are the recorded children, as long as they live, Playwright’s left out', async () => {
    const mine = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const playwrights = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const pids = [mine.pid ?? 0, playwrights.pid ?? 0];
    const openings = { ...NO_OPENINGS, children: () => pids, isPlaywrightChild: (pid: number) => pid === pids[1] };
    const probe = new DirectChildrenProbe(openings, 'no /proc here');
    const keys = [...probe.read()];
    expect(keys).toEqual([`process:${String(pids[0])}:0`]);
    expect(probe.describe(keys)).toMatchObject([
      { type: 'child', standing: 'counts', evidence: { pid: pids[0], limits: expect.stringContaining('no /proc here') as string } },
    ]);
    for (const child of [mine, playwrights]) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    expect(probe.stillOpen(keys)).toEqual(new Set());
    expect(probe.describe(keys)).toEqual([]);
  });
});
