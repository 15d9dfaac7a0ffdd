import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { applyLimits, LimitError } from '../../../src/probes/limits.ts';

const softLimit = (): number => Number(/^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1]);
const openFds = (): number => fs.readdirSync('/proc/self/fd').length - 1;

/** Opens until the system refuses, and says the number that comes last: the lowest free ones are given out first. */
function exhaust(): { last: number | undefined; close: () => void } {
  const fds: number[] = [];
  try {
    for (;;) fds.push(fs.openSync('/dev/null', 'r'));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EMFILE' });
  }
  return { last: fds.at(-1), close: () => fds.splice(0).forEach((fd) => fs.closeSync(fd)) };
}

describe('the limit of open files', () => {
  it('is in force, and taken away again even when no descriptor is left', () => {
    const [before, open] = [softLimit(), openFds()];
    const limits = applyLimits({ fdLimit: open + 40 });
    const { last, close } = exhaust();
    onTestFinished(close);
    // What is held in reserve counts beside the limit.
    expect(last).toBe(open + 40 + 16 - 1);
    expect(limits.restore()).toBe(true);
    expect(limits.restore()).toBe(true);
    expect(softLimit()).toBe(before);
    close();
    expect(openFds()).toBe(open);
  });

  it('lets a child have the hard limit, which Chromium needs', () => {
    const limits = applyLimits({ fdLimit: openFds() + 40 });
    const hard = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
    limits.restore();
    expect(Number(hard)).toBeGreaterThan(1000);
  });

  it.each([
    ['what is open already', () => openFds(), 'files open already, so the limit must be at least'],
    ['more than the system allows', () => 2_000_000_000, 'open files at most'],
  ])('is refused when it is %s, and nothing stays behind', (_, limit, sentence) => {
    const [before, open] = [softLimit(), openFds()];
    expect(() => applyLimits({ fdLimit: limit() })).toThrow(LimitError);
    expect(() => applyLimits({ fdLimit: limit() })).toThrow(sentence);
    expect([softLimit(), openFds()]).toEqual([before, open]);
  });

  it('is refused where prlimit is missing, by its name', () => {
    const { PATH } = process.env;
    onTestFinished(() => {
      process.env['PATH'] = PATH;
    });
    process.env['PATH'] = '/nowhere';
    const open = openFds();
    expect(() => applyLimits({ fdLimit: open + 40 })).toThrow('prlimit of util-linux is not installed');
    expect(openFds()).toBe(open);
  });
});

describe('the limit of memory', () => {
  it('is not in force in a process that was started without it, and that is said', () => {
    expect(applyLimits({ memoryLimitBytes: 64 * 1024 ** 2 }).notes.join()).toContain('the memory limit of 64m is not in force');
    expect(applyLimits({}).notes).toEqual([]);
  });
});
