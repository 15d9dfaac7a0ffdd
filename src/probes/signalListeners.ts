import { constants } from 'node:os';
import type { Resource, ResourceKey } from '../core/resource.ts';
import type { Frame } from '../core/stack.ts';
import { callerOf, isLibraryFrame, openerOf } from '../core/stack.ts';
import type { CapturedStack } from './captureStack.ts';
import { captureStack, SHALLOW } from './captureStack.ts';

type Listener = (...args: unknown[]) => unknown;

interface Added {
  readonly listener: Listener;
  readonly stack: CapturedStack;
}

interface Registered {
  readonly serial: number;
  readonly signal: string;
  readonly listener: Listener;
  readonly stack: readonly Frame[];
}

/** Additions remembered between two readings; the oldest of a signal are forgotten. */
const MAX_ADDED = 1000;

/** Listeners for signals on `process`: each keeps its closure, and a signal with a listener no longer ends the process. */
export class SignalListeners {
  #registered: Registered[] = [];
  readonly #added = new Map<string, Added[]>();
  #serial = 0;
  readonly #onNewListener = (event: string | symbol, listener: Listener): void => {
    if (typeof event !== 'string' || !Object.hasOwn(constants.signals, event)) return;
    const added = this.#added.get(event) ?? [];
    added.push({ listener, stack: captureStack(this.#onNewListener, SHALLOW) });
    if (added.length > MAX_ADDED) added.shift();
    this.#added.set(event, added);
  };

  start(): void {
    process.on('newListener', this.#onNewListener);
    this.keys();
  }

  stop(): void {
    process.off('newListener', this.#onNewListener);
    this.#added.clear();
    this.#registered = [];
  }

  /** Keys of all signal listeners there are now. */
  keys(): ResourceKey[] {
    const before = this.#registered;
    const now: Registered[] = [];
    for (const event of process.eventNames()) {
      if (typeof event !== 'string' || !Object.hasOwn(constants.signals, event)) continue;
      const known = before.filter((candidate) => candidate.signal === event);
      const added = this.#added.get(event) ?? [];
      for (const listener of process.listeners(event as NodeJS.Signals) as Listener[]) {
        const index = known.findIndex((candidate) => candidate.listener === listener);
        const [same] = index === -1 ? [] : known.splice(index, 1);
        now.push(same ?? this.#register(event, listener, added));
      }
    }
    this.#added.clear();
    this.#registered = now;
    return now.map(keyOf);
  }

  describe(keys: ReadonlySet<ResourceKey>): Resource[] {
    this.keys();
    return this.#registered.filter((registered) => keys.has(keyOf(registered))).map(toResource);
  }

  #register(signal: string, listener: Listener, added: Added[]): Registered {
    const index = added.findLastIndex((candidate) => candidate.listener === listener);
    const [call] = index === -1 ? [] : added.splice(index, 1);
    // Formatted now, because a raw stack keeps objects alive; there are few listeners.
    return { serial: (this.#serial += 1), signal, listener, stack: callersOf(call?.stack.frames() ?? []) };
  }
}

/** Without the way from `addListener` to us: libraries that patch `process.emit` are on it, and did not add the listener. */
function callersOf(stack: readonly Frame[]): readonly Frame[] {
  const adding = stack.findIndex((frame) => frame.file === 'node:events' && frame.function?.endsWith('addListener') === true);
  return stack.slice(Math.max(adding, 0));
}

function keyOf({ serial }: Registered): ResourceKey {
  return `listener:${String(serial)}`;
}

function toResource(registered: Registered): Resource {
  const { signal, listener, stack } = registered;
  const adder = callerOf(stack);
  return {
    key: keyOf(registered),
    kind: 'handle',
    type: 'signal listener',
    label: signal,
    opener: openerOf(stack),
    // Libraries that clean up after themselves listen from their first use on, once: a leak only when they keep adding.
    standing: adder !== undefined && isLibraryFrame(adder) ? 'shared' : 'counts',
    stack,
    evidence: { signal, listener: listener.name },
    owns: [],
  };
}
