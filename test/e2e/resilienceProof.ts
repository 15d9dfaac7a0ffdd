import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromiumOptions, createMark } from './markedProcesses.ts';

export interface ProofOptions {
  /** For the whole process; `null` leaves it as it is. */
  readonly softFdLimit?: number | null;
  /** The pool is closed only after the detector has looked: then it has to find something, or its silence proves nothing. */
  readonly forgetful?: boolean;
}

/** Which pool the tasks run on. */
export type ProofPool = 'browser' | 'http';

/** How often each kind of task runs: one after the other, failing, cancelled, and all at once. */
export interface TaskCounts {
  readonly sequential: number;
  readonly failing: number;
  readonly cancelled: number;
  readonly concurrent: number;
}

/** What became of all tasks of one kind, on a pool made for them and closed after them. Descriptors and processes are above the start. */
export interface Proof {
  readonly kind: keyof TaskCounts;
  readonly count: number;
  /** The soft limit of descriptors that was in force. */
  readonly limit: number;
  readonly ok: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Outcomes that no task was meant to have. */
  readonly other: readonly string[];
  /** The most that a sample showed, one for every 100 tasks. */
  readonly above: number;
  readonly samples: number;
  readonly running: number;
  /** Browsers launched, or requests sent. */
  readonly made: number;
  readonly end: { readonly fds: number; readonly processes: number };
  /** What the leak detector says, in words. */
  readonly findings: readonly string[];
  readonly ms: number;
}

/**
 * Runs the program `resilienceProof.mjs` in a process of its own.
 *
 * @returns One proof for each kind, when the program has ended by itself and none of its processes is left.
 */
export async function runProof(
  kind: ProofPool,
  counts: Partial<TaskCounts>,
  { softFdLimit = null, forgetful = false }: ProofOptions = {},
): Promise<readonly Proof[]> {
  const mark = createMark();
  const { env, ...launchOptions } = chromiumOptions(mark);
  const program = path.join(import.meta.dirname, 'resilienceProof.mjs');
  const settings = JSON.stringify({ kind, counts, softFdLimit, forgetful, launchOptions });
  const child = spawn(process.execPath, [program, settings], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const proofs: Proof[] = [];
  createInterface(child.stdout).on('line', (line) => proofs.push(JSON.parse(line) as Proof));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`the program ended with ${String(code ?? signal)}, after ${JSON.stringify(proofs)}`);
  await mark.allGone();
  return proofs;
}
