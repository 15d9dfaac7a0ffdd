import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  listProcesses,
  parseStat,
  procfsProblem,
  processExists,
  readArgv,
  readEnvironment,
  readLastPid,
  readRssBytes,
  readStat,
  readUptime,
  tolerant,
} from '../../../src/probes/procfs.ts';

/** No pid: larger than the kernel's largest (PID_MAX_LIMIT, 2^22). */
const NOBODY = 5_000_000;

describe('parseStat', () => {
  it('is not misled by a name full of blanks and parentheses', () => {
    const text = '77 (a) R 1 (b\n) S 5 70 60 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 11 12';
    expect(parseStat(text)).toEqual({
      pid: 77,
      name: 'a) R 1 (b\n',
      state: 'S',
      ppid: 5,
      groupId: 70,
      sessionId: 60,
      startTime: 987654,
      isKernelThread: false,
      environmentSize: null,
    });
  });

  it('recognizes a kernel thread by its flag', () => {
    expect(parseStat('2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 3 0 0')?.isKernelThread).toBe(true);
  });

  it('knows how large the environment is once the program has been started, and nothing of it before', () => {
    const stat = (code: number, start: number, end: number): string =>
      `7 (sh) R 1 7 7 0 -1 0 ${'0 '.repeat(12)}987654 0 0 0 ${String(code && 1)} ${String(code)} ${'0 '.repeat(22)}${String(start)} ${String(end)} 0`;
    expect(parseStat(stat(0, 0, 0))).toMatchObject({ startTime: 987654, environmentSize: null });
    expect(parseStat(stat(0, 5_000, 5_000))?.environmentSize).toBeNull();
    expect(parseStat(stat(4_000, 5_000, 5_000))?.environmentSize).toBe(0);
    expect(parseStat(stat(4_000, 5_000, 6_000))?.environmentSize).toBe(1_000);
    const size = readStat(process.pid)?.environmentSize;
    expect(size).toBe(readFileSync('/proc/self/environ').length);
  });

  it.each(['', 'x', '1 (cut', '1 (cut) S 1 2'])('makes nothing of %j', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('reading a process', () => {
  it('reads this one', () => {
    expect(procfsProblem()).toBeUndefined();
    expect(readStat(process.pid)).toMatchObject({ pid: process.pid, ppid: process.ppid });
    expect(readArgv(process.pid)).not.toHaveLength(0);
    expect(readEnvironment(process.pid)).toMatch(/\0PATH=/);
    expect(readRssBytes(process.pid)).toBeGreaterThan(1_000_000);
    expect(readUptime()).toBeGreaterThan(0);
    expect(readLastPid()).toBeGreaterThan(0);
    expect(processExists(process.pid)).toBe(true);
    expect(listProcesses()).toContain(process.pid);
  });

  it('answers undefined for one that is gone, and never throws', () => {
    expect(readStat(NOBODY)).toBeUndefined();
    expect(readArgv(NOBODY)).toEqual([]);
    expect(readEnvironment(NOBODY)).toBeUndefined();
    expect(readRssBytes(NOBODY)).toBeUndefined();
    expect(processExists(NOBODY)).toBe(false);
  });
});

describe('tolerant', () => {
  it('swallows system errors, and nothing else', () => {
    expect(tolerant(() => process.kill(NOBODY, 0))).toBeUndefined();
    expect(() => tolerant(() => new RegExp('('))).toThrow(SyntaxError);
  });

  it('leaves the stack depth as it was', () => {
    const before = Error.stackTraceLimit;
    tolerant(() => process.kill(NOBODY, 0));
    expect(Error.stackTraceLimit).toBe(before);
  });
});
