import type * as NodeFs from 'node:fs';
import { beforeEach, expect, it, vi } from 'vitest';
import { readStartedEnvironment } from '../../../src/probes/procfs.ts';

/** No pid: larger than the kernel's largest. What is read of it comes from {@link answers}: a program's start cannot be held at will. */
const PID = 4_999_999;

const { answers, reads } = vi.hoisted(() => ({ answers: new Map<string, string[]>(), reads: [] as string[] }));

vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<typeof NodeFs>()),
  readFileSync: (path: string) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    reads.push(name);
    const left = answers.get(name) ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return answer;
  },
}));

const stat = (state: string, code: number, size: number): string =>
  `${String(PID)} (setsid) ${state} 1 7 7 0 -1 0 ${'0 '.repeat(12)}987654 0 0 0 0 ${String(code)} ${'0 '.repeat(22)}5000 ${String(5000 + size)} 0`;

const STARTING = stat('R', 0, 0);

beforeEach(() => {
  answers.clear();
  reads.length = 0;
});

it('waits for the environment of a program that is being started, twice in a row as well', () => {
  answers.set('environ', ['', '', '', 'TEA=green\0']);
  answers.set('stat', [STARTING, stat('R', 4_000, 10), STARTING]);
  expect(readStartedEnvironment(PID)).toBe('\0TEA=green\0\0');
});

it('is told that a program is not started in its time, which it asks for once when there is none', () => {
  answers.set('environ', ['']);
  answers.set('stat', [STARTING]);
  expect(readStartedEnvironment(PID, 3)).toBeNull();
  expect(reads.filter((name) => name === 'environ')).toHaveLength(4);
  reads.length = 0;
  expect(readStartedEnvironment(PID, 0)).toBeNull();
  expect(reads).toEqual(['environ', 'stat']);
});

it.each([
  ['a program without an environment', stat('S', 4_000, 0)],
  ['a zombie', stat('Z', 0, 0)],
])('does not wait for %s', (_, text) => {
  answers.set('environ', ['']);
  answers.set('stat', [text]);
  expect(readStartedEnvironment(PID)).toBe('\0\0');
  expect(reads).toEqual(['environ', 'stat']);
});

it('does not wait for one that has gone, or that is somebody else’s', () => {
  expect(readStartedEnvironment(PID)).toBeUndefined();
  answers.set('environ', ['']);
  expect(readStartedEnvironment(PID)).toBe('\0\0');
});
