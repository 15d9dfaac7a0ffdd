/** Keeps what is pushed here reachable until the worker ends, as a module's cache would. */
export const retained: unknown[] = [];
