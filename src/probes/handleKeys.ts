import type { ResourceKey } from '../core/resource.ts';
import type { HandleState } from './handleTypes.ts';

/**
 * Identity of a handle in its present state. An idle pooled socket that is taken up again and then left busy is a new key: whoever
 * took it up is accused, although the socket is older than the test.
 */
export function handleKey(asyncId: number, state: HandleState): ResourceKey {
  return state === 'idle' ? `handle:${String(asyncId)}:idle` : `handle:${String(asyncId)}`;
}

/** A handle as its owner claims it, whatever its state. */
export function handleKeys(asyncId: number): ResourceKey[] {
  return [`handle:${String(asyncId)}`, `handle:${String(asyncId)}:`];
}

/** The async id in a handle's key, `undefined` when it is no handle's. */
export function asyncIdOf(key: ResourceKey): number | undefined {
  const match = /^handle:(\d+)(?::idle)?$/.exec(key);
  return match === null ? undefined : Number(match[1]);
}
