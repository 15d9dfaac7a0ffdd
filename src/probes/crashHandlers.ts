import { basename, dirname } from 'node:path';
import { readExecutable, type ProcessStat } from './procfs.ts';

/**
 * Chromium starts its crash handler so that it is re-parented at once, in a session of its own, and the handler ends by itself
 * when its browser has. While the browser lives it is no orphan.
 */
export function isCrashHandler(argv: readonly string[]): boolean {
  return /(?:^|[\\/])(?:chrome_crashpad_handler|crashpad_handler|crashhelper)(?:\.exe)?$/.test(argv[0]?.split(' ')[0] ?? '');
}

/**
 * The browser a crash handler watches: of the living processes whose program lies in the handler's folder, the one started
 * last before it (nothing in the process table ties the two more closely). `undefined`: there is none, its browser is gone.
 */
export function findBrowserOf(handler: ProcessStat, candidates: Iterable<ProcessStat>): ProcessStat | undefined {
  const executable = readExecutable(handler.pid);
  if (executable === undefined) return undefined;
  let nearest: ProcessStat | undefined;
  for (const candidate of candidates) {
    if (candidate.pid === handler.pid || candidate.startTime > handler.startTime) continue;
    if (nearest !== undefined && nearest.startTime >= candidate.startTime) continue;
    if (isBrowserBeside(executable, readExecutable(candidate.pid))) nearest = candidate;
  }
  return nearest;
}

/** A browser has two handlers, which are no browsers to each other. */
function isBrowserBeside(handler: string, executable: string | undefined): boolean {
  return executable !== undefined && dirname(executable) === dirname(handler) && basename(executable) !== basename(handler);
}
