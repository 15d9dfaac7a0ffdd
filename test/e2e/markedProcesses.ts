import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Finds the processes that were started, at whatever remove, with a mark in their environment; or, as Chromium writes its processes'
 * titles over their environments, on their command line.
 */
export interface Mark {
  readonly id: string;
  /** For the environment of what is started. */
  readonly env: Readonly<Record<string, string>>;
  /** Pids of those that live: neither gone nor zombies. */
  processes(): number[];
  /** Settles once none is left. */
  allGone(): Promise<void>;
}

export function createMark(): Mark {
  const id = randomUUID();
  const processes = (): number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(Number)
      .filter((pid) => (read(pid, 'environ') + read(pid, 'cmdline')).includes(id) && !/\) Z /.test(read(pid, 'stat')));
  return {
    id,
    env: { LEAK_TEST_MARK: id },
    processes,
    async allGone() {
      while (processes().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

/** This process's children that have ended and that nobody has asked how. */
export function zombies(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(Number(name), 'stat').includes(`) Z ${process.pid} `))
    .map(Number);
}

/** Where Chromium is: `LEAK_CHROMIUM`, else Debian's, else Playwright's own. */
export function chromiumOptions(mark: Mark) {
  const debian = existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined;
  const executablePath = process.env['LEAK_CHROMIUM'] ?? debian;
  const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  // Of the switches that Chromium hands on to all its processes, the one that does nothing with a module that does not exist.
  args.push(`--vmodule=${mark.id}=0`);
  return { ...(executablePath === undefined ? {} : { executablePath }), args, env: { ...process.env, ...mark.env } };
}

/** Descriptors that this process has open. */
export function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    // Gone in the meantime, or somebody else's.
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
