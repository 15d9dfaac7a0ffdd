import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Ownership } from '../../../../src/cli/soak/ownership.ts';
import { encodeSoakPlan, SOAK_VARIABLE } from '../../../../src/core/soakPlan.ts';
import { temporaryFolder } from '../../temporaryFolder.ts';

let directory = '';
beforeEach(() => {
  directory = path.join(temporaryFolder(), 'leak-report/soak');
});

function take(): Ownership {
  const taken = Ownership.take(directory);
  if (!(taken instanceof Ownership)) throw new Error(`it is owned by ${String(taken.pid)}`);
  onTestFinished(() => {
    taken[Symbol.dispose]();
  });
  return taken;
}

describe('the owner of the folder of journals', () => {
  it.each([
    ['there', () => undefined],
    ['removed', () => rmSync(path.dirname(directory), { recursive: true })],
  ])('asks the scenarios to end where the folder is %s', (_, change) => {
    const ownership = take();
    change();
    expect(ownership.requestStop('SIGTERM')).toBeNull();
    expect(readFileSync(path.join(directory, 'stop'), 'utf8')).toBe('SIGTERM');
  });

  it('says why it cannot ask them where there can be no folder, and lets go of it all the same', () => {
    const ownership = take();
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    expect(ownership.requestStop('SIGTERM')).toMatch(/^ENOTDIR/);
    ownership[Symbol.dispose]();
  });
});

describe('a folder of journals', () => {
  /** A process that waits, with these arguments, under the plan of a soak in this folder. */
  async function startUnder(soaked: string, ...args: string[]): Promise<number | undefined> {
    const script = path.join(temporaryFolder(), 'waits.mjs');
    writeFileSync(script, "process.stdin.resume(); console.log('waiting');");
    const plan = encodeSoakPlan({ concurrency: 1, errorRate: 0, seed: 7, directory: soaked, resume: false });
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, [SOAK_VARIABLE]: plan },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(async () => {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    });
    await once(child.stdout, 'data');
    return child.pid;
  }

  it('is not taken while the Playwright of a soak that was killed writes into it', async () => {
    const pid = await startUnder(directory, 'test');
    expect(Ownership.take(directory)).toEqual({ pid, is: 'Playwright' });
  });

  it.each([
    ['the Playwright of a soak in another folder', () => `${directory}-2`, ['test']],
    ['what it has left behind and writes nothing', () => directory, ['--headless']],
  ])('is taken beside %s', async (_, soaked, args) => {
    await startUnder(soaked(), ...args);
    take();
  });
});
