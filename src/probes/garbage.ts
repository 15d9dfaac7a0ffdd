import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects all garbage, or that of the young generation only, at once. All of it takes 15–50 ms in a Playwright worker. */
export type CollectGarbage = (what?: { readonly type: 'minor' }) => void;

/**
 * V8's own `gc`, without any command line flag: the flag is set for as long as a new context takes to be made, which then has the
 * function, and taken back. Where the process runs with `--expose-gc`, that one is used.
 *
 * @returns `undefined` where the runtime does not give it away.
 */
export function findGarbageCollector(): CollectGarbage | undefined {
  const exposed: unknown = Reflect.get(globalThis, 'gc');
  const gc = typeof exposed === 'function' ? exposed : exposeOnce();
  if (typeof gc !== 'function') return undefined;
  return (what) => {
    Reflect.apply(gc, undefined, what === undefined ? [] : [what]);
  };
}

function exposeOnce(): unknown {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('typeof gc === "function" ? gc : undefined');
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
