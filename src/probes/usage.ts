import pidusage from 'pidusage';

/** What a process uses. */
export interface Usage {
  /** Share of one processor over the whole life of the process, in percent, as ps(1) has it. */
  readonly cpuPercent: number;
  readonly rssBytes: number;
}

/** Milliseconds after which pidusage closes the descriptor it keeps per process. */
const MAX_AGE = 1000;

const measured = new Set<number>();

/**
 * CPU and memory of processes, through pidusage. Pids that are gone or may not be read are missing in the result; it never
 * rejects. Dear (the first call starts `getconf`), so only for what is going to be reported.
 */
export async function measureUsage(pids: readonly number[]): Promise<Map<number, Usage>> {
  const usages = new Map<number, Usage>();
  const measurements = pids.map(async (pid) => {
    measured.add(pid);
    const stat = await pidusage(pid, { maxage: MAX_AGE }).catch(() => undefined);
    if (stat === undefined) return;
    // pidusage's own percentage compares with its previous call, of which there is none: take the mean over the process's life.
    const cpuPercent = stat.elapsed > 0 ? Math.round((stat.ctime / stat.elapsed) * 1000) / 10 : 0;
    usages.set(pid, { cpuPercent, rssBytes: stat.memory });
  });
  await Promise.all(measurements);
  return usages;
}

/** Whether a path is one that pidusage keeps open for a while after measuring: the meter does not belong in the reading. */
export function isMeterPath(path: string): boolean {
  const pid = /^\/proc\/(\d+)\/stat$/.exec(path)?.[1];
  return pid !== undefined && measured.has(Number(pid));
}
