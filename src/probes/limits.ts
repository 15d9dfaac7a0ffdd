import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { display } from '../core/json.ts';
import type { SoakPlan } from '../core/soakPlan.ts';
import { listNames, readText } from './procfs.ts';

/** Limits in force for this process. */
export interface AppliedLimits {
  /** Sentences about limits that are not as they were asked for. */
  readonly notes: readonly string[];
  /** Puts back what was there before. Idempotent; `false` when the system refuses, in which case the limit stays. */
  restore(): boolean;
}

/** A limit the system refuses. The message says which, and why. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}

/** Descriptors kept back for ending the limit again, when a leak has used up all others: starting a process takes ten (Node 20). */
const RESERVE = 16;

const RESERVE_NOTE = `${String(RESERVE)} descriptors are held to end the limit of open files with; they are counted, and the limit is higher by as many`;

/** Descriptors a scenario must have left, or not even its first iteration could run. */
const LEAST_FREE = 16;

/** What V8 allows beyond the old space: the young generation, 48 MB by default. */
const YOUNG_BYTES = 128 * 1024 ** 2;

/**
 * Lowers the limits of this process to those of the plan.
 *
 * Open files: the soft limit, through util-linux' `prlimit`, since Node has no call for it and raises its own soft limit to the hard one
 * when it starts. The hard limit stays: Chromium, which inherits both, raises its own soft limit again, so it starts under any. The limit
 * counts every descriptor of the worker, those of Node and Playwright (about 25) included.
 *
 * Memory: only V8's own limit, which `leak soak` has put into `NODE_OPTIONS`, is checked here. RLIMIT_AS would break V8, which reserves far
 * more addresses than it uses.
 *
 * @throws LimitError for a limit that cannot be had here
 * @example const limits = applyLimits({ fdLimit: 100 }); try { … } finally { limits.restore(); }
 */
export function applyLimits({ fdLimit, memoryLimitBytes }: Pick<SoakPlan, 'fdLimit' | 'memoryLimitBytes'>): AppliedLimits {
  const notes = memoryLimitBytes === undefined ? [] : memoryNotes(memoryLimitBytes);
  if (fdLimit === undefined) return { notes, restore: () => true };
  const restore = lowerFdLimit(fdLimit);
  return { notes: [...notes, RESERVE_NOTE], restore };
}

function lowerFdLimit(limit: number): () => boolean {
  const current = readFdLimits();
  if (current === undefined)
    throw new LimitError(
      `--fd-limit ${String(limit)}: limits are set through Linux's prlimit and /proc, which are not here (${process.platform})`,
    );
  const [soft, hard] = current;
  if (limit > hard) throw new LimitError(`--fd-limit ${String(limit)}: this process may have ${String(hard)} open files at most`);
  const open = (listNames('/proc/self/fd') ?? []).map(Number);
  const least = leastLimit(open);
  if (limit < least) {
    throw new LimitError(
      `--fd-limit ${String(limit)}: this worker has ${String(open.length)} files open already, so the limit must be at least ${String(least)}`,
    );
  }
  const reserve = Array.from({ length: RESERVE }, () => openSync('/dev/null', 'r'));
  const release = (): void => {
    for (const fd of reserve.splice(0)) closeSync(fd);
  };
  try {
    setSoftLimit(Math.min(limit + RESERVE, hard));
  } catch (cause) {
    release();
    throw new LimitError(`--fd-limit ${String(limit)}: the system refuses it (${reasonOf(cause)})`, { cause });
  }
  let restored: boolean | undefined;
  return () => {
    if (restored !== undefined) return restored;
    release();
    try {
      setSoftLimit(soft);
      restored = true;
    } catch {
      // Without a descriptor to start prlimit with, the limit stays for the rest of this worker.
      restored = false;
    }
    return restored;
  };
}

/** The limit is one of numbers: descriptors above it stay open, and take none of what is below. */
function leastLimit(open: readonly number[]): number {
  const sorted = open.toSorted((a, b) => a - b);
  return sorted.reduce((least, fd) => (fd < least ? least + 1 : least), LEAST_FREE);
}

function setSoftLimit(limit: number): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${String(limit)}:`], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Soft and hard limit of open files, from proc(5). */
function readFdLimits(): readonly [soft: number, hard: number] | undefined {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readText('/proc/self/limits') ?? '') ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  const amount = (text: string): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));
  return [amount(soft), amount(hard)];
}

function memoryNotes(limitBytes: number): string[] {
  const { heap_size_limit: inForce } = getHeapStatistics();
  if (inForce <= limitBytes + YOUNG_BYTES) return [];
  const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1024 ** 2))}m`;
  return [
    `the memory limit of ${megabytes(limitBytes)} is not in force: V8 of this worker allows ${megabytes(inForce)}; is NODE_OPTIONS overwritten?`,
  ];
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'prlimit of util-linux is not installed';
  if (error instanceof Error && 'stderr' in error) return String(error.stderr).trim() || error.message;
  return error instanceof Error ? error.message : display(error);
}
