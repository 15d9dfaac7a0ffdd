import { spawn, type ChildProcess } from 'node:child_process';
import { auditMarkedProcesses } from '../../probes/orphans.ts';
import { processExists } from '../../probes/procfs.ts';

/** In the environment of everything a soak starts, at whatever remove: which soak it was. */
export const SOAK_RUN_VARIABLE = 'PLAYWRIGHT_LEAK_SOAK_RUN';

/** How Playwright ended. */
export interface PlaywrightEnd {
  /** `null`: a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PlaywrightRunOptions {
  /** Playwright's own command: `cli.js` of the project's `@playwright/test`. */
  readonly cli: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Identifies this run among the processes of the machine. */
  readonly id: string;
  /** Takes what Playwright prints; without it, Playwright prints where this process does. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/** What a process that was killed may still print. */
const DRAIN_MS = 250;

/**
 * `playwright test` in a process group of its own: Ctrl-C reaches `leak soak` alone, which decides what becomes of it.
 */
export class PlaywrightRun {
  readonly #id: string;
  readonly #child: ChildProcess;
  /** Settles when Playwright has ended. Rejects when it could not be started. */
  readonly ended: Promise<PlaywrightEnd>;

  constructor({ cli, args, cwd, env, id, onOutput }: PlaywrightRunOptions) {
    const output = onOutput === undefined ? 'inherit' : 'pipe';
    this.#id = id;
    this.#child = spawn(process.execPath, [cli, ...args], {
      ...{ cwd, env: { ...env, [SOAK_RUN_VARIABLE]: id }, detached: true },
      stdio: ['ignore', output, output],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text));
    this.ended = this.#untilEnded();
  }

  /** Asks Playwright to stop its tests, tear down and report. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Ends Playwright, its workers, their browsers and whatever else the run has started and is still there. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    killGroup(this.#child.pid);
    await this.killLeftOvers();
  }

  /** Ends what the run has started and is still there. Where processes cannot be looked up by their environment, the group must do. */
  async killLeftOvers(): Promise<void> {
    // What was about to start something may have done so since: look again until there is nothing.
    for (let round = 0; round < 5; round += 1) {
      const left = auditMarkedProcesses(this.#id, SOAK_RUN_VARIABLE).flatMap(({ pid, descendants }) => [pid, ...descendants]);
      if (left.length === 0) return;
      for (const pid of left) kill(pid);
      for (let wait = 0; wait < 20 && left.some(processExists); wait += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #untilEnded(): Promise<PlaywrightEnd> {
    const child = this.#child;
    const end = await new Promise<PlaywrightEnd>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => {
        resolve({ exitCode, signal });
      });
    });
    // What outlives Playwright may hold its output open for ever: what has not been read by now is not waited for.
    if (child.stdout !== null && !child.stdout.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, DRAIN_MS);
        child.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      child.stdout.destroy();
      child.stderr?.destroy();
    }
    return end;
  }
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) kill(-pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}
