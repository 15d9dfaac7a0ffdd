/** The module Playwright’s runner forks for a worker: the first today (1.65), the second in earlier versions. */
const WORKER_ENTRY = /[\\/]playwright[\\/]lib[\\/](?:worker[\\/]workerProcessEntry|common[\\/]process)\.js$/;

/** Whether a command line is that of a Playwright worker. */
export function isWorkerCommand(argv: readonly string[]): boolean {
  return argv.some((argument) => WORKER_ENTRY.test(argument));
}
