import { SOAK_VARIABLE } from '../../core/soakPlan.ts';
import { listProcesses, readArgv, readEnvironment } from '../../probes/procfs.ts';
import { isWorkerCommand } from '../../probes/workerCommand.ts';
import { SoakFile } from '../../stability/soakFile.ts';
import { listJournals } from '../../stability/soakFolder.ts';
import { isAlive } from './isAlive.ts';

/**
 * Pid of a Playwright that writes into the journals of a folder, as one does whose `leak soak` was killed until its iteration has ended:
 * one that has the plan in its environment. Where there is no /proc to see that, the latest process of a journal that has no end, if it is
 * alive.
 */
export function leftRun(directory: string): number | undefined {
  const processes = listProcesses();
  if (processes === undefined) return openJournals(directory).find((pid) => isAlive(pid));
  const inPlan = `"directory":${JSON.stringify(directory)}`;
  return processes.find((pid) => pid !== process.pid && isPlaywright(readArgv(pid)) && planOf(pid).includes(inPlan));
}

/** The runner or a worker; a browser that they left behind writes nothing. */
function isPlaywright(argv: readonly string[]): boolean {
  return isWorkerCommand(argv) || argv[2] === 'test';
}

/** As JSON; empty: it has none. */
function planOf(pid: number): string {
  return new RegExp(`\\0${SOAK_VARIABLE}=([^\\0]*)`).exec(readEnvironment(pid) ?? '')?.[1] ?? '';
}

function openJournals(directory: string): number[] {
  return listJournals(directory).flatMap((place) => {
    const file = new SoakFile(place);
    file.tryRead();
    const { pid, end } = file.history;
    return pid === undefined || end !== undefined ? [] : [pid];
  });
}
